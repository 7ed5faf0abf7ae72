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
	before := a.requests()
	if activity.GetInfo(ctx).Attempt == 1 {
		a.shortenPauses(inherited)
	}
	found, err := attend(ctx, a, "checking both tenants", func(ctx context.Context) (preflight.Findings, error) {
		within, cancel := context.WithTimeout(ctx, openWithin)
		defer cancel()
		found, err := a.preflight.CheckAll(within, in)
		if w := a.waiting(); within.Err() != nil && ctx.Err() == nil && w.IsOn() {
			return preflight.Findings{}, a.openLimit(w)
		}
		return found, err
	})
	if httpx.KindOf(err) == httpx.KindStopping {
		return contract.Plan{}, stopping()
	}
	if err != nil {
		return contract.Plan{}, final(err)
	}
	if user := in.Policy.IntegrationUser; user != "" {
		a.apps.NoteAccount(user, found.Account)
	}
	plan := found.Plan
	plan.Recent = a.limiter.Snapshot(time.Now()).MarkSettled()
	plan.Requests = a.requests().since(before)
	return plan, nil
}
