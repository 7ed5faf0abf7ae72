// Command defendersync-worker serves the task queue of one integration: it runs
// the workflows and activities of its sessions, its watch and its reports, and
// holds the secrets of both tenants. Any number of workers may serve the same
// integration.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // time zones of schedules and reports, also where the machine has no zone files

	"defendersync/internal/config"
	"defendersync/internal/httpx"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := runCommand(ctx, os.Stdout, os.Stderr, os.Args[1:], config.UseCredentials(os.Environ()))
	stop()
	os.Exit(code)
}

// runWorker serves until the context ends. Exit codes: 0 stopped on request,
// 1 failed, 2 the settings are wrong.
func runWorker(ctx context.Context, out io.Writer, environ []string) int {
	err := serve(ctx, out, environ)
	if err == nil {
		return 0
	}
	fmt.Fprintln(out, httpx.Redact("defendersync-worker: "+err.Error()))
	var bad settingsError
	if errors.As(err, &bad) {
		return 2
	}
	return 1
}

// settingsError is an error that a change of the settings cures.
type settingsError struct{ error }

func (e settingsError) Unwrap() error { return e.error }
