package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"defendersync/internal/applist"
	"defendersync/internal/contract"
)

// FetchApps reads one page of a stream's discovered apps. See applist. Temporal
// tries it again while the failure may be an outage; after applist.Patience
// attempts the page alone is given up where others can be read.
func (a *Activities) FetchApps(ctx context.Context, in contract.FetchAppsParams) (contract.AppsPage, error) {
	a.limiter.Restore(in.Recent)
	before := a.countRequests()
	page, err := runWatched(ctx, a, "reading the discovered apps", func(ctx context.Context) (contract.AppsPage, error) {
		page, err := a.appList.FetchPage(ctx, in, activity.GetInfo(ctx).Attempt >= applist.Patience)
		if err == nil {
			a.markSame(ctx, &page, in.Prints)
		}
		return page, err
	})
	if err != nil {
		return contract.AppsPage{}, mapError(err)
	}
	page.Recent = a.limiter.Snapshot(time.Now()).MarkSettled()
	page.Requests = a.countRequests().countSince(before)
	return page, nil
}
