package main

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"
	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
)

// maxReason bounds the reason of a pause, in bytes.
const maxReason = 500

func (c commands) schedulePauseCommand() *cli.Command {
	return &cli.Command{
		Name:  "pause",
		Usage: "Pause the schedule; a running session continues",
		Description: describe("The schedule's note records who paused it, when and why. Sessions that are missed during such a pause are missed "+
			"on purpose, and nobody is notified of them.",
			"defendersync schedule pause --reason 'audit week'"),
		Flags: []cli.Flag{&cli.StringFlag{Name: "reason", Usage: "`TEXT` that explains the pause to whoever looks at it later"}},
		Action: func(ctx *cli.Context) error {
			if n := len(ctx.String("reason")); n > maxReason {
				return usageError(fmt.Errorf("--reason has %d bytes: use at most %d", n, maxReason))
			}
			return c.onSchedule(ctx.Context, func(conn connection, d *client.ScheduleDescription) error {
				return c.pauseSchedule(ctx, conn, d)
			})
		},
	}
}

func (c commands) pauseSchedule(ctx *cli.Context, conn connection, d *client.ScheduleDescription) error {
	id := contract.ScheduleID(conn.integration())
	if state := scheduleState(d); state.Paused {
		fmt.Fprintf(c.out, "schedule %s is already paused: %s\n", id, pauseText(state.Note, scheduleZone(d), c.now()))
		if _, ours := contract.ParsePauseNote(state.Note); !ours {
			fmt.Fprintln(c.out, "To record it as an intentional pause, resume the schedule and pause it again.")
		}
		return nil
	}
	note := contract.PauseNote{By: c.user, Reason: ctx.String("reason"), From: c.now()}.String()
	if err := conn.scheduleHandle(ctx.Context).Pause(ctx.Context, client.SchedulePauseOptions{Note: note}); err != nil {
		return fmt.Errorf("pause the schedule: %w", err)
	}
	fmt.Fprintf(c.out, "schedule %s: %s\n", id, pauseText(note, scheduleZone(d), c.now()))
	lane, err := conn.sessionReader().FindLane(ctx.Context)
	if running := lane.Holder(); err == nil && running != "" {
		fmt.Fprintf(c.out, "%s is running and continues; to stop it, run 'defendersync sessions cancel'\n", running)
	}
	return nil
}

// pauseText says who paused the schedule and why. A note that we did not write
// is shown as it is.
func pauseText(note string, zone *time.Location, now time.Time) string {
	p, ours := contract.ParsePauseNote(note)
	switch {
	case note == "":
		return "paused outside of defendersync, without a note"
	case !ours:
		return fmt.Sprintf("paused outside of defendersync with the note: %s", note)
	}
	text := fmt.Sprintf("paused by %s since %s (%s)", p.By, formatClock(p.From, zone), formatAge(now.Sub(p.From)))
	if p.Reason != "" {
		text += ": " + p.Reason
	}
	return text
}
