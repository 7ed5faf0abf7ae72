package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/contract"
	"defendersync/internal/envelope"
	"defendersync/internal/moment"
	"defendersync/internal/saas"
	"defendersync/internal/sessions"
)

func (c commands) sessionsCancelCommand() *cli.Command {
	return &cli.Command{
		Name:      "cancel",
		Usage:     "Cancel a session; it stops within a page and reports what it did",
		ArgsUsage: "[SESSION|running]",
		Description: describe("Nothing is lost: the next session starts where the last completed one began. Without SESSION, the running "+
			"session is cancelled, or the one that waits for a worker.\n\n"+
			"Exit codes: 0 the session was cancelled, or with --no-wait asked to stop; 1 there was nothing to cancel.",
			"defendersync sessions cancel",
			"defendersync sessions cancel --no-wait running"),
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "no-wait", Usage: "do not wait for the session to end"},
			outputFlag(),
		},
		Before: refuseMoreThanOne,
		Action: func(ctx *cli.Context) error {
			return c.onSession(ctx, sessions.NameRunning, func(conn connection, s sessions.Session) error {
				return c.cancelSession(ctx, conn, s)
			})
		},
	}
}

// queuedPatience is how long to wait for a worker to end a session that none
// has picked up.
const queuedPatience = 5 * time.Second

func (c commands) cancelSession(ctx *cli.Context, conn connection, s sessions.Session) error {
	if s.Outcome != saas.OutcomeRunning {
		return fmt.Errorf("%s has already ended: %s at %s", s.Session, s.Outcome, moment.FormatWeekday(s.Ended, conn.timeZone()))
	}
	if err := conn.temporal.CancelWorkflow(ctx.Context, s.Session, s.Run); err != nil {
		return fmt.Errorf("cancel %s: %w", s.Session, err)
	}
	fmt.Fprintf(c.err, "cancelling %s\n", s.Session)
	asJSON := ctx.String("output") == "json"
	if ctx.Bool("no-wait") && asJSON {
		return envelope.Write(c.out, c.headOf(ctx, conn.integration()), conn.viewSession(s, c.now()))
	}
	if ctx.Bool("no-wait") {
		return nil
	}
	patience := lastSilence
	if s.Queued != nil {
		patience = queuedPatience
	}
	result, err := c.followSession(ctx.Context, conn, following{session: s.Session, run: s.Run, patience: patience})
	if ctx.Context.Err() != nil {
		return fmt.Errorf("stopped waiting for %s, which is being cancelled", s.Session)
	}
	if errors.Is(err, errSilent) && s.Queued != nil {
		// No worker is there to note its end, and none will do any of its work.
		fmt.Fprintf(c.err, "no worker has picked it up, so it does nothing; Temporal shows it as cancelled once a worker runs (%s)\n", conn.sessionReader().WorkerHint())
		result, err = contract.SessionResult{Session: s.Session, Integration: s.Integration, StartedBy: s.StartedBy, Began: s.Began, Outcome: saas.OutcomeCancelled}, nil
	}
	if err != nil {
		return err
	}
	if asJSON {
		v := viewResult(result, c.now())
		v.Run, v.WebUI = s.Run, conn.webUILinkTo(s.Session, s.Run)
		err = envelope.Write(c.out, c.headOf(ctx, conn.integration()), v)
	} else {
		printResult(c.forPeople().out, result)
	}
	if err == nil && result.Outcome != saas.OutcomeCancelled {
		err = errors.New("the session had ended before it could be cancelled")
	}
	return err
}
