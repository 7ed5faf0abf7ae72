package activities

import (
	"context"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/lease"
)

// marginShare is the part of the heartbeat time-out by which an attempt ends sooner
// than Temporal gives its work to another worker (a fifth): time for what is on its
// way to a tenant to arrive.
const marginShare = 5

// leaseTerm is how long an attempt goes on without an acknowledged heartbeat.
func leaseTerm(timeout time.Duration) time.Duration { return timeout - timeout/marginShare }

// confirmEvery is how often an attempt that has just begun asks Temporal again
// whether the work is its own.
const confirmEvery = 200 * time.Millisecond

// hold is an attempt's hold on its work. It is lost when Temporal acknowledges no
// heartbeat for nearly the heartbeat time-out: from then on the attempt sends
// nothing. Requests to Defender stop sooner, when those who take over would not
// know of them; see ratelimit.
type hold struct {
	*Activities
	lease *lease.Lease    // nil: it is not lost
	ask   <-chan struct{} // receives when the budget has to be told of anew
	end   func()

	beaten time.Time   // when the latest heartbeat was recorded
	begun  []time.Time // when those were that Temporal is not known to have
}

// takeHold begins an attempt's hold. The context ends when it is lost.
func (a *Activities) takeHold(ctx context.Context) (context.Context, *hold) {
	h := &hold{Activities: a, end: func() {}}
	info := activity.GetInfo(ctx)
	term := a.opts.term
	if term == 0 {
		term = leaseTerm(info.HeartbeatTimeout)
	}
	if !a.opts.Leased || term <= 0 {
		return ctx, h
	}
	a.limiter.FollowClock(info.StartedTime)
	ask, endTelling := a.limiter.BeginTelling()
	ctx, h.lease = lease.Begin(ctx, term)
	if a.opts.onHold != nil {
		a.opts.onHold(h.lease)
	}
	h.ask, h.end = ask, func() { endTelling(); h.lease.End() }
	return ctx, h
}

// apart is how long after a heartbeat the next one is recorded at the least. The SDK
// holds one back that follows at once, and with it those that come while it is on its
// way.
const apart = 5 * time.Millisecond

// recordHeartbeat records a heartbeat with a snapshot of the budget that was made
// just before, and reports whether Temporal is known to have it.
func (h *hold) recordHeartbeat(ctx context.Context, details ...any) (kept bool) {
	if h.lease == nil {
		activity.RecordHeartbeat(ctx, details...)
		return true
	}
	time.Sleep(apart - time.Since(h.beaten))
	began := time.Now()
	activity.RecordHeartbeat(ctx, details...)
	h.beaten, h.begun = time.Now(), append(h.begun, began)
	h.noteTold()
	return h.lease.IsRenewedSince(began)
}

// noteTold tells the budget of the latest heartbeat that Temporal is known to have. That
// may be an earlier one: the SDK sends a later one by itself where it held it back.
func (h *hold) noteTold() {
	for i, began := range slices.Backward(h.begun) {
		if h.lease.IsRenewedSince(began) {
			h.limiter.NoteTold(began)
			h.begun = h.begun[i+1:]
			return
		}
	}
}

// confirmHold records heartbeats until Temporal has one: a task may have been on its
// way for so long that it is another's by now. An error is that of the context.
func (h *hold) confirmHold(ctx context.Context, details func() []any) error {
	for !h.recordHeartbeat(ctx, details()...) {
		select {
		case <-time.After(confirmEvery):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// confirmCheckpoint is confirmHold for an attempt that goes on from a checkpoint,
// which it records again with what is known of the budget now.
func (h *hold) confirmCheckpoint(ctx context.Context, from contract.Checkpoint) error {
	if h.lease == nil {
		return nil
	}
	return h.confirmHold(ctx, func() []any {
		from.Recent = h.limiter.Snapshot(time.Now())
		return []any{from}
	})
}

// isLost reports whether the work may be another's. It says so in the log.
func (h *hold) isLost(ctx context.Context) bool {
	if !h.lease.IsLost() {
		return false
	}
	activity.GetLogger(ctx).Warn("this attempt ends: " + lease.ErrLost.Error())
	return true
}

// explainEnd is the error of an attempt that ended with err: of one whose hold is
// lost, that another takes over.
func (h *hold) explainEnd(ctx context.Context, err error) error {
	if err != nil && h.isLost(ctx) {
		return &httpx.Error{Peer: "worker", Op: "hand over", Kind: httpx.KindStopping, Err: lease.ErrLost}
	}
	return err
}
