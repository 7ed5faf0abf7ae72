// Command bench measures how fast and how big a session gets, and prints it as
// a table beside the targets. Sessions are real ones: a Temporal server and a
// worker in processes of their own, and simulated tenants in this one, over
// real HTTP on loopback. It exits with 1 when a target is missed.
//
//	make bench                              every line
//	make bench BENCH="-only speed,memory"   some of them
//	make bench BENCH="-scale 0.05 -real=false"   a quick look: smaller tenants, nothing that waits for minutes
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"defendersync/internal/testing/harness"
)

// options are the command's flags.
type options struct {
	only  []string // the lines to measure
	scale float64  // share of the tenants' size; budgets and targets stay
	real  bool     // with the run at Defender's real budget, which takes minutes
}

// line is one group of measurements.
type line struct {
	name    string
	about   string
	measure func(context.Context, *bench) ([]row, error)
}

func listLines() []line {
	return []line{
		{"speed", "app-user pairs a second without a budget, and the history that it leaves", measureSpeed},
		{"latency", "the same with 50 ms on every call", measureLatency},
		{"memory", "the worker's peak resident size", measureMemory},
		{"increment", "requests of a session after a day", measureIncrement},
		{"changes", "requests, history and what is kept of sessions where nothing is new, and where a little is", measureChanges},
		{"hourly", "requests of a day with a session every hour", measureHourly},
		{"reports", "time, memory and requests of reports", measureReports},
		{"capacity", "processor time and disk at Defender's real budget", measureCapacity},
		{"requests", "requests of a full session, and use of the budget", measureRequests},
	}
}

func main() {
	opts, err := parseArgs(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: "+err.Error())
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ok, err := runBench(ctx, opts)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: "+err.Error())
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// parseArgs reads the flags; it ends the program after -h.
func parseArgs(args []string) (options, error) {
	var names []string
	for _, l := range listLines() {
		names = append(names, l.name)
	}
	var o options
	f := flag.NewFlagSet("bench", flag.ExitOnError)
	only := f.String("only", strings.Join(names, ","), "the lines to measure, by commas")
	f.Float64Var(&o.scale, "scale", 1, "size of the tenants, as a share of what the targets are for")
	f.BoolVar(&o.real, "real", true, "also run at Defender's real 30 requests a minute, which takes five minutes")
	_ = f.Parse(args) // it exits on errors
	o.only = strings.Split(*only, ",")
	for _, name := range o.only {
		if !slices.Contains(names, name) {
			return o, fmt.Errorf("-only: %q is none of %s", name, strings.Join(names, ", "))
		}
	}
	if o.scale <= 0 || o.scale > 1 {
		return o, fmt.Errorf("-scale: %g is not above 0 and at most 1", o.scale)
	}
	return o, nil
}

// runBench measures line by line and prints the table; it tells whether every
// target was met.
func runBench(ctx context.Context, o options) (bool, error) {
	binaries, err := harness.FindBinaries()
	if err != nil {
		return false, err
	}
	server, err := harness.StartServer(ctx, binaries)
	if err != nil {
		return false, err
	}
	defer server.StopServer()
	b := &bench{server: server, scale: o.scale, real: o.real}
	var rows []row
	for _, l := range listLines() {
		if !slices.Contains(o.only, l.name) {
			continue
		}
		began := time.Now()
		fmt.Fprintf(os.Stderr, "%s: %s ...", l.name, l.about)
		got, err := l.measure(ctx, b)
		fmt.Fprintf(os.Stderr, " %s\n", time.Since(began).Round(time.Second))
		if err != nil {
			return false, fmt.Errorf("%s: %w", l.name, err)
		}
		rows = append(rows, got...)
	}
	fmt.Printf("%d CPUs, %s, tenants at %g of full size; worker, simulated tenants and Temporal server share the machine.\n\n",
		runtime.NumCPU(), runtime.Version(), o.scale)
	return printTable(os.Stdout, rows), nil
}
