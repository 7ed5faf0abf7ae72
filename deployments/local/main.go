// Command defendersync-local is a real Temporal server with its Web UI on one
// machine. It is for trying, developing and testing; a production installation
// uses a Temporal cluster instead.
//
// It is a module of its own because the Temporal server brings some two
// hundred modules, which the product itself does not need.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"go.temporal.io/server/common/headers"

	"defendersync/deployments/local/localrun"
)

const usage = `Usage: defendersync-local <command> [flags]

  server   a Temporal server on a SQLite file, with its Web UI
  version  the version of the Temporal server inside

"defendersync-local <command> --help" lists a command's flags.
`

func main() {
	os.Exit(runCommand(os.Args[1:], os.Stdout, os.Stderr))
}

// runCommand is main without the process: it returns the exit code.
func runCommand(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	defer stop()

	return localrun.ReportError("defendersync-local", dispatchCommand(ctx, args, stdout, stderr), stderr)
}

// dispatchCommand calls the command that args name.
func dispatchCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return localrun.Usagef("no command given\n\n%s", usage)
	}
	switch name, rest := args[0], args[1:]; name {
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
