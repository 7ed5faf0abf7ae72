package activities

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"golang.org/x/sync/errgroup"

	"defendersync/internal/oomnitza"
	"defendersync/internal/saas"
	"defendersync/internal/wire"
)

// UpsertAppsInput is a page of apps to be put into Oomnitza.
type UpsertAppsInput struct {
	Stream  string      `json:"stream"` // id
	Apps    []saas.App  `json:"apps"`
	Policy  saas.Policy `json:"policy"`
	DryRun  string      `json:"dryRun,omitempty"`  // the session's run id; "" when it writes
	Creator bool        `json:"creator,omitempty"` // check who "Created by" names on the first record we make
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
	Creator  bool           `json:"creator,omitempty"` // "Created by" was checked and is right
}

// upsertPatience is the attempt from which an app that fails while others
// succeed is rejected rather than waited for.
const upsertPatience = 5

// UpsertApps makes sure that every app of a page has its SaaS record, with the
// fields that are ours as Defender has them. It finds before it creates.
func (a *Activities) UpsertApps(ctx context.Context, in UpsertAppsInput) (UpsertAppsResult, error) {
	before := a.requests()
	out, err := attend(ctx, a, "writing the apps", func(ctx context.Context) (UpsertAppsResult, error) {
		return a.upsertPage(ctx, in)
	})
	if err != nil {
		return UpsertAppsResult{}, failure(err)
	}
	out.Requests = a.requests().since(before)
	return out, nil
}

// appOutcome is what came of one app.
type appOutcome struct {
	ref    AppRef
	did    saas.AppCounts
	reject error
}

