package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/buildinfo"
	"defendersync/internal/config"
	"defendersync/internal/httpx"
	"defendersync/internal/tracing"
	"defendersync/internal/tracing/otlp"
)

// tracesPatience is how long a command waits at its end for a collector of traces.
const tracesPatience = 2 * time.Second

// traceCommand shows a command, or those that it groups, in a trace, if the settings ask
// for traces.
func (c commands) traceCommand(cmd *cli.Command) *cli.Command {
	c.traceActions("defendersync", cmd)
	return cmd
}

func (c commands) traceActions(parent string, cmd *cli.Command) {
	name := parent + " " + cmd.Name
	if action := cmd.Action; action != nil {
		cmd.Action = func(ctx *cli.Context) error { return c.runTraced(ctx, name, action) }
	}
	for _, sub := range cmd.Subcommands {
		c.traceActions(name, sub)
	}
}

// runTraced runs a command as a piece of work. Wrong settings are for the command itself
// to report, which knows what it needs.
func (c commands) runTraced(ctx *cli.Context, name string, action cli.ActionFunc) error {
	settings, err := config.Load(ctx.Context, c.environ, 0)
	if err != nil || !settings.Traces.IsOn() {
		return action(ctx)
	}
	provider, err := otlp.Open(settings.Traces, otlp.Process{Name: "defendersync", Version: buildinfo.Version(), Integration: settings.Integration.Name}, func(text string) {
		fmt.Fprintln(c.err, httpx.Redact("defendersync: "+text))
	})
	if err != nil {
		return usageError(err)
	}
	defer provider.Close(tracesPatience)
	var work *tracing.Work
	ctx.Context, work = tracing.Begin(ctx.Context, provider.Tracer(), name)
	err = action(ctx)
	work.End(kindOfExit(err))
	return err
}

// kindOfExit is what a trace shows of how a command ended; "": well.
func kindOfExit(err error) string {
	var exit exitError
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.Canceled):
		return "Canceled"
	case errors.As(err, &exit):
		return fmt.Sprintf("exit %d", exit.code)
	}
	return fmt.Sprintf("exit %d", exitFailed)
}
