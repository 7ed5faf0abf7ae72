package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
)

// beatInterval is the longest an activity may stay silent: a third of its
// heartbeat time-out, so that one lost beat costs nothing.
func (a *Activities) beatInterval(ctx context.Context) time.Duration {
	if a.opts.BeatEvery > 0 {
		return a.opts.BeatEvery
	}
	if t := activity.GetInfo(ctx).HeartbeatTimeout; t > 0 {
		return t / 3
	}
	return 5 * time.Second
}

// attend runs one bounded piece of work and tells Temporal, while it lasts,
// that the activity is alive and what it waits for. The work must end by
// itself: every request has a time limit of its own.
func attend[T any](ctx context.Context, a *Activities, what string, work func(context.Context) (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		v, err := work(ctx)
		done <- outcome{v, err}
	}()
	tick := time.NewTicker(a.beatInterval(ctx))
	defer tick.Stop()
	stop := activity.GetWorkerStopChannel(ctx)
	for {
		select {
		case o := <-done:
			return o.value, o.err
		case <-stop:
			a.limiter.Stop()
			stop = nil
		case <-tick.C:
			activity.RecordHeartbeat(ctx, what)
		}
	}
}