func (a *Activities) upsertPage(ctx context.Context, in UpsertAppsInput) (UpsertAppsResult, error) {
	apps := uniqueApps(in.Apps)
	records, err := a.findRecords(ctx, apps)
	if err != nil {
		return UpsertAppsResult{}, err
	}
	decisions, byID := decide(apps, records, in.Policy.IntegrationUser)
	outcomes := make([]appOutcome, len(apps))
	failures := make([]error, len(apps))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(a.opts.Writers)
	for i, app := range apps {
		group.Go(func() error {
			outcomes[i], failures[i] = a.upsert(groupCtx, in, app, decisions[i], byID[decisions[i].ID])
			return groupCtx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return UpsertAppsResult{}, err
	}
	if err := a.judge(ctx, outcomes, failures); err != nil {
		return UpsertAppsResult{}, err
	}
	out := UpsertAppsResult{Counts: saas.AppCounts{Seen: len(in.Apps)}}
	for i, o := range outcomes {
		out.add(in.Stream, apps[i], o)
	}
	return out, a.checkCreator(ctx, in, &out)
}

// judge decides what failed apps mean: a fault of the tenant is returned; a
// fault of one app, or one that outlasts its retries while others succeed,
// rejects that app alone.
func (a *Activities) judge(ctx context.Context, outcomes []appOutcome, failures []error) error {
	succeeded := slices.Contains(failures, nil)
	patient := activity.GetInfo(ctx).Attempt < upsertPatience
	for i, err := range failures {
		switch kind := wire.KindOf(err); {
		case err == nil:
		case kind == wire.KindRefused, kind == wire.KindConflict, kind == wire.KindNotFound:
			outcomes[i].reject = err
		case kind.Retryable() && !patient && succeeded:
			outcomes[i].reject = err
		default:
			return err
		}
	}
	return nil
}

// add counts one app's outcome.
func (r *UpsertAppsResult) add(stream string, app saas.App, o appOutcome) {
	if o.reject != nil {
		r.Counts.Rejected++
		r.Retry = append(r.Retry, app.ID)
		r.Rejects.Add(saas.Reject{Reason: "app refused by Oomnitza", Stream: stream, App: app.ID, Subject: app.Name, Detail: o.reject.Error()}, maxSamples)
		return
	}
	r.Counts.Created += o.did.Created
	r.Counts.Updated += o.did.Updated
	r.Counts.Unchanged += o.did.Unchanged
	r.Counts.Adopted += o.did.Adopted
	r.Refs = append(r.Refs, o.ref)
}

// uniqueApps drops an app that stands twice on a page.
func uniqueApps(apps []saas.App) []saas.App {
	seen := make(map[string]bool, len(apps))
	out := make([]saas.App, 0, len(apps))
	for _, app := range apps {
		if !seen[app.ID] {
			seen[app.ID] = true
			out = append(out, app)
		}
	}
	return out
}

// findRecords asks Oomnitza for every record that any app of the page could
// mean: by the id stored with it, and by every name it may stand under; spell
// adds further spellings, for tenants whose filters heed case.
func (a *Activities) findRecords(ctx context.Context, apps []saas.App, spell ...func(string) string) ([]oomnitza.SaaS, error) {
	var keys, names []string
	for _, app := range apps {
		keys = append(keys, saas.LinkKey(app.ID))
		candidates := saas.CandidateNames(app)
		names = append(names, candidates...)
		for _, f := range spell {
			for _, name := range candidates {
				names = append(names, f(name))
			}
		}
	}
	return a.oomnitza.FindSaaS(ctx, keys, names)
}

// decide matches each app of a page with the records found, in the page's
// order: a record that is about to be made counts for the apps after it, so
// that two apps of one name don't both create it.
func decide(apps []saas.App, records []oomnitza.SaaS, integrationUser string) ([]saas.Decision, map[string]oomnitza.SaaS) {
	byID := make(map[string]oomnitza.SaaS, len(records))
	byKey := make(map[string][]saas.Existing, 2*len(records))
	note := func(e saas.Existing) {
		byKey[e.LinkKey] = append(byKey[e.LinkKey], e)
		byKey[saas.Fold(e.Name)] = append(byKey[saas.Fold(e.Name)], e)
	}
	for _, r := range records {
		byID[r.ID] = r
		note(saas.Existing{ID: r.ID, Name: r.Name, LinkKey: r.LinkKey, CreatedBy: r.CreatedBy})
	}
	out := make([]saas.Decision, len(apps))
	for i, app := range apps {
		var found []saas.Existing
		found = append(found, byKey[saas.LinkKey(app.ID)]...)
		for _, name := range saas.CandidateNames(app) {
			found = append(found, byKey[saas.Fold(name)]...)
		}
		out[i] = saas.Match(app, found, integrationUser)
		if out[i].ID == "" {
			note(saas.Existing{ID: "new:" + app.ID, Name: out[i].Name, LinkKey: saas.LinkKey(app.ID), CreatedBy: integrationUser})
		}
	}
	return out, byID
}

// upsert brings one app's record into being or up to date.
func (a *Activities) upsert(ctx context.Context, in UpsertAppsInput, app saas.App, d saas.Decision, current oomnitza.SaaS) (appOutcome, error) {
	out := appOutcome{ref: AppRef{App: app.ID, SaaS: d.ID, Users: app.Users}}
	if own := in.Policy.Threshold(app.Name); own != in.Policy.Threshold("") {
		out.ref.Threshold = own
	}
	switch d.Action {
	case saas.ActionAdopt:
		out.did.Adopted++
		return out, nil
	case saas.ActionUseOurs:
		out.ref.Ours, out.ref.Visited = true, current.Visited
		change := wanted(app, d.Name, current)
		if sameRecord(change, current) {
			out.did.Unchanged++
			return out, nil
		}
		out.did.Updated++
		if in.DryRun != "" {
			return out, nil
		}
		return out, a.oomnitza.PatchSaaS(ctx, current, change)
	}
	out.ref.Ours = true
	if in.DryRun != "" {
		out.ref.SaaS = dryID + app.ID
		if a.rehearsal.app(in.DryRun, app.ID) {
			out.did.Created++
		} else {
			out.did.Unchanged++
		}
		return out, nil
	}
	out.did.Created++
	return a.createApp(ctx, in, app, d.Name, out)
}

// createApp makes a record. When the answer is lost, or the name is taken by a
// record that appeared meanwhile, it looks again and goes by what it finds.
func (a *Activities) createApp(ctx context.Context, in UpsertAppsInput, app saas.App, name string, out appOutcome) (appOutcome, error) {
	id, err := a.oomnitza.CreateSaaS(ctx, wanted(app, name, oomnitza.SaaS{}))
	if err == nil {
		out.ref.SaaS, out.ref.New = id, true
		return out, nil
	}
	kind := wire.KindOf(err)
	if ctx.Err() != nil || (kind != wire.KindConflict && !kind.Retryable()) {
		return out, err
	}
	records, lookErr := a.findRecords(ctx, []saas.App{app}, spellings...)
	if lookErr != nil {
		return out, lookErr
	}
	decisions, byID := decide([]saas.App{app}, records, in.Policy.IntegrationUser)
	d := decisions[0]
	switch d.Action {
	case saas.ActionUseOurs:
		out.ref.SaaS, out.ref.Visited = d.ID, byID[d.ID].Visited
		return out, nil
	case saas.ActionAdopt:
		out.did, out.ref.SaaS, out.ref.Ours = saas.AppCounts{Adopted: 1}, d.ID, false
		return out, nil
	}
	if kind == wire.KindConflict && d.Name != name {
		id, err = a.oomnitza.CreateSaaS(ctx, wanted(app, d.Name, oomnitza.SaaS{}))
		out.ref.SaaS, out.ref.New = id, err == nil
	}
	return out, err
}

// wanted is the record as Defender's app would have it, over what is there. A
// field that Defender does not know keeps what it has.
func wanted(app saas.App, name string, current oomnitza.SaaS) oomnitza.SaaS {
	f := saas.Record(app)
	w := current
	w.Name, w.Source, w.LinkKey = name, f.Source, f.LinkKey
	w.Category = orElse(f.Category, current.Category)
	w.Publisher = orElse(f.Vendor, current.Publisher)
	w.URL = saas.KeepWebsite(current.URL, app)
	return w
}

func orElse(a, b string) string {
	if strings.TrimSpace(a) == "" {
		return b
	}
	return a
}

// sameRecord compares the fields that we write. Every record of ours was made
// with its link key: one without it is of a tenant that keeps none, and would
// be written in every session.
func sameRecord(a, b oomnitza.SaaS) bool {
	return a.Name == b.Name && a.Source == b.Source && (a.LinkKey == b.LinkKey || b.LinkKey == "") &&
		a.Category == b.Category && a.Publisher == b.Publisher && a.URL == b.URL
}

// checkCreator reads back the first record that was made: its "Created by"
// must be the integration user, or the token acts for somebody else and every
// search that the operators have built would miss our records.
func (a *Activities) checkCreator(ctx context.Context, in UpsertAppsInput, out *UpsertAppsResult) error {
	if !in.Creator || in.Policy.IntegrationUser == "" {
		return nil
	}
	for _, ref := range out.Refs {
		if !ref.New {
			continue
		}
		rec, err := a.oomnitza.GetSaaS(ctx, ref.SaaS)
		if err != nil {
			return err
		}
		out.Creator = true
		if rec.CreatedBy == "" || saas.Fold(rec.CreatedBy) == saas.Fold(in.Policy.IntegrationUser) {
			return nil
		}
		return &wire.Error{Peer: "Oomnitza", Op: "check who our records are created by", Kind: wire.KindConfig,
			Err:  errors.New("INTEGRATION_USER is " + in.Policy.IntegrationUser + " but the token acts for " + rec.CreatedBy),
			Hint: "issue the API token for the integration user, or correct INTEGRATION_USER"}
	}
	return nil
}
