package sessions

import (
	"context"
	"slices"
	"time"
)

const (
	// pickupPatience is how long a worker may take to pick up a session that has just
	// started before the session counts as queued.
	pickupPatience = 2 * time.Second
	// settleWithin bounds the wait for a session that is about to take the lane, or to
	// end because another one holds it; settlePause is the pause between two checks.
	settleWithin = 5 * time.Second
	settlePause  = 200 * time.Millisecond
)

// FindObstacle finds the session that keeps another one from starting: the one that
// holds the lane, or one that waits for a worker. It returns nil if there is none.
// Sessions that are about to begin or to end are given a moment to do so.
//
// A session that was cancelled before a worker picked it up does no work any more. It
// is an obstacle only to a plain run, which goes through the schedule: that skips starts
// while it runs.
func (r Reader) FindObstacle(ctx context.Context, plain bool) (*OpenSession, error) {
	for deadline := r.now().Add(settleWithin); ; {
		open, err := r.ListOpen(ctx)
		if err != nil {
			return nil, err
		}
		o, settled := chooseObstacle(open, plain, r.now())
		if o == nil || settled || r.now().After(deadline) {
			return o, nil
		}
		select {
		case <-time.After(settlePause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// chooseObstacle picks the obstacle among the open sessions, in the order of ListOpen;
// nil if there is none. settled is false for one that may be gone in a moment.
func chooseObstacle(open []OpenSession, plain bool, now time.Time) (o *OpenSession, settled bool) {
	open = slices.DeleteFunc(slices.Clone(open), func(o OpenSession) bool {
		return !plain && o.Leaving && o.PickedUp.IsZero()
	})
	if len(open) == 0 {
		return nil, true
	}
	if open[0].HoldsLane {
		return &open[0], true
	}
	if i := slices.IndexFunc(open, func(o OpenSession) bool { return o.isQueued(now) }); i >= 0 {
		return &open[i], true
	}
	return &open[0], false
}
