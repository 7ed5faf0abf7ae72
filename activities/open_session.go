package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/preflight"
)

// OpenSession checks both tenants by reading real data, before any work, and
// decides what to read. See preflight. It is not retried: whatever it fails for,
// it says what to do.
func (a *Activities) OpenSession(ctx context.Context, in contract.OpenSessionParams) (contract.Plan, error) {
	before := a.countRequests()
	if activity.GetInfo(ctx).Attempt == 1 {
		a.shortenPauses(inherited)
	}
	a.takeOverLane(ctx)
	found, err := runWatched(ctx, a, "checking both tenants", func(ctx context.Context) (preflight.Findings, error) {
		within, cancel := context.WithTimeout(ctx, openWithin)
		defer cancel()
		found, err := a.preflight.CheckAll(within, in)
		if w := a.findWaiting(); within.Err() != nil && ctx.Err() == nil && w.IsOn() {
			return preflight.Findings{}, a.openLimit(w)
		}
		if p := found.Plan; err == nil && !in.Previous.Missed && in.Previous.Prints.Fits(p.Window) {
			a.markSame(ctx, p.First, in.Previous.Prints)
		}
		return found, err
	})
	if httpx.KindOf(err) == httpx.KindStopping {
		return contract.Plan{}, newStopError()
	}
	if err != nil {
		return contract.Plan{}, mapFinal(err)
	}
	if user := in.Policy.IntegrationUser; user != "" {
		a.apps.NoteAccount(user, found.Account)
	}
	plan := found.Plan
	plan.Recent = a.limiter.Snapshot(time.Now()).MarkSettled()
	plan.Requests = a.countRequests().countSince(before)
	return plan, nil
}
