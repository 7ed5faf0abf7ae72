package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"defendersync/internal/httpx"
)

// run runs one command and gives its exit code.
func run(ctx context.Context, s streams, args []string) int {
	out := &output{Writer: s.out}
	s.out = out
	app := newApp(s)
	err := app.RunContext(ctx, flagsFirst(app, args))
	if err == nil {
		err = out.err
	}
	if err == nil {
		return exitCompleted
	}
	var e exit
	if !errors.As(err, &e) {
		e = exit{exitFailed, err}
	}
	if ctx.Err() != nil {
		e.code = exitInterrupted
	}
	if text := e.Error(); text != "" {
		fmt.Fprintln(s.err, httpx.Redact("defendersync: "+strings.TrimSpace(text)))
	}
	return e.code
}

// newApp is the command line.
func newApp(s streams) *cli.App {
	c := commands{s}
	return &cli.App{
		Name:            "defendersync",
		Usage:           "keeps Oomnitza's SaaS records true to what Defender for Cloud Apps has discovered",
		Version:         version,
		HideVersion:     true,
		Writer:          s.out,
		ErrWriter:       s.err,
		ExitErrHandler:  func(*cli.Context, error) {},
		OnUsageError:    func(_ *cli.Context, err error, _ bool) error { return usage(err) },
		CommandNotFound: func(*cli.Context, string) {},
		Action:          c.none,
		Commands: []*cli.Command{
			c.check(), c.setup(), c.schedule(), c.sessions(), c.runNow(), c.report(), c.watch(), c.notifications(),
			c.completion(), c.man(), c.version(), c.complete(),
		},
		Description: "Settings come from the environment (see .env.example, or 'defendersync man'). Exit codes: 0 completed, 1 failed, " +
			"2 usage or configuration, 3 completed with errors, 130 interrupted.\n\n" +
			"Examples:\n  defendersync check\n  defendersync schedule apply --cron '30 2 * * *' --timezone Europe/Berlin\n" +
			"  defendersync run --follow\n  defendersync sessions list --since 7d",
	}
}

// commands holds what every command needs; each has a file of its own.
type commands struct{ streams }

// none shows the help, or says what an unknown command may have meant.
func (c commands) none(ctx *cli.Context) error {
	if name := ctx.Args().First(); name != "" {
		return usage(fmt.Errorf("no command %q: see 'defendersync --help'", name))
	}
	return cli.ShowAppHelp(ctx)
}

// onlySubcommands is the action of a command that does nothing by itself: it
// shows its help, or says that there is no such subcommand.
func onlySubcommands(ctx *cli.Context) error {
	if name := ctx.Args().First(); name != "" {
		return usage(fmt.Errorf("no command %q: see 'defendersync %s --help'", name, ctx.Command.Name))
	}
	return cli.ShowSubcommandHelp(ctx)
}
