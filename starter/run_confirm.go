package main

import (
	"context"
	"time"

	"defendersync/internal/saas"
)

const (
	// confirmPatience bounds the wait for a session that was started to take the
	// lane. It takes milliseconds, unless the machine is busy.
	confirmPatience = 15 * time.Second
	// confirmPause is the pause between two checks.
	confirmPause = 50 * time.Millisecond
)

// confirmStart waits until a session that was started holds the lane. Another
// session may have been started in the same moment, unnoticed by the search for
// obstacles. Then one of the two ends at once as skipped, and if that is ours,
// nothing was started. Without a worker there is nothing to wait for.
func (c connection) confirmStart(ctx context.Context, begun started, plain bool) (started, error) {
	confirmed, err := c.awaitLane(ctx, begun, plain)
	if ctx.Err() != nil {
		return begun, nil // followSession reports what becomes of it
	}
	return confirmed, err
}

// awaitLane waits until a session holds the lane or has ended.
func (c connection) awaitLane(ctx context.Context, begun started, plain bool) (started, error) {
	workers, err := c.sessionReader().ReadWorkers(ctx)
	if err != nil || !workers.AreAlive(time.Now()) {
		return begun, err
	}
	for deadline := time.Now().Add(confirmPatience); time.Now().Before(deadline); {
		lane, err := c.sessionReader().FindLane(ctx)
		if err != nil {
			return begun, err
		}
		if lane.HeldBy(begun.Run) {
			return begun, nil
		}
		open, err := c.sessionReader().FindOpen(ctx, begun.Session, begun.Run)
		if err != nil {
			return begun, err
		}
		if open == nil {
			return c.checkSkipped(ctx, begun, plain)
		}
		select {
		case <-time.After(confirmPause):
		case <-ctx.Done():
			return begun, nil
		}
	}
	return begun, nil
}

// checkSkipped reports a session that has ended as skipped as not started.
func (c connection) checkSkipped(ctx context.Context, begun started, plain bool) (started, error) {
	result, err := c.sessionReader().ReadResult(ctx, begun.Session, begun.Run)
	if err != nil || result.Outcome != saas.OutcomeSkipped {
		return begun, nil // it failed or completed, which followSession reports
	}
	return started{Session: result.Blocker, Reason: result.Blocker + " was started at the same moment", other: !plain}, nil
}
