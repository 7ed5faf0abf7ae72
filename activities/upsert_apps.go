package activities

import (
	"context"

	"defendersync/internal/contract"
)

// UpsertApps makes sure that every app of a page has its SaaS record, with the
// fields that are ours as Defender has them. See appsync.
func (a *Activities) UpsertApps(ctx context.Context, in contract.UpsertAppsParams) (contract.UpsertAppsResult, error) {
	before := a.countRequests()
	out, err := runWatched(ctx, a, "writing the apps", func(ctx context.Context) (contract.UpsertAppsResult, error) {
		return a.apps.Upsert(ctx, in)
	})
	if err != nil {
		return contract.UpsertAppsResult{}, mapError(err)
	}
	out.Requests = a.countRequests().countSince(before)
	return out, nil
}
