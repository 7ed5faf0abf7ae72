package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
)

// leaveWithin bounds the wait for Temporal when an activity leaves its last
// checkpoint.
const leaveWithin = 10 * time.Second

// recorder records a heartbeat and returns when Temporal has it. A Temporal
// client is one.
type recorder interface {
	RecordActivityHeartbeat(ctx context.Context, taskToken []byte, details ...any) error
}

// recordLast records what the next attempt goes on from. An activity calls it last,
// when it ends otherwise than well: activity.RecordHeartbeat may hold a
// heartbeat back, and where the worker stops meanwhile it is sent in a context
// that ends with the activity, and is lost.
func recordLast(ctx context.Context, to recorder, details ...any) {
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveWithin)
	defer cancel()
	err := to.RecordActivityHeartbeat(within, activity.GetInfo(ctx).TaskToken, details...)
	var gone *serviceerror.NotFound // there is no next attempt
	if err != nil && !temporal.IsCanceledError(err) && !errors.As(err, &gone) {
		activity.GetLogger(ctx).Warn("the last checkpoint was not recorded: the next attempt goes on from an older one", "error", err)
	}
}

// beatInterval is the longest an activity may stay silent: a third of its
// heartbeat time-out, so that one lost beat costs nothing.
func (a *Activities) beatInterval(ctx context.Context) time.Duration {
	if a.opts.BeatEvery > 0 {
		return a.opts.BeatEvery
	}
	return thirdOfTimeout(ctx)
}

// thirdOfTimeout is a third of the activity's heartbeat time-out.
func thirdOfTimeout(ctx context.Context) time.Duration {
	if t := activity.GetInfo(ctx).HeartbeatTimeout; t > 0 {
		return t / 3
	}
	return 5 * time.Second
}

// budgetEvery is how often at most an activity tells of new requests, so that
// one that takes over after a kill keeps to the budget.
const budgetEvery = time.Second

// takeOverBudget counts the requests that the attempt before has told of.
func (a *Activities) takeOverBudget(ctx context.Context) {
	var what string
	var w contract.Waiting
	var recent contract.RecentRequests
	if activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &what, &w, &recent) == nil {
		a.limiter.Restore(recent)
	}
}

// lately is longer than any request counts: two windows of the budget.
const lately = 2 * time.Minute

// takeOverLane counts the requests of the sessions before, which may have been another
// worker's and have ended a moment ago.
func (a *Activities) takeOverLane(ctx context.Context) {
	if a.opts.Namespace == "" || !a.limiter.HasBudget() {
		return
	}
	lane := activity.GetInfo(ctx).WorkflowExecution
	within, cancel := context.WithTimeout(ctx, leaveWithin)
	defer cancel()
	used, err := a.sessionsOf(integrationOfLane(lane.ID)).FindUsed(within, lane.RunID, lately)
	if err != nil {
		activity.GetLogger(ctx).Warn("what the session before used of the request budget is not known: Defender may answer 429", "error", err)
	}
	a.limiter.Restore(used)
}

// runWatched runs one bounded piece of work and tells Temporal, while it lasts,
// that the activity is alive, what it waits for, and what it asked of the
// budget. The work must end by itself: every request has a time limit of its own.
func runWatched[T any](ctx context.Context, a *Activities, what string, work func(context.Context) (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	ctx, held := a.takeHold(ctx)
	defer held.end()
	a.takeOverBudget(ctx)
	beat := func(w contract.Waiting) []any { return []any{what, w, a.limiter.Snapshot(time.Now())} }
	if err := held.confirmHold(ctx, func() []any { return beat(contract.Waiting{}) }); err != nil {
		return *new(T), held.explainEnd(ctx, err)
	}
	done := make(chan outcome, 1)
	go func() {
		v, err := work(ctx)
		done <- outcome{v, err}
	}()
	tick := time.NewTicker(min(a.beatInterval(ctx), budgetEvery))
	defer tick.Stop()
	told := newTeller(ctx)
	stop := activity.GetWorkerStopChannel(ctx)
	granted, beaten := a.limiter.Stats().Granted, time.Now()
	for {
		select {
		case o := <-done:
			if o.err != nil {
				recordLast(ctx, a.temporal, what, contract.Waiting{}, a.limiter.Snapshot(time.Now()).MarkSettled())
			}
			a.freeAfter(ctx)
			told.signalNews(ctx, a, contract.Waiting{})
			return o.value, held.explainEnd(ctx, o.err)
		case <-stop:
			a.limiter.Stop()
			stop = nil
		case <-held.ask:
			held.recordHeartbeat(ctx, beat(a.findWaiting())...)
		case <-tick.C:
			w := a.findWaiting()
			if now := a.limiter.Stats().Granted; now != granted || time.Since(beaten) >= a.beatInterval(ctx) {
				if sent := time.Now(); held.recordHeartbeat(ctx, beat(w)...) {
					granted, beaten = now, sent
				}
			}
			told.signalNews(ctx, a, w)
		}
	}
}
