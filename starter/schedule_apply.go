package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"
	"go.temporal.io/sdk/client"

	"defendersync/internal/sessions"
)

func (c commands) scheduleApplyCommand() *cli.Command {
	return &cli.Command{
		Name:  "apply",
		Usage: "Create the schedule, or update it to match the settings",
		Description: describe("The schedule stores what its sessions do: after a change of INTEGRATION_ settings or DEFENDER_STREAMS, apply it "+
			"again. Applying also reverts changes that were made elsewhere, such as in the Temporal Web UI. A paused schedule "+
			"stays paused.\n\n"+
			"A flag overrides its setting for this call only. To keep the value, change the setting as well: the next apply "+
			"without flags uses the settings.",
			"defendersync schedule apply",
			"defendersync schedule apply --every 12h --jitter 10m",
			"defendersync schedule apply --cron '30 2 * * 1-5' --timezone Europe/Berlin --catch-up 6h"),
		Flags:  timingFlags(),
		Action: c.applySchedule,
	}
}

// applySchedule creates or updates the schedule.
func (c commands) applySchedule(ctx *cli.Context) error {
	c, err := c.overrideSettings(ctx)
	if err != nil {
		return usageError(err)
	}
	conn, err := c.connectTemporal(ctx.Context)
	if err != nil {
		return err
	}
	defer conn.closeClient()
	did, err := conn.applySchedule(ctx.Context)
	if err != nil {
		return err
	}
	if err := conn.summonWatch(ctx.Context); err != nil {
		return err
	}
	if err := conn.renewWatch(ctx.Context); err != nil {
		return err
	}
	return c.tellApplied(ctx.Context, conn, did)
}

// applied is the result of an apply.
type applied struct {
	result  putResult
	changed []difference // what was put right
}

// applySchedule creates or updates the schedule.
func (c connection) applySchedule(ctx context.Context) (applied, error) {
	want, err := c.wantedSessions()
	if err != nil {
		return applied{}, usageError(err)
	}
	var changed []difference
	want.differs = func(there client.Schedule) (bool, error) {
		if err := c.sessionReader().CheckParams(there); err != nil {
			return false, err
		}
		changed = c.compareSchedule(there)
		return len(changed) > 0, nil
	}
	result, err := c.putSchedule(ctx, want)
	if err != nil {
		return applied{}, lostKey(sessions.ExplainDecoding("the schedule", err))
	}
	return applied{result, changed}, nil
}

// lostKey adds what to do if the key of a schedule is lost. An apply never
// encrypts a schedule with another key that it can't read, because the workers
// may not have the new key.
func lostKey(err error) error {
	if errors.Is(err, sessions.ErrKey) {
		return fmt.Errorf("%w (nothing was changed; put a new key before the old one in the setting; if the old key is lost, run 'schedule delete' and apply again, and the next session will be a full one)", err)
	}
	return err
}
