package activities

import (
	"context"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// UpsertApps makes sure that every app of a page has its SaaS record, with the
// fields that are ours as Defender has them. It finds before it creates.
func (a *Activities) UpsertApps(ctx context.Context, in contract.UpsertAppsParams) (contract.UpsertAppsResult, error) {
	before := a.requests()
	out, err := attend(ctx, a, "writing the apps", func(ctx context.Context) (contract.UpsertAppsResult, error) {
		return newAppsRun(a, in).page(ctx)
	})
	if err != nil {
		return contract.UpsertAppsResult{}, failure(err)
	}
	out.Requests = a.requests().since(before)
	return out, nil
}

// addOutcome counts one app's outcome.
func addOutcome(r *contract.UpsertAppsResult, stream string, app saas.App, o appOutcome) {
	if o.reject != nil {
		r.Counts.Rejected++
		r.Retry = append(r.Retry, app.ID)
		r.Rejects.Add(saas.Reject{Reason: o.reason, Stream: stream, App: app.ID, Subject: app.Name, Detail: o.reject.Error()}, maxSamples)
		if o.ref.SaaS != "" {
			r.Refs = append(r.Refs, o.ref)
		}
		return
	}
	r.Counts.Created += o.did.Created
	r.Counts.Updated += o.did.Updated
	r.Counts.Unchanged += o.did.Unchanged
	r.Counts.Adopted += o.did.Adopted
	r.Refs = append(r.Refs, o.ref)
}
