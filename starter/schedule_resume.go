package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"
	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
)

func (c commands) scheduleResumeCommand() *cli.Command {
	return &cli.Command{
		Name:  "resume",
		Usage: "Resume the paused schedule; starts missed during the pause are not made up for",
		Description: describe("The schedule's note keeps who resumed it and when.",
			"defendersync schedule resume"),
		Action: func(ctx *cli.Context) error {
			return c.onSchedule(ctx.Context, func(conn connection, d *client.ScheduleDescription) error {
				return c.resumeSchedule(ctx.Context, conn, d)
			})
		},
	}
}

func (c commands) resumeSchedule(ctx context.Context, conn connection, d *client.ScheduleDescription) error {
	id, state := contract.ScheduleID(conn.integration()), scheduleState(d)
	if !state.Paused {
		fmt.Fprintf(c.out, "schedule %s is not paused; next start: %s\n", id, formatNextStart(d))
		return nil
	}
	note := fmt.Sprintf("Resumed by %s at %s", c.user, c.now().UTC().Format(time.RFC3339))
	if p, ours := contract.ParsePauseNote(state.Note); ours {
		p.Until, p.Resumer = c.now(), c.user
		note = p.String()
	}
	if err := conn.scheduleHandle(ctx).Unpause(ctx, client.ScheduleUnpauseOptions{Note: note}); err != nil {
		return fmt.Errorf("resume the schedule: %w", err)
	}
	d, err := conn.sessionReader().DescribeSchedule(ctx)
	if err != nil || d == nil {
		return errors.Join(errors.New("the schedule was resumed, but can't be read again"), err)
	}
	fmt.Fprintf(c.out, "schedule %s: resumed; next start: %s\n", id, formatNextStart(d))
	return nil
}
