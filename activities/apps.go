package activities

import (
	"context"
	"time"

	"defendersync/internal/saas"
)

// FieldName is how saas.Untaken calls the name of a record.
const FieldName = string(saas.FieldName)

// UpsertAppsInput is a page of apps to be put into Oomnitza.
type UpsertAppsInput struct {
	Stream  string      `json:"stream"` // id
	Apps    []saas.App  `json:"apps"`
	Policy  saas.Policy `json:"policy"`
	DryRun  string      `json:"dryRun,omitempty"`  // the session's run id; "" when it writes
	Creator bool        `json:"creator,omitempty"` // check who "Created by" names on the first record we make
	// Untaken is what is known that Oomnitza does not take of records.
	Untaken saas.Untaken `json:"untaken,omitzero"`
	// Claims are other apps' to records that apps of the page might take.
	Claims saas.Claims `json:"claims,omitempty"`
}

// AppRef is an app on its way to its users: who it is in both tenants.
type AppRef struct {
	App       string        `json:"a"`           // Defender's id
	SaaS      string        `json:"s,omitempty"` // Oomnitza's id, or an imaginary one in a dry run
	Users     int           `json:"u"`           // in the timeframe; -1 unknown
	Visited   int           `json:"v,omitempty"` // Total Active Users as Oomnitza has it now
	New       bool          `json:"n,omitempty"` // created by this very attempt, so nobody is assigned yet
	Ours      bool          `json:"o,omitempty"` // its fields are ours to write
	Threshold time.Duration `json:"t,omitempty"` // active: last activity no older than this; 0: as the policy has it for most apps
}

// UpsertAppsResult is what came of a page.
type UpsertAppsResult struct {
	Refs     []AppRef       `json:"refs"`
	Counts   saas.AppCounts `json:"counts"`
	Rejects  saas.Tally     `json:"rejects"`
	Retry    []string       `json:"retry,omitempty"` // ids of the apps to be tried again next time
	Requests saas.Requests  `json:"requests"`
	Creator  bool           `json:"creator,omitempty"` // "Created by" was looked at
	Notes    []string       `json:"notes,omitempty"`
	Untaken  saas.Untaken   `json:"untaken,omitzero"` // as known after this page
	Claims   saas.Claims    `json:"claims,omitempty"` // of the page's apps
}

// UpsertApps makes sure that every app of a page has its SaaS record, with the
// fields that are ours as Defender has them. It finds before it creates.
func (a *Activities) UpsertApps(ctx context.Context, in UpsertAppsInput) (UpsertAppsResult, error) {
	before := a.requests()
	out, err := attend(ctx, a, "writing the apps", func(ctx context.Context) (UpsertAppsResult, error) {
		return newAppsRun(a, in).page(ctx)
	})
	if err != nil {
		return UpsertAppsResult{}, failure(err)
	}
	out.Requests = a.requests().since(before)
	return out, nil
}

// add counts one app's outcome.
func (r *UpsertAppsResult) add(stream string, app saas.App, o appOutcome) {
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
