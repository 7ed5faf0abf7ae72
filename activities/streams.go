package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// FetchApps reads one page of a stream's discovered apps.
func (a *Activities) FetchApps(ctx context.Context, in contract.FetchAppsParams) (contract.AppsPage, error) {
	a.limiter.Restore(in.Recent)
	before := a.requests()
	page, err := attend(ctx, a, "reading the discovered apps", func(ctx context.Context) (contract.AppsPage, error) {
		page, err := a.readApps(ctx, in)
		if err != nil {
			return a.excuseApps(ctx, in, err, activity.GetInfo(ctx).Attempt >= fetchPatience)
		}
		return page, nil
	})
	if err != nil {
		return contract.AppsPage{}, failure(err)
	}
	page.Recent = a.limiter.Snapshot(time.Now()).MarkSettled()
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
