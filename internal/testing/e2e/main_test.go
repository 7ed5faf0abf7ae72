package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/simulator"
)

// server is the Temporal server that all tests share; each has an integration
// of its own on it.
var server *harness.Server

func TestMain(m *testing.M) {
	flag.Parse()
	if p := flag.Lookup("test.parallel"); p.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = p.Value.Set(strconv.Itoa(waiting * runtime.GOMAXPROCS(0))) // a number it takes
	}
	os.Exit(runTests(m))
}

// waiting is how many tests a processor can take. On average one uses a seventh
// of a processor: it waits for timers, for the pauses that the product makes
// before it tries again, and for other processes.
const waiting = 6

func runTests(m *testing.M) int {
	binaries, err := harness.FindBinaries()
	if err != nil {
		fmt.Println("end-to-end tests are skipped:", err)
		return m.Run()
	}
	server, err = harness.StartServer(context.Background(), binaries)
	if err != nil {
		fmt.Println("end-to-end tests:", err)
		return 1
	}
	defer removeBuilds()
	defer server.StopServer()
	return m.Run()
}

// limit is far more than a test takes: it only keeps a hung one from holding
// up the rest.
const limit = 5 * time.Minute

// bench is one test's integration.
type bench struct {
	*harness.Integration
	t   *testing.T
	ctx context.Context
}

// newBench makes an integration for one test.
func newBench(t *testing.T, o simulator.Options, settings ...string) *bench {
	t.Helper()
	if server == nil {
		t.Skip("run by make test, which builds the Temporal server")
	}
	t.Parallel()
	if o.Seed == 0 {
		o.Seed = 7
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	in := server.NewIntegration(o, settings...)
	t.Cleanup(in.Close)
	return &bench{Integration: in, t: t, ctx: ctx}
}

// worker starts a worker that lasts as long as the test.
func (b *bench) worker(settings ...string) *harness.Process {
	b.t.Helper()
	w, err := b.StartWorker(settings...)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		w.KillAndWait()
		if b.t.Failed() {
			b.t.Logf("worker:\n%s", w.ReadLog())
		}
	})
	return w
}

// schedule applies the schedule.
func (b *bench) schedule() {
	b.t.Helper()
	if out := b.RunCommand(b.ctx, "schedule", "apply"); out.Code != 0 {
		b.t.Fatalf("schedule apply ended with %d: %s%s", out.Code, out.Out, out.Err)
	}
}
