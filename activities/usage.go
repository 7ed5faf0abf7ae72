package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/defender"
	"defendersync/internal/httpx"
	"defendersync/internal/ratelimit"
	"defendersync/internal/saas"
)

// Keeping says whether Oomnitza keeps the last activity that is sent with an
// assignment. No call to write it is documented, so the session's first
// assignment is read back.
type Keeping string

// What reading back has shown.
const (
	KeepingUnknown Keeping = ""
	KeepingKept    Keeping = "kept"
	KeepingIgnored Keeping = "ignored" // taken, but not kept
	KeepingRefused Keeping = "refused" // not even taken: assignments go without it
	KeepingUnseen  Keeping = "unseen"  // assignments did not show: taken to be kept
)

// Lost reports whether last activity does not reach Oomnitza.
func (k Keeping) Lost() bool { return k == KeepingIgnored || k == KeepingRefused }

// LastActivityLost is the warning of a session whose tenant keeps none; check
// looks for it.
const LastActivityLost = "Oomnitza did not keep the last activity sent with an assignment: import it as a file in Oomnitza (SaaS users, Import)"

// UsageInput is a page of apps of one stream whose users are to be carried
// over.
type UsageInput struct {
	Stream  Stream           `json:"stream"`
	Refs    []AppRef         `json:"refs"`
	Window  saas.Window      `json:"window"`
	Policy  saas.Policy      `json:"policy"`
	Began   time.Time        `json:"began"`
	Dialect defender.Dialect `json:"dialect"`
	Keeping Keeping          `json:"keeping,omitempty"`
	DryRun  string           `json:"dryRun,omitempty"`  // the session's run id; "" when it writes
	Session string           `json:"session,omitempty"` // the session's run id; what is remembered of people is good for one session
	Again   bool             `json:"again,omitempty"`   // apps of the session before: their numbers of users are out of date
	Batch   int              `json:"batch,omitempty"`   // most assignments that Oomnitza takes at once; 0: as many as we send
	Recent  ratelimit.Recent `json:"recent"`
}

// UsageResult is what came of the users of a page of apps.
type UsageResult struct {
	Counts   saas.Counts      `json:"counts"`
	Rejects  saas.Tally       `json:"rejects"`
	Skips    saas.Tally       `json:"skips"`
	Retry    []string         `json:"retry,omitempty"` // ids of the apps to be read whole next time
	Dialect  defender.Dialect `json:"dialect"`
	Keeping  Keeping          `json:"keeping,omitempty"`
	Batch    int              `json:"batch,omitempty"`
	Notes    []string         `json:"notes,omitempty"` // what was found out about the tenants, or is in doubt
	Recent   ratelimit.Recent `json:"recent"`
	Requests saas.Requests    `json:"requests"`
}

// SyncUsage streams the users of a page of apps from Defender into Oomnitza:
// fetch, map, resolve the people, assign. Its heartbeat is its checkpoint: a
// retry, here or on another worker, goes on after the last page that was
// safely written. When the worker is told to stop it finishes what it has
// fetched, records it and hands over; when it is cancelled it stops at once
// and says what was done.
func (a *Activities) SyncUsage(ctx context.Context, in UsageInput) (UsageResult, error) {
	namer, err := saas.NewNamer(in.Policy)
	if err != nil {
		return UsageResult{}, final(&httpx.Error{Peer: "settings", Op: "read the username rules", Kind: httpx.KindConfig, Err: err})
	}
	var cp Checkpoint
	if activity.HasHeartbeatDetails(ctx) {
		if err := activity.GetHeartbeatDetails(ctx, &cp); err != nil {
			return UsageResult{}, err
		}
	}
	if cp.Barren++; cp.Barren > maxBarren {
		return UsageResult{}, withResult(final(gotNowhere(cp)), UsageResult{Counts: cp.Counts, Rejects: cp.Rejects, Skips: cp.Skips, Requests: cp.Requests})
	}
	a.limiter.Restore(in.Recent)
	a.limiter.Restore(cp.Recent)
	run := newUsageRun(ctx, a, in, namer, cp)
	defer run.close()
	err = run.loop()
	a.freeAfter(ctx)
	run.told.tell(ctx, a, ratelimit.Waiting{})
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
	return UsageResult{}, withResult(failure(err), result)
}

// maxBarren is how many attempts may begin one after the other without a page
// being written. Workers die, and hand over, but not so often in the same
// place: what kills them, or keeps their result from being taken, is the work.
const maxBarren = 30

// gotNowhere is the error of a page of apps that is begun over and over.
func gotNowhere(cp Checkpoint) error {
	last := cp.Waiting
	if last == "" {
		last = "none that was recorded"
	}
	return &httpx.Error{Peer: "session", Op: "carry over users", Kind: httpx.KindServer,
		Message: fmt.Sprintf("%d attempts in a row ended without a page being written; last failure: %s", maxBarren, last),
		Hint:    "see the worker's log for what ended them, such as too little memory; the next session starts where the last good one began"}
}
