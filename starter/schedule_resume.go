package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"
	schedulepb "go.temporal.io/api/schedule/v1"
	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/temporalx"
)

func (c commands) scheduleResumeCommand() *cli.Command {
	return &cli.Command{
		Name:  "resume",
		Usage: "Resume the paused schedule; starts missed during the pause are not made up for",
		Description: describe("The schedule's note keeps who resumed it and when. A pause with --until ends by itself; this ends it before.",
			"defendersync schedule resume"),
		Action: func(ctx *cli.Context) error {
			return c.onSchedule(ctx.Context, func(conn connection, d *client.ScheduleDescription) error {
				return c.resumeSchedule(ctx.Context, conn, d)
			})
		},
	}
}

func (c commands) resumeSchedule(ctx context.Context, conn connection, d *client.ScheduleDescription) error {
	id := contract.ScheduleID(conn.integration())
	err := temporalx.EditSchedule(ctx, conn.temporal, conn.namespace, id, func(s *schedulepb.Schedule) error {
		return resumeRaw(s, c.user, c.now())
	})
	if errors.Is(err, errNotPaused) {
		fmt.Fprintf(c.out, "schedule %s is not paused; next start: %s\n", id, formatNextStart(d))
		return nil
	}
	if err != nil {
		return fmt.Errorf("resume the schedule: %w", err)
	}
	if d, err = conn.sessionReader().DescribeSchedule(ctx); err != nil || d == nil {
		return errors.Join(errors.New("the schedule was resumed, but can't be read again"), err)
	}
	fmt.Fprintf(c.out, "schedule %s: resumed; next start: %s\n", id, formatNextStart(d))
	return nil
}
