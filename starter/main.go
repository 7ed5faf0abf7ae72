package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the schedule's time zone, also where the machine has no zone files
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Environ()}, os.Args)
	stop()
	os.Exit(code)
}
