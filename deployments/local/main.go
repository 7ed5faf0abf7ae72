// Command defendersync-local runs everything that defendersync needs on one
// machine: a real Temporal server with its Web UI, simulated tenants, and the
// product's own binaries. It is for trying, developing and testing; a
// production installation uses a Temporal cluster instead.
//
// It is a module of its own because the Temporal server brings some two
// hundred modules, which the product itself does not need.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"go.temporal.io/server/common/headers"

	"defendersync/deployments/local/localrun"
)

const usage = `Usage: defendersync-local <command> [flags]

  up       server, tenants and worker, then a first session (what "make run" does)
  server   a Temporal server on a SQLite file, with its Web UI
  version  the version of the Temporal server inside

"defendersync-local <command> --help" lists a command's flags.
`

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

	return reportError(dispatchCommand(ctx, args, stdout, stderr), stderr)
}

// dispatchCommand calls the command that args name.
func dispatchCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return localrun.Usagef("no command given\n\n%s", usage)
	}
	switch name, rest := args[0], args[1:]; name {
	case "up":
		return upCommand(ctx, rest, stdout, stderr)
	case "server":
		return serverCommand(ctx, rest, stdout, stderr)
	case "version", "--version":
		fmt.Fprintln(stdout, headers.ServerVersion)
		return nil
	case "help", "-h", "--help":
		fmt.Fprint(stdout, usage)
		return nil
	default:
		return localrun.Usagef("no such command: %q\n\n%s", name, usage)
	}
}

// upCommand runs everything, see localrun.Up.
func upCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o := localrun.Options{Stdout: stdout, Stderr: stderr}
	set := flag.NewFlagSet("up", flag.ContinueOnError)
	set.BoolVar(&o.Once, "once", false, "end with the first session, with its exit code")
	set.StringVar(&o.EnvFile, "env-file", ".env", "`file` with settings, which need not exist; the environment goes first")
	if err := parseFlags(set, args, stderr); err != nil {
		return err
	}
	return localrun.Up(ctx, o)
}

// reportError says what went wrong, if anything, and returns the exit code for it.
func reportError(err error, stderr io.Writer) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return localrun.ExitOK
	}
	code := localrun.ExitFailed
	var exit *localrun.ExitError
	if errors.As(err, &exit) {
		code = exit.Code
		err = exit.Err
	}
	if err != nil {
		fmt.Fprintln(stderr, "defendersync-local:", err)
	}
	return code
}

// parseFlags parses args into set, which allows no further arguments.
func parseFlags(set *flag.FlagSet, args []string, stderr io.Writer) error {
	set.SetOutput(stderr)
	err := set.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return &localrun.ExitError{Code: localrun.ExitUsage} // the flag package has said it
	case set.NArg() > 0:
		return localrun.Usagef("%s takes no arguments, got %q", set.Name(), set.Arg(0))
	}
	return nil
}
