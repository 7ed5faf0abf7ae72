package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"defendersync/internal/httpx"
	"defendersync/internal/reporting/sheet"
)

// Exit codes that scripts can use.
const (
	exitCompleted   = 0
	exitFailed      = 1
	exitUsage       = 2
	exitWithErrors  = 3
	exitInterrupted = 130
)

// streams is the outside world of a command, handed in so that tests run
// commands in process.
type streams struct {
	in       io.Reader // nil: nobody can be asked
	out, err io.Writer
	environ  []string
	colours  bool             // out takes colours though it is no file, for tests
	clock    func() time.Time // what time it is; nil: time.Now
}

// now is the instant that answers go by.
func (s streams) now() time.Time {
	if s.clock != nil {
		return s.clock()
	}
	return time.Now()
}

// terminal reports whether progress may be drawn and redrawn on errors' stream.
func (s streams) terminal() bool {
	f, ok := s.err.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// exit is an error that carries the exit code; a nil err has been told already.
type exit struct {
	code int
	err  error
}

func (e exit) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e exit) Unwrap() error { return e.err }

// usage is an error of the command line or the settings.
func usage(err error) error { return exit{exitUsage, err} }

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

// badFlags makes a wrong flag of a command a usage error.
func badFlags(_ *cli.Context, err error, _ bool) error { return usage(err) }

// outputFlag is --output of the commands that print data.
func outputFlag() cli.Flag {
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "table", Usage: "`FORMAT` of what is printed: table or json",
		Action: func(_ *cli.Context, v string) error {
			if v != "table" && v != "json" {
				return usage(fmt.Errorf("--output %q: use table or json", v))
			}
			return nil
		}}
}

// formatFlag is --output of the commands that print rows.
func formatFlag() cli.Flag {
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: string(sheet.Table), Usage: "`FORMAT` of the rows: table, json or csv; csv is what a spreadsheet opens",
		Action: func(_ *cli.Context, v string) error {
			if f, err := sheet.ParseFormat(v); err != nil || f == sheet.XLSX {
				return usage(fmt.Errorf("--output %q: use table, json or csv", v))
			}
			return nil
		}}
}

// fileFlag is --file of the same.
func fileFlag() cli.Flag {
	return &cli.StringFlag{Name: "file", Usage: "write into the file `NAME`, whose ending (.csv, .json, .txt) says the format unless --output does"}
}

// formatOf is the format that the two flags say.
func formatOf(ctx *cli.Context) sheet.Format {
	if f, ok := sheet.FormatOfFile(ctx.String("file")); ok && !ctx.IsSet("output") && f != sheet.XLSX {
		return f
	}
	f, err := sheet.ParseFormat(ctx.String("output"))
	if err != nil {
		return sheet.Table // the flag has been checked
	}
	return f
}

// words lists what may be said, as a sentence does.
func words[T ~string](list []T) string {
	var b strings.Builder
	for i, word := range list {
		switch {
		case i == 0:
		case i == len(list)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(string(word))
	}
	return b.String()
}

// onlySubcommands is the action of a command that does nothing by itself: it
// shows its help, or says that there is no such subcommand.
func onlySubcommands(ctx *cli.Context) error {
	if name := ctx.Args().First(); name != "" {
		return usage(fmt.Errorf("no command %q: see 'defendersync %s --help'", name, ctx.Command.Name))
	}
	return cli.ShowSubcommandHelp(ctx)
}

// noArguments refuses words that a command does not take.
func noArguments(ctx *cli.Context) error {
	if ctx.Args().Present() {
		return usage(fmt.Errorf("%s takes no arguments, but got %q", ctx.Command.FullName(), ctx.Args().First()))
	}
	return nil
}

// examples ends a description with command lines to go by, one a line.
func examples(lines string) string {
	return "\n\nExamples:\n  " + strings.ReplaceAll(lines, "\n", "\n  ")
}
