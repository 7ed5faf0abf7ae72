package activities

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// SyncUsage streams the users of a page of apps from Defender into Oomnitza:
// fetch, map, resolve the people, assign. Its heartbeat is its checkpoint: a
// retry, here or on another worker, goes on after the last page that was
// safely written. When the worker is told to stop it finishes what it has
// fetched, records it and hands over; when it is cancelled it stops at once
// and says what was done.
func (a *Activities) SyncUsage(ctx context.Context, in contract.SyncUsageParams) (contract.SyncUsageResult, error) {
	namer, err := saas.NewNamer(in.Policy)
	if err != nil {
		return contract.SyncUsageResult{}, final(&httpx.Error{Peer: "settings", Op: "read the username rules", Kind: httpx.KindConfig, Err: err})
	}
	var cp contract.Checkpoint
	if activity.HasHeartbeatDetails(ctx) {
		if err := activity.GetHeartbeatDetails(ctx, &cp); err != nil {
			return contract.SyncUsageResult{}, err
		}
	}
	if cp.Barren++; cp.Barren > maxBarren {
		return contract.SyncUsageResult{}, withResult(final(gotNowhere(cp)), contract.SyncUsageResult{Counts: cp.Counts, Rejects: cp.Rejects, Skips: cp.Skips, Requests: cp.Requests})
	}
	a.limiter.Restore(in.Recent)
	a.limiter.Restore(cp.Recent)
	run := newUsageRun(ctx, a, in, namer, cp)
	defer run.close()
	err = run.loop()
	a.freeAfter(ctx)
	run.told.tell(ctx, a, contract.Waiting{})
	result := run.result()
	if err == nil {
		return result, nil
	}
	if httpx.KindOf(err) == httpx.KindStopping || run.halted {
		run.cp.Barren = max(0, run.cp.Barren-1) // a worker that is told to stop is no sign of anything
	}
	leave(ctx, a.temporal, run.snapshot())
	if ctx.Err() != nil {
		return result, temporal.NewCanceledError(result)
	}
	return contract.SyncUsageResult{}, withResult(failure(err), result)
}

// maxBarren is how many attempts may begin one after the other without a page
// being written. Workers die, and hand over, but not so often in the same
// place: what kills them, or keeps their result from being taken, is the work.
const maxBarren = 30

// gotNowhere is the error of a page of apps that is begun over and over.
func gotNowhere(cp contract.Checkpoint) error {
	last := cp.Waiting
	if last == "" {
		last = "none that was recorded"
	}
	return &httpx.Error{Peer: "session", Op: "carry over users", Kind: httpx.KindServer,
		Message: fmt.Sprintf("%d attempts in a row ended without a page being written; last failure: %s", maxBarren, last),
		Hint:    "see the worker's log for what ended them, such as too little memory; the next session starts where the last good one began"}
}
