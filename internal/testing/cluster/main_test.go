package cluster

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"defendersync/internal/testing/harness"
)

// envForward makes this program a forwarder within a network namespace, for the
// tests: pairs of addresses, from=to, by commas.
const envForward = "DEFENDERSYNC_TEST_FORWARD"

// run is the cluster that the tests share; nil: they are skipped.
var run *Cluster

func TestMain(m *testing.M) {
	if pairs := os.Getenv(envForward); pairs != "" {
		forwardAll(pairs)
	}
	os.Exit(runTests(m))
}

// forwardAll passes connections on until the process is killed.
func forwardAll(pairs string) {
	for pair := range strings.SplitSeq(pairs, ",") {
		from, to, _ := strings.Cut(pair, "=")
		if _, err := newLineAt(from, to); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	fmt.Println("forwarding")
	select {}
}

func runTests(m *testing.M) int {
	if os.Getenv(EnvFiles) == "" || os.Getenv(harness.EnvBinaries) == "" {
		return m.Run() // what needs a cluster is skipped
	}
	tools, err := FindTools()
	if err != nil {
		fmt.Println("the tests of the cluster are skipped:", err)
		return m.Run()
	}
	began := time.Now()
	if run, err = Start(context.Background(), tools, Options{}); err != nil {
		fmt.Println("the cluster did not start:", err)
		return 1
	}
	defer run.Stop()
	fmt.Printf("the cluster is up after %s\n", time.Since(began).Round(100*time.Millisecond))
	return m.Run()
}

// requireCluster skips a test where there is no cluster.
func requireCluster(t *testing.T) {
	t.Helper()
	if run == nil {
		t.Skip("run by make test-cluster, which needs PostgreSQL")
	}
}
