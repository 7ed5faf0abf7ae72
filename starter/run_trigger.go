package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/moment"
	"defendersync/internal/temporalx"
	"defendersync/internal/tracing"
)

// triggerPatience bounds the wait for the schedule to start a session. After
// triggerSilence the command says that it waits.
const (
	triggerPatience = 30 * time.Second
	triggerSilence  = 3 * time.Second
)

// errTriggered is the error of an interrupt before it is known what the trigger
// has started.
var errTriggered = errors.New("stopped waiting; the schedule was triggered and may still start a session: see 'defendersync sessions list'")

// triggerSchedule triggers the schedule and finds out what it has started,
// which Temporal does not return.
func (c connection) triggerSchedule(ctx context.Context, before *client.ScheduleDescription, tell func(string)) (started, error) {
	handle := c.temporal.ScheduleClient().GetHandle(ctx, contract.ScheduleID(c.integration()))
	if err := awaitNextSecond(ctx, before, time.Now()); err != nil {
		return started{}, err
	}
	known := map[string]bool{}
	for _, a := range before.Info.RecentActions {
		if r := a.StartWorkflowResult; r != nil {
			known[r.FirstExecutionRunID] = true
		}
	}
	if err := handle.Trigger(ctx, client.ScheduleTriggerOptions{}); err != nil {
		return started{}, fmt.Errorf("trigger the schedule: %w", err)
	}
	began, told := time.Now(), false
	for time.Since(began) < triggerPatience {
		if !told && time.Since(began) > triggerSilence {
			told = true
			tell(fmt.Sprintf("waiting up to %[2]s for the schedule to start a session, since %[1]s", moment.FormatWeekday(began, c.timeZone()), triggerPatience))
		}
		d, err := c.sessionReader().DescribeSchedule(ctx)
		if ctx.Err() != nil {
			return started{}, errTriggered
		}
		if err != nil {
			return started{}, err
		}
		if d == nil {
			break // deleted meanwhile
		}
		for _, a := range d.Info.RecentActions {
			if r := a.StartWorkflowResult; r != nil && !known[r.FirstExecutionRunID] {
				tracing.LinkTo(ctx, temporalx.RunIDs(r.FirstExecutionRunID))
				c.signStart(ctx, r)
				return started{Session: r.WorkflowID, Run: r.FirstExecutionRunID, Started: true}, nil
			}
		}
		if d.Info.NumActionsSkippedOverlap > before.Info.NumActionsSkippedOverlap {
			return c.explainSkipped(ctx, d)
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return started{}, errTriggered
		}
	}
	return started{}, fmt.Errorf("the schedule was triggered but has started nothing within %s: check whether it was changed or deleted meanwhile", triggerPatience)
}

const (
	// sameSecond is how long ago a start may be to count as one of the same
	// second, given two clocks that differ a little.
	sameSecond = 3 * time.Second
	// nextSecond is a pause after which Temporal's clock shows another second.
	nextSecond = 1100 * time.Millisecond
)

// awaitNextSecond waits until a session triggered now gets an id of its own.
// Temporal names the workflows that a schedule starts by the second, so two
// within one second would share an id.
func awaitNextSecond(ctx context.Context, before *client.ScheduleDescription, now time.Time) error {
	var last time.Time
	for _, a := range before.Info.RecentActions {
		for _, at := range []time.Time{a.ScheduleTime, a.ActualTime} {
			if at.After(last) {
				last = at
			}
		}
	}
	if now.Sub(last) > sameSecond {
		return nil
	}
	select {
	case <-time.After(nextSecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// signStart tells a session who started it. It may already have ended.
func (c connection) signStart(ctx context.Context, r *client.ScheduleWorkflowExecution) {
	_ = c.temporal.SignalWorkflow(ctx, r.WorkflowID, r.FirstExecutionRunID, contract.SignalStartedBy, c.user)
}

// explainSkipped names the session because of which the schedule skipped the
// trigger.
func (c connection) explainSkipped(ctx context.Context, d *client.ScheduleDescription) (started, error) {
	o, err := c.sessionReader().FindObstacle(ctx, true)
	if err != nil {
		return started{}, err
	}
	if o != nil {
		return c.notStarted(*o, true), nil
	}
	for _, a := range slices.Backward(d.Info.RecentActions) { // it has ended meanwhile
		if r := a.StartWorkflowResult; r != nil {
			return started{Session: r.WorkflowID, Run: r.FirstExecutionRunID, Reason: r.WorkflowID + " was running"}, nil
		}
	}
	return started{}, errors.New("nothing was started, because of a session that has ended meanwhile: run the command again")
}
