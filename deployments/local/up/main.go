// Command defendersync-up runs everything that defendersync needs on one machine: a
// Temporal server with its Web UI, simulated tenants, a mailbox, and the product's own
// binaries, and then a first session. It is what "make run" runs.
//
// It links nothing of the Temporal server, so that it is built in seconds.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"defendersync/deployments/local/localrun"
	"defendersync/deployments/local/serverbuild"
)

func main() {
	// Linux kills children when the thread that started them ends, so they are
	// all started from this goroutine, on a thread that lives as long as we do.
	runtime.LockOSThread()
	os.Exit(runCommand(os.Args[1:], os.Stdout, os.Stderr))
}

// runCommand is main without the process: it returns the exit code.
func runCommand(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	defer stop()

	return localrun.ReportError("defendersync-up", bringUp(ctx, args, stdout, stderr), stderr)
}

// bringUp does what the flags say, see localrun.Up.
func bringUp(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o := localrun.Options{Stdin: os.Stdin, Terminal: isTerminal(os.Stdin), Stdout: stdout, Stderr: stderr}
	var which bool
	var file string
	set := flag.NewFlagSet("defendersync-up", flag.ContinueOnError)
	set.BoolVar(&o.Once, "once", false, "end with the first session, with its exit code")
	set.StringVar(&o.EnvFile, "env-file", ".env", "`file` with settings, which need not exist; the environment goes first")
	set.BoolVar(&which, "which", false, "check the settings and print which Temporal server a run would have, given, cli or own; run nothing")
	set.StringVar(&file, "build", "", "build the Temporal server from this folder to a `file`; run nothing")
	if err := localrun.ParseFlags(set, args, stderr); err != nil {
		return err
	}
	switch {
	case file != "":
		return buildServer(ctx, file, stdout)
	case which:
		return sayServer(ctx, o)
	default:
		return localrun.Up(ctx, o)
	}
}

// isTerminal reports whether somebody may sit at a file. /dev/null passes for a terminal,
// at which no answer comes.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// buildServer builds the server, see serverbuild.BuildServer.
func buildServer(ctx context.Context, file string, stdout io.Writer) error {
	err := serverbuild.BuildServer(ctx, serverbuild.Options{Folder: ".", File: file, Flags: []string{"-ldflags", "-s -w"}, Out: stdout})
	if ctx.Err() != nil {
		return &localrun.ExitError{Code: localrun.ExitInterrupted}
	}
	return err
}

// sayServer prints which server a run would have, and why it isn't the CLI's.
func sayServer(ctx context.Context, o localrun.Options) error {
	server, note, err := localrun.FindServer(ctx, o)
	if err != nil {
		return err
	}
	if note != "" {
		fmt.Fprintln(o.Stderr, "defendersync-up:", note)
	}
	_, err = fmt.Fprintln(o.Stdout, server)
	return err
}
