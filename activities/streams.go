package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"defendersync/internal/defender"
	"defendersync/internal/ratelimit"
	"defendersync/internal/saas"
)

// Stream is a continuous report that the session reads.
type Stream struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// FetchAppsInput says which page of which stream to read.
type FetchAppsInput struct {
	Stream  Stream           `json:"stream"`
	Window  saas.Window      `json:"window"`
	Skip    int              `json:"skip"`
	Dialect defender.Dialect `json:"dialect"`
	Walk    defender.Walk    `json:"walk"`
	Recent  ratelimit.Recent `json:"recent"`
}

// AppsPage is one page of discovered apps, cut off where an incremental
// session need not read on.
type AppsPage struct {
	Apps     []saas.App       `json:"apps"`
	Rejects  saas.Tally       `json:"rejects"`
	Notes    []string         `json:"notes,omitempty"`    // what was found out about the list, or is in doubt
	Nameless bool             `json:"nameless,omitempty"` // a row could not even be identified, so nothing can ask for it again
	Cut      bool             `json:"cut,omitempty"`      // the list was read down to the threshold, and no further
	Older    int              `json:"older,omitempty"`    // rows left out as older than that
	Next     int              `json:"next"`               // skip of the next page; -1 at the end
	Total    int              `json:"total"`              // apps in the stream, about; -1 unknown
	Dialect  defender.Dialect `json:"dialect"`
	Walk     defender.Walk    `json:"walk"`
	Recent   ratelimit.Recent `json:"recent"`
	Requests saas.Requests    `json:"requests"`
}

// maxSamples bounds the rejected rows that one activity hands back in full.
// With the bounds that saas.Tally sets on a row that is 1.7 MB at the very
// most, and some 400 KB as rows are: a result and a heartbeat may have 2 MB.
const maxSamples = 2000

// FetchApps reads one page of a stream's discovered apps.
func (a *Activities) FetchApps(ctx context.Context, in FetchAppsInput) (AppsPage, error) {
	a.limiter.Restore(in.Recent)
	before := a.requests()
	page, err := attend(ctx, a, "reading the discovered apps", func(ctx context.Context) (AppsPage, error) {
		page, err := a.readApps(ctx, in)
		if err != nil {
			return a.excuseApps(ctx, in, err, activity.GetInfo(ctx).Attempt >= patience)
		}
		return page, nil
	})
	if err != nil {
		return AppsPage{}, failure(err)
	}
	page.Recent = a.limiter.Snapshot(time.Now()).Settled()
	page.Requests = a.requests().since(before)
	return page, nil
}

// tally is a reading of the clients' counters.
type tally struct{ saas.Requests }

// requests reads the clients' counters. They count for the whole process; with
// one lane per tenant that is what the running activity asked for.
func (a *Activities) requests() tally {
	d, o := a.defender.Stats(), a.oomnitza.Stats()
	return tally{saas.Requests{
		Defender: d.Requests, Oomnitza: o.Requests, RateLimited: d.RateLimited + o.RateLimited, Waited: a.limiter.Stats().Waited,
	}}
}

// since is what was asked for after an earlier reading.
func (t tally) since(before tally) saas.Requests {
	return saas.Requests{
		Defender: t.Defender - before.Defender, Oomnitza: t.Oomnitza - before.Oomnitza,
		RateLimited: t.RateLimited - before.RateLimited, Waited: t.Waited - before.Waited,
	}
}
