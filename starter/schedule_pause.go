package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"
	schedulepb "go.temporal.io/api/schedule/v1"
	"go.temporal.io/sdk/client"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/temporalx"
)

// maxReason bounds the reason of a pause, in bytes.
const maxReason = 500

func (c commands) schedulePauseCommand() *cli.Command {
	return &cli.Command{
		Name:  "pause",
		Usage: "Pause the schedule; a running session continues",
		Description: describe("The schedule's note records who paused it, when and why. Sessions that are missed during such a pause are missed "+
			"on purpose, and nobody is notified of them.\n\n"+
			"With --until the pause ends by itself: Temporal starts nothing before that time and goes on as scheduled from then on, with "+
			"a start at that very time if there is one. No worker and no other command is needed for it. Pausing again with another "+
			"--until moves the end, and 'schedule resume' ends the pause before.",
			"defendersync schedule pause --reason 'audit week'",
			"defendersync schedule pause --until '2026-12-01 08:00' --reason 'audit week'",
			"defendersync schedule pause --until 3d"),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "reason", Usage: "`TEXT` that explains the pause to whoever looks at it later"},
			&cli.StringFlag{Name: "until", Usage: "end the pause at a `TIME` to come: '2026-12-01 08:00' or 2026-12-01 (in INTEGRATION_TIMEZONE), " +
				"2026-12-01T08:00:00+01:00, 18:00, tomorrow, 'monday 08:00', or a span such as 3d or 36h"},
		},
		Action: func(ctx *cli.Context) error {
			if n := len(ctx.String("reason")); n > maxReason {
				return usageError(fmt.Errorf("--reason has %d bytes: use at most %d", n, maxReason))
			}
			request, err := c.readPauseRequest(ctx)
			if err != nil {
				return usageError(err)
			}
			return c.onSchedule(ctx.Context, func(conn connection, d *client.ScheduleDescription) error {
				return c.pauseSchedule(ctx, conn, d, request)
			})
		},
	}
}

// readPauseRequest reads the flags. Times without a zone are in INTEGRATION_TIMEZONE, which
// is needed for --until alone.
func (c commands) readPauseRequest(ctx *cli.Context) (pauseRequest, error) {
	r := pauseRequest{by: c.user, reason: ctx.String("reason"), now: c.now().UTC()}
	if !ctx.IsSet("until") {
		return r, nil
	}
	settings, err := config.Load(ctx.Context, c.environ, 0)
	if err != nil {
		return r, err
	}
	r.ends, err = parseUntil(ctx.String("until"), r.now, zoneOfSettings(settings))
	return r, err
}

func (c commands) pauseSchedule(ctx *cli.Context, conn connection, d *client.ScheduleDescription, request pauseRequest) error {
	id, zone := contract.ScheduleID(conn.integration()), scheduleZone(d)
	var now contract.ScheduleView
	err := temporalx.EditSchedule(ctx.Context, conn.temporal, conn.namespace, id, func(s *schedulepb.Schedule) error {
		err := request.pause(s)
		now = viewRawPause(s)
		return err
	})
	switch {
	case errors.Is(err, errPaused), errors.Is(err, errPausedOut):
		fmt.Fprintf(c.out, "schedule %s is already paused: %s\n", id, pauseText(now, zone, c.now()))
		if errors.Is(err, errPausedOut) {
			fmt.Fprintln(c.out, "To record it as an intentional pause, resume the schedule and pause it again.")
		}
		return nil
	case err != nil:
		return fmt.Errorf("pause the schedule: %w", err)
	}
	fmt.Fprintf(c.out, "schedule %s: %s\n", id, pauseText(now, zone, c.now()))
	if !request.ends.IsZero() {
		c.tellStartAfterPause(ctx.Context, conn)
	}
	lane, err := conn.sessionReader().FindLane(ctx.Context)
	if running := lane.Holder(); err == nil && running != "" {
		fmt.Fprintf(c.out, "%s is running and continues; to stop it, run 'defendersync sessions cancel'\n", running)
	}
	return nil
}

// tellStartAfterPause prints when the schedule starts the first session after a pause that
// ends by itself.
func (c commands) tellStartAfterPause(ctx context.Context, conn connection) {
	if d, err := conn.sessionReader().DescribeSchedule(ctx); err == nil && d != nil {
		fmt.Fprintf(c.out, "next start: %s\n", formatNextStart(d))
	}
}
