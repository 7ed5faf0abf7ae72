package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/internal/usersync"
)

// SyncUsage carries the users of a page of apps from Defender to Oomnitza; see
// usersync. Its heartbeat is its checkpoint: a retry, here or on another worker,
// goes on after the last page that was safely written. When the worker is told
// to stop, the activity finishes what it has fetched, records it and hands over;
// when it is cancelled it stops at once and returns what was done. When Temporal no
// longer acknowledges its heartbeats it stops before another worker has the work.
func (a *Activities) SyncUsage(ctx context.Context, in contract.SyncUsageParams) (contract.SyncUsageResult, error) {
	var from contract.Checkpoint
	if activity.HasHeartbeatDetails(ctx) {
		if err := activity.GetHeartbeatDetails(ctx, &from); err != nil {
			return contract.SyncUsageResult{}, err
		}
	}
	ctx, held := a.takeHold(ctx)
	defer held.end()
	a.limiter.Restore(in.Recent)
	a.limiter.Restore(from.Recent)
	if err := held.confirmCheckpoint(ctx, from); err != nil {
		return contract.SyncUsageResult{}, mapError(held.explainEnd(ctx, err))
	}
	told := newTeller(ctx)
	out, err := a.usersync.Run(ctx, usersync.Attempt{
		Params: in, From: from, Again: activity.GetInfo(ctx).Attempt > 1, Session: sessionOf(ctx, in),
		Save:      func(cp contract.Checkpoint) bool { return held.recordHeartbeat(ctx, cp) },
		SaveEvery: a.beatInterval(ctx),
		SaveNow:   held.ask,
		Tell:      func(w contract.Waiting) { told.signalNews(ctx, a, w) },
		Stop:      activity.GetWorkerStopChannel(ctx),
	})
	a.freeAfter(ctx)
	told.signalNews(ctx, a, contract.Waiting{})
	if err == nil {
		return out.Result, nil
	}
	recordLast(ctx, a.temporal, out.Checkpoint)
	if held.isLost(ctx) {
		return contract.SyncUsageResult{}, newStopError()
	}
	if ctx.Err() != nil {
		return out.Result, temporal.NewCanceledError(out.Result)
	}
	if f, ok := errors.AsType[*usersync.FinalError](err); ok {
		return contract.SyncUsageResult{}, withResult(mapFinal(f.Err), out.Result)
	}
	return contract.SyncUsageResult{}, withResult(mapError(err), out.Result)
}

// sessionOf names the session that an input belongs to.
func sessionOf(ctx context.Context, in contract.SyncUsageParams) string {
	if in.SessionRun != "" {
		return in.SessionRun
	}
	return activity.GetInfo(ctx).WorkflowExecution.RunID
}
