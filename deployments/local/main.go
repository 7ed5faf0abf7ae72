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
)

const usage = `Usage: defendersync-local <command> [flags]

  up       server, tenants and worker, then a first session (what "make run" does)
  server   a Temporal server on a SQLite file, with its Web UI
  version  the version of the Temporal server inside

"defendersync-local <command> --help" lists a command's flags.
`

// Exit codes of this program; up --once ends with its session's code instead.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// exitError is an error that asks for an exit code of its own.
type exitError struct {
	code int
	err  error // nil: all has been said already
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usagef is an error that the operator can mend by another flag or setting.
func usagef(format string, args ...any) error {
	return &exitError{code: exitUsage, err: fmt.Errorf(format, args...)}
}

func main() {
	// Linux kills children when the thread that started them ends, so they are
	// all started from this goroutine, on a thread that lives as long as we do.
	runtime.LockOSThread()
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	defer stop()

	return report(dispatch(ctx, args, stdout, stderr), stderr)
}

// dispatch calls the command that args name.
func dispatch(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return usagef("no command given\n\n%s", usage)
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
		return usagef("no such command: %q\n\n%s", name, usage)
	}
}

// report says what went wrong, if anything, and returns the exit code for it.
func report(err error, stderr io.Writer) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	code := exitFailed
	var exit *exitError
	if errors.As(err, &exit) {
		code = exit.code
		err = exit.err
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
		return &exitError{code: exitUsage} // the flag package has said it
	case set.NArg() > 0:
		return usagef("%s takes no arguments, got %q", set.Name(), set.Arg(0))
	}
	return nil
}
