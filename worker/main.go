// Command defendersync-worker serves one integration's task queue: it holds
// the secrets of the two tenants and does the sessions' work. Any number of
// workers may serve the same integration.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"defendersync/internal/httpx"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Stderr, os.Environ())
	stop()
	os.Exit(code)
}

// run serves until the context ends. Exit codes: 0 stopped as told, 1 failed,
// 2 the settings are wrong.
func run(ctx context.Context, out io.Writer, environ []string) int {
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

// settingsError is an error that changing a setting cures.
type settingsError struct{ error }

func (e settingsError) Unwrap() error { return e.error }
