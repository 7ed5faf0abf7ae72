package main

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/envelope"
	"defendersync/internal/moment"
	"defendersync/internal/saas"
	"defendersync/internal/sessions"
)

func (c commands) sessionsShowCommand() *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "Show everything about one session; while it runs, its progress",
		ArgsUsage: "[SESSION|latest|running]",
		Description: describe("SESSION is the name that 'sessions list' shows, a workflow id or a run id. Without it, the latest session is "+
			"shown.\n\n"+
			"The run id, which --output json shows, is needed only to tell apart sessions that were triggered outside of "+
			"defendersync within one second: Temporal gives them the same workflow id.",
			"defendersync sessions show",
			"defendersync sessions show 2026-11-24T00:00:00Z --output json"),
		Flags:  []cli.Flag{outputFlag()},
		Before: refuseMoreThanOne,
		Action: func(ctx *cli.Context) error {
			return c.onSession(ctx, sessions.NameLatest, func(conn connection, s sessions.Session) error {
				if ctx.String("output") != "json" {
					c.printSession(conn, s)
				} else if err := envelope.Write(c.out, c.headOf(ctx, conn.integration()), conn.viewSession(s, c.now())); err != nil {
					return err
				}
				return s.KeyError
			})
		},
	}
}

// refuseMoreThanOne refuses more than one argument.
func refuseMoreThanOne(ctx *cli.Context) error {
	if ctx.NArg() > 1 {
		return usageError(fmt.Errorf("'%s' takes one session, but also got %q", ctx.Command.HelpName, ctx.Args().Get(1)))
	}
	return nil
}

// onSession connects to Temporal and calls do with the session that the
// argument names.
func (c commands) onSession(ctx *cli.Context, otherwise string, do func(connection, sessions.Session) error) error {
	conn, err := c.connectTemporal(ctx.Context)
	if err != nil {
		return err
	}
	defer conn.closeClient()
	name := config.TrimInvisible(ctx.Args().First()) // a cell of CSV ends with a carriage return
	if name == "" {
		name = otherwise
	}
	s, err := conn.sessionReader().Find(ctx.Context, name)
	if err != nil {
		return err
	}
	return do(conn, s)
}

// printSession prints a session for people.
func (c commands) printSession(conn connection, s sessions.Session) {
	c = c.forPeople()
	if s.Unclear != "" {
		s.SessionResult = contract.SessionResult{Session: s.Session, Outcome: s.Outcome, Began: s.Began, Ended: s.Ended, StartedBy: s.StartedBy}
	}
	printResult(c.out, s.SessionResult)
	if s.Queued != nil {
		fmt.Fprintf(c.out, "  %s\n", conn.describeOpen(*s.Queued))
	}
	if s.Progress != nil {
		fmt.Fprintf(c.out, "  now: %s\n", c.newView(0, conn.timeZone()).describeProgress(*s.Progress))
	}
	fmt.Fprintf(c.out, "  started %s by %s\n", moment.FormatWeekday(s.Began, conn.timeZone()), nameOrSomebody(s.StartedBy))
	if s.Outcome == saas.OutcomeRunning {
		fmt.Fprintf(c.out, "  running for %s\n", tookOf(s, time.Now()))
	}
	if s.Unclear != "" {
		fmt.Fprintf(c.out, "  its counts are unknown: %s\n", s.Unclear)
	}
	if n := s.Rejects.Total(); n > 0 {
		fmt.Fprintf(c.out, "  all rejected rows: defendersync sessions errors %s\n", conn.sessionReader().ShortName(s.Session))
	}
	if link := conn.webUILink(s.Session); link != "" {
		fmt.Fprintf(c.out, "  see %s\n", link)
	}
}

func nameOrSomebody(name string) string {
	if name == "" {
		return "somebody"
	}
	return name
}
