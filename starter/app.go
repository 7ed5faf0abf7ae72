package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"defendersync/internal/buildinfo"
	"defendersync/internal/httpx"
)

// run runs one command and gives its exit code.
func run(ctx context.Context, s streams, args []string) int {
	out := &output{Writer: s.out}
	s.out = out
	app := newApp(s)
	paths, words, err := takeEnvFiles(app, args[1:])
	if err == nil {
		s, err = s.readEnvFiles(paths)
	}
	if err == nil {
		app = newApp(s)
		err = out.addLoss(app.RunContext(ctx, flagsFirst(app, append(args[:1:1], words...))))
	} else if err = usageError(err); slices.Contains(args, watchName) {
		err = unknownError(err)
	}
	if err == nil {
		return exitCompleted
	}
	var e exitError
	if !errors.As(err, &e) {
		e = exitError{exitFailed, err}
	}
	if ctx.Err() != nil {
		e.code = exitInterrupted
	}
	if text := e.Error(); text != "" {
		fmt.Fprintln(s.errForPeople(), httpx.Redact("defendersync: "+strings.TrimSpace(text)))
	}
	return e.code
}

// commands holds what every command needs. Each command has a file of its own.
type commands struct{ streams }

// newApp builds the command line.
func newApp(s streams) *cli.App {
	c := commands{s}
	app := &cli.App{
		Name:            "defendersync",
		Usage:           "Keep Oomnitza's SaaS records up to date with what Defender for Cloud Apps discovers",
		Version:         buildinfo.Version(),
		HideVersion:     true,
		Writer:          s.out,
		ErrWriter:       s.err,
		ExitErrHandler:  func(*cli.Context, error) {},
		OnUsageError:    refuseFlag,
		CommandNotFound: func(*cli.Context, string) {},
		Action:          showApp,
		Flags:           globalFlags(),
		Commands: []*cli.Command{
			c.traceCommand(c.checkCommand()), c.configCommand(), c.setupCommand(), c.scheduleCommand(), c.sessionsCommand(), c.traceCommand(c.runCommand()), c.traceCommand(c.reportCommand()), c.statusCommand(), c.watchCommand(), c.workersCommand(), c.notificationsCommand(),
			c.initCommand(), c.rolesCommand(),
			c.completionCommand(), c.manCommand(), c.versionCommand(), c.completeCommand(),
		},
		Description: describe("Settings come from the environment, or from files by --env-file, which may stand anywhere: see .env.example, or 'defendersync man'.\n\n"+
			"Exit codes: 0 success; 1 failure; 2 wrong usage or settings; 3 the session completed with errors; 130 interrupted. "+
			"'defendersync watch' and 'defendersync status' have those of monitoring plug-ins.",
			"defendersync check",
			"defendersync schedule apply --cron '30 2 * * *' --timezone Europe/Berlin",
			"defendersync run --follow",
			"defendersync sessions list --since 7d"),
	}
	applyDefaults(app.Commands)
	return app
}

// applyDefaults sets what every command needs: a wrong flag is a usage error, a
// command that only groups others shows its help, a command without ArgsUsage
// takes no arguments, and help names no default that goes without saying.
func applyDefaults(list []*cli.Command) {
	for _, cmd := range list {
		for _, f := range cmd.Flags {
			if f, ok := f.(*cli.BoolFlag); ok {
				f.DisableDefaultText = !f.Value // "default: false" says nothing
			}
		}
		if cmd.OnUsageError == nil {
			cmd.OnUsageError = refuseFlag
		}
		switch {
		case cmd.Action == nil:
			cmd.Action = showSubcommands
		case cmd.Before == nil && cmd.ArgsUsage == "" && !cmd.SkipFlagParsing && len(cmd.Subcommands) == 0:
			cmd.Before = refuseArguments
		}
		applyDefaults(cmd.Subcommands)
	}
}

// showApp shows the help, or suggests a command for an unknown one.
func showApp(ctx *cli.Context) error {
	if word := ctx.Args().First(); word != "" {
		return usageError(unknownCommand(ctx.App.Name, word, ctx.App.Commands))
	}
	return cli.ShowAppHelp(ctx)
}

// showSubcommands is the action of a command that only groups others.
func showSubcommands(ctx *cli.Context) error {
	if word := ctx.Args().First(); word != "" {
		return usageError(unknownCommand(ctx.Command.HelpName, word, ctx.Command.Subcommands))
	}
	return cli.ShowSubcommandHelp(ctx)
}

// refuseArguments refuses arguments of a command that takes none.
func refuseArguments(ctx *cli.Context) error {
	if ctx.Args().Present() {
		return usageError(fmt.Errorf("'%s' takes no arguments, but got %q", ctx.Command.HelpName, ctx.Args().First()))
	}
	return nil
}

// describe returns a command's description: a text and example command lines.
func describe(text string, examples ...string) string {
	title := "Examples"
	if len(examples) == 1 {
		title = "Example"
	}
	return text + "\n\n" + title + ":\n  " + strings.Join(examples, "\n  ")
}
