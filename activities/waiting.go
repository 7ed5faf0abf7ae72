package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
)

const (
	// inherited is the longest pause that a session takes over from the one
	// before. Beyond it, asking anew is cheaper than waiting for what was said
	// to another: it is a request, and the tenant says again what it wants.
	inherited = time.Minute
	// worthTelling is how long a wait is to last before the session's page
	// tells of it. Every word of that is an event in two histories; heartbeats,
	// which cost nothing, tell of every wait.
	worthTelling = time.Minute
	// openWithin bounds how long a session waits to be let in when it opens,
	// within the time limit of the activity.
	openWithin = 25 * time.Minute
)

// findWaiting is the pause that a tenant has asked for; of two the longer one.
func (a *Activities) findWaiting() contract.Waiting {
	w := a.defender.Waiting()
	if o := a.oomnitza.Waiting(); o.Until.After(w.Until) {
		w = o
	}
	return w
}

// shortenPauses ends what pauses there are at the latest so long from now.
func (a *Activities) shortenPauses(d time.Duration) {
	a.limiter.Shorten(d)
	a.oomnitza.ShortenPause(d)
}

// freeAfter ends all pauses if ctx was cancelled: who stops a session wants
// nothing to wait on.
func (a *Activities) freeAfter(ctx context.Context) {
	if ctx.Err() == context.Canceled {
		a.shortenPauses(0)
	}
}

// openLimit is the error of a session that was not let in for so long.
func (a *Activities) openLimit(w contract.Waiting) error {
	return &httpx.Error{Peer: "session", Op: "check both tenants", Kind: httpx.KindRateLimited,
		Message: "no answer but that there are too many requests in " + openWithin.String() + ": " + w.String(),
		Hint:    "see who else uses the tenant's API, and with how many requests; the next session tries again"}
}

// teller tells a Sync what its activity waits for, when that has lasted, and
// when it is over.
type teller struct {
	told contract.Waiting
	at   time.Time
}

// newTeller begins an attempt. What an earlier one told, and did not take back
// before it was killed, is over.
func newTeller(ctx context.Context) teller {
	if activity.GetInfo(ctx).Attempt > 1 {
		return teller{told: contract.Waiting{For: "what an earlier attempt waited for"}}
	}
	return teller{}
}

// hasNews decides whether there is something to tell.
func (t *teller) hasNews(w contract.Waiting, now time.Time) bool {
	switch {
	case !w.IsOn():
		return t.told.IsOn()
	case now.Sub(w.Since) < worthTelling && w.Until.Sub(now) < worthTelling:
		return false
	case t.told.For == w.For && t.told.Until.Equal(w.Until):
		return false
	}
	return now.Sub(t.at) >= worthTelling
}

// signalNews signals the Sync that this activity is of. It does not wait: a Sync that
// is not told goes on all the same.
func (t *teller) signalNews(ctx context.Context, a *Activities, w contract.Waiting) {
	now := time.Now()
	if !t.hasNews(w, now) {
		return
	}
	t.told, t.at = w, now
	sync := activity.GetInfo(ctx).WorkflowExecution
	go func() {
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveWithin)
		defer cancel()
		if err := a.temporal.SignalWorkflow(within, sync.ID, sync.RunID, contract.SignalWaiting, w); err != nil && ctx.Err() == nil {
			activity.GetLogger(ctx).Warn("the session's page could not be told of a wait", "error", err)
		}
	}()
}
