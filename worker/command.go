package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"

	"defendersync/internal/buildinfo"
	"defendersync/internal/envelope"
	"defendersync/internal/httpx"
	"defendersync/internal/suggest"
)

const usage = `usage: defendersync-worker              serve the task queue of one integration, until SIGTERM
       defendersync-worker healthcheck  ask the worker on this machine, by HEALTH_ADDRESS, whether it is ready
       defendersync-worker version      print what this program was built of; --output json for programs

       --env-file FILE                  read settings from a file in the form of .env.example; the environment
                                        wins over it, and a later --env-file over an earlier one

Settings come from the environment: see .env.example, or 'defendersync man'.
Exit codes: 0 stopped as told, or ready; 1 failed, or not ready; 2 wrong usage or settings.
`

// describeUnknown says that there is no such command, and which one may be meant.
func describeUnknown(word string) string {
	text := fmt.Sprintf("there is no command %q", word)
	near := suggest.FindNearest(strings.TrimLeft(word, "-"), slices.Values([]string{"version", "healthcheck", "help", "env-file"}), 1)
	if len(near) == 0 {
		return text
	}
	if near[0] == "env-file" || strings.HasPrefix(word, "-") {
		near[0] = "--" + near[0]
	}
	return text + ": did you mean " + near[0] + "?"
}

// runCommand runs what the arguments ask for: nothing means to serve. It returns
// the exit code.
func runCommand(ctx context.Context, out, errOut io.Writer, args, environ []string) int {
	args, environ, err := useEnvFiles(args, environ)
	switch {
	case err != nil && slices.Contains(args, "healthcheck"):
		err = fmt.Errorf("unhealthy: %w", err)
	case err != nil:
		err = usageError{err}
	case len(args) == 0:
		return runWorker(ctx, errOut, environ)
	case args[0] == "version" || args[0] == "--version":
		err = printVersion(out, args[1:])
	case args[0] == "healthcheck":
		err = runHealthcheck(ctx, out, args[1:], environ)
	case args[0] == "help" || args[0] == "--help" || args[0] == "-h":
		_, err = io.WriteString(out, usage)
	default:
		fmt.Fprintf(errOut, "defendersync-worker: %s\n%s", describeUnknown(args[0]), usage)
		return 2
	}
	var wrong usageError
	switch {
	case errors.As(err, &wrong):
		fmt.Fprintf(errOut, "defendersync-worker: %v\n", err)
		return 2
	case err != nil:
		fmt.Fprintln(errOut, httpx.Redact("defendersync-worker: "+err.Error()))
		return 1
	}
	return 0
}

// usageError is an error of the command line.
type usageError struct{ error }

func printVersion(out io.Writer, args []string) error {
	info := buildinfo.Read(temporal.SDKVersion)
	switch {
	case len(args) == 0:
		_, err := fmt.Fprintln(out, info.Describe("defendersync-worker"))
		return err
	case len(args) == 1 && args[0] == "--output=json", len(args) == 2 && args[0] == "--output" && args[1] == "json":
		return envelope.Write(out, envelope.Head{Kind: "version", GeneratedAt: time.Now()}, info)
	}
	return usageError{fmt.Errorf("version takes --output json and nothing else, but got %q", args)}
}
