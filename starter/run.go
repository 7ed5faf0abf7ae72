package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/envelope"
	"defendersync/internal/sessions"
)

// runCommand starts a session.
func (c commands) runCommand() *cli.Command {
	return &cli.Command{
		Name:  "run",
		Usage: "Start a session now",
		Description: describe("A plain run triggers the schedule: the session reads only what has changed, and the next scheduled session "+
			"continues from it. --full, --dry-run and --limit-apps start a session outside of the schedule.\n\n"+
			"The command returns as soon as the session has started. With --follow it shows the progress until the session "+
			"ends; --dry-run always does.\n\n"+
			"--plan lists what the dry run would write, in a file that only you can read: apps to create, adopt or change with "+
			"each field before and after, people to create, and assignments. The command then reads the tenants itself, with "+
			"their settings and within the integration's request limit; nothing of it passes through Temporal.\n\n"+
			"--limit-apps carries over only the first apps that Defender lists: by name in a full session, latest used first in "+
			"an incremental one. The next session reads everything all the same.\n\n"+
			"If another session runs or waits for a worker, nothing is started: the command names that session and exits with "+
			"1. A plain run with --follow follows it instead.\n\n"+
			"Exit codes of a followed session: 0 completed; 1 failed, cancelled or skipped; 3 completed with errors.",
			"defendersync run --follow",
			"defendersync run --full --follow --output json",
			"defendersync run --dry-run",
			"defendersync run --dry-run --plan plan.xlsx",
			"defendersync run --limit-apps 5 --follow"),
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "full", Usage: "read everything, not only what has changed"},
			&cli.BoolFlag{Name: "dry-run", Usage: "read and compare everything, write nothing, and report what would have been written"},
			&cli.StringFlag{Name: "plan", Usage: "with --dry-run: list what would be written in `FILE`, by its extension (.xlsx, .csv, .json, .txt); - for standard output"},
			limitFlag("limit-apps", "all", "carry over only the first `N` apps that Defender lists"),
			&cli.BoolFlag{Name: "follow", Aliases: []string{"f"}, Usage: "show the progress until the session ends; the exit code tells its outcome"},
			outputFlag(),
		},
		Action: c.startRun,
	}
}

// started is what --output json prints of the session that was started.
type started struct {
	Session string `json:"session"`          // workflow id; of the session that stood in the way, where nothing was started
	Run     string `json:"run,omitempty"`    // Temporal's run id
	Started bool   `json:"started"`          // false when another session stood in the way
	Reason  string `json:"reason,omitempty"` // how that one stands
	WebUI   string `json:"webUI,omitempty"`  // its page

	other bool // the session named does not do what was asked for, so it is not followed
}

func (c commands) startRun(ctx *cli.Context) error {
	if _, err := config.Load(ctx.Context, c.environ, config.NeedIntegration); err != nil {
		return usageError(err)
	}
	o, err := readRunOptions(ctx)
	if err != nil {
		return err
	}
	conn, err := c.connectTemporal(ctx.Context)
	if err != nil {
		return err
	}
	defer conn.closeClient()
	if ctx.IsSet("plan") {
		return c.planRun(ctx, conn, o)
	}
	got, err := conn.startSession(ctx.Context, o, func(text string) { fmt.Fprintln(c.err, text) })
	if err != nil {
		return err
	}
	got.WebUI = conn.webUILinkTo(got.Session, got.Run)
	c.announceStart(got)
	if got.other || !ctx.Bool("follow") && !ctx.Bool("dry-run") {
		if ctx.String("output") == "json" {
			if err := envelope.Write(c.out, c.headOf(ctx, conn.integration()), got); err != nil {
				return err
			}
		}
		if !got.Started {
			return exitError{code: exitFailed}
		}
		return nil
	}
	return c.followStarted(ctx, conn, got, o)
}

// followStarted follows a session to its end and prints its result. As JSON there is a
// line for what was started, lines for the progress and a last one for the result.
func (c commands) followStarted(ctx *cli.Context, conn connection, got started, o runOptions) error {
	asJSON := ctx.String("output") == "json"
	result, err := c.followLines(ctx, conn, got, asJSON)
	if err != nil {
		return err
	}
	if err := o.checkKept(result); err != nil {
		return err
	}
	if err := c.printEnd(ctx, conn, got, result, asJSON); err != nil {
		return err
	}
	return exitOf(result)
}

// followLines follows a session to its end. As JSON there are lines for what was started
// and for the progress.
func (c commands) followLines(ctx *cli.Context, conn connection, got started, asJSON bool) (contract.SessionResult, error) {
	f := following{session: got.Session, run: got.Run, patience: lastSilence}
	if asJSON {
		if err := envelope.WriteLine(c.out, c.headOf(ctx, conn.integration()), got); err != nil {
			return contract.SessionResult{}, err
		}
		f.progress = &progressWriter{out: c.out, head: func() envelope.Head { return c.headOfPart(ctx, conn, ".progress") }}
	}
	return c.followSession(ctx.Context, conn, f)
}

// headOfPart is the head of one of several documents of a command.
func (c commands) headOfPart(ctx *cli.Context, conn connection, part string) envelope.Head {
	h := c.headOf(ctx, conn.integration())
	h.Kind += part
	return h
}

// printEnd prints the result of a session.
func (c commands) printEnd(ctx *cli.Context, conn connection, got started, r contract.SessionResult, asJSON bool) error {
	if !asJSON {
		printResult(c.forPeople().out, r)
		return nil
	}
	v := viewResult(r, c.now())
	v.Run, v.WebUI = got.Run, got.WebUI
	return envelope.WriteLine(c.out, c.headOfPart(ctx, conn, ".result"), v)
}

// announceStart prints what was started to standard error.
func (c commands) announceStart(got started) {
	switch {
	case got.Started:
		fmt.Fprintf(c.err, "started %s\n", got.Session)
	case got.other:
		fmt.Fprintf(c.err, "nothing was started: %s; run the command again once that session has ended\n", got.Reason)
	default:
		fmt.Fprintf(c.err, "nothing was started: %s\n", got.Reason)
	}
	if got.WebUI != "" {
		fmt.Fprintf(c.err, "see %s\n", got.WebUI)
	}
}

// startSession starts a session, or names the session that prevents it. Only a
// plain run may follow that session instead, because it would do the same;
// --full, --dry-run and --limit-apps would not. What is waited for is printed by tell.
func (c connection) startSession(ctx context.Context, o runOptions, tell func(string)) (started, error) {
	plain := o.isPlain()
	obstacle, err := c.sessionReader().FindObstacle(ctx, plain)
	if err != nil {
		return started{}, err
	}
	if obstacle != nil {
		return c.notStarted(*obstacle, plain), nil
	}
	description, err := c.sessionReader().DescribeSchedule(ctx)
	if err != nil {
		return started{}, err
	}
	var begun started
	if description != nil && plain {
		begun, err = c.triggerSchedule(ctx, description, tell)
	} else {
		begun, err = c.startDirectly(ctx, description, o)
	}
	if err != nil || !begun.Started {
		return begun, err
	}
	return c.confirmStart(ctx, begun, plain)
}

// notStarted describes the session because of which nothing was started.
func (c connection) notStarted(o sessions.OpenSession, plain bool) started {
	return started{Session: o.ID, Run: o.Run, Reason: c.describeOpen(o), other: !plain || o.DryRun || o.LimitApps > 0 || o.Leaving}
}
