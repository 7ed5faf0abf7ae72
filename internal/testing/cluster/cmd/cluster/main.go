// Command cluster keeps a cluster up to be tried: Temporal on PostgreSQL with its Web
// UI, and two integrations with simulated tenants and two workers each. It prints
// what to do with it, and ends everything on Ctrl-C.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"defendersync/internal/testing/cluster"
	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/simulator"
)

// names are the integrations'.
var names = []string{"north", "south"}

const (
	// perTeam is how many workers an integration has.
	perTeam = 2
	// perMinute is what the simulated Defenders answer: thirty times the real one's.
	perMinute = 900
	// envFolder is where the settings of the integrations are left.
	envFolder = "var/cluster"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := keepUp(ctx, os.Args[1:], os.Stdout)
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "make cluster:", err)
		if errors.Is(err, cluster.ErrNoPostgres) {
			os.Exit(2)
		}
		os.Exit(1)
	}
}

// keepUp puts the cluster up and keeps it until the context ends.
func keepUp(ctx context.Context, args []string, out io.Writer) error {
	o := cluster.Options{UIPort: 8243, Port: 7243}
	set := flag.NewFlagSet("cluster", flag.ContinueOnError)
	set.IntVar(&o.Port, "port", o.Port, "`port` of Temporal's frontend; 0 takes a free one")
	set.IntVar(&o.UIPort, "ui-port", o.UIPort, "`port` of the Web UI; 0: none")
	set.IntVar(&o.PostgresPort, "postgres-port", 0, "`port` of PostgreSQL; 0 takes a free one")
	set.IntVar(&o.Shards, "shards", 0, "`number` of history shards; 0: 4")
	if err := set.Parse(args); err != nil {
		return err
	}
	tools, err := cluster.FindTools()
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "starting PostgreSQL, setting Temporal's schema up, starting Temporal")
	c, err := cluster.Start(ctx, tools, o)
	if err != nil {
		return err
	}
	defer c.Stop()
	fmt.Fprintf(out, "Temporal is at %s, on PostgreSQL at %s\n", c.Address, localAddress(c.Postgres.Port))
	if o.UIPort != 0 {
		fmt.Fprintf(out, "Web UI: http://%s\n", localAddress(o.UIPort))
	}
	var workers []*worker
	defer func() {
		fmt.Fprintln(out, "ending everything")
		for _, w := range workers {
			w.TerminateAndWait()
		}
	}()
	defer os.RemoveAll(envFolder)
	for i, name := range names {
		in, err := startIntegration(ctx, c, name, uint64(i+1), o.UIPort)
		if err != nil {
			return err
		}
		defer in.Close()
		for range perTeam {
			w, err := startWorker(in)
			if err != nil {
				return err
			}
			workers = append(workers, w)
			fmt.Fprintf(out, "%s: worker %d\n", name, w.PID())
		}
	}
	printHelp(out)
	superviseAll(ctx, workers, out)
	return nil
}

// startIntegration makes an integration with tenants of its own, applies its schedule
// and leaves its settings in a file.
func startIntegration(ctx context.Context, c *cluster.Cluster, name string, seed uint64, uiPort int) (*harness.Integration, error) {
	in := c.NewNamedIntegration(name, simulator.Options{
		Seed: seed, Apps: 400, People: 2000, Pairs: 20_000, Streams: 2, Names: simulator.RealisticNames(), Budget: perMinute,
	}, fmt.Sprintf("DEFENDER_REQUESTS_PER_MINUTE=%d", perMinute), "INTEGRATION_HEARTBEAT=15s", "TEMPORAL_UI_URL=http://"+localAddress(uiPort))
	if out := in.RunCommand(ctx, "schedule", "apply"); out.Code != 0 {
		in.Close()
		return nil, fmt.Errorf("schedule apply of %s ended with %d: %s%s", name, out.Code, out.Out, out.Err)
	}
	if err := os.MkdirAll(envFolder, 0o700); err != nil {
		return nil, fmt.Errorf("make %s: %w", envFolder, err)
	}
	return in, harness.WriteEnvFile(filepath.Join(envFolder, name+".env"), in.Env)
}

// localAddress is a port of this machine as host:port.
func localAddress(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func printHelp(out io.Writer) {
	fmt.Fprintf(out, `
Settings are in %[1]s/<integration>.env. In another shell:

    set -a; . %[1]s/north.env; set +a
    bin/defendersync run --follow           # a session; the other integration's: south.env
    bin/defendersync sessions list
    kill -9 PID                             # of a worker: the other one goes on 15 s later

Workers that end are started again. Ctrl-C ends everything and leaves nothing.
`, envFolder)
}

// worker is a worker process that is started again when it ends.
type worker struct {
	*harness.Process
	of *harness.Integration
}

func startWorker(in *harness.Integration) (*worker, error) {
	p, err := in.StartWorker()
	return &worker{p, in}, err
}

// superviseAll starts workers again that have ended, until the context ends.
func superviseAll(ctx context.Context, workers []*worker, out io.Writer) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		for _, w := range workers {
			if w.IsRunning() {
				continue
			}
			before := w.PID()
			p, err := w.of.StartWorker()
			if err != nil {
				fmt.Fprintf(out, "%s: worker %d ended, and no other can be started: %v\n", w.of.Name, before, err)
				continue
			}
			w.Process = p
			fmt.Fprintf(out, "%s: worker %d ended; worker %d is started\n", w.of.Name, before, p.PID())
		}
	}
}
