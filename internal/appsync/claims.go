package appsync

import (
	"context"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/turn"
)

// One record stands for one app. Most records say so themselves, by their link
// key. For the others a claim remembers which app they were given to: within the
// page here, from page to page in the session, which hands the latest claims to
// the next session.

// owner is the app that a record of this page stands for.
type owner struct {
	app  string
	name string // of the record
	kept bool   // the record's link key does not say so
}

// claimNew gives a record that was just made to its app.
func (r *pageRun) claimNew(id string, app saas.App, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.claimed[id] = owner{app: app.ID, name: name}
}

// claimMatch matches one app with the records that may be its own, and gives it
// the record that is decided on.
func (r *pageRun) claimMatch(app saas.App, found []saas.Existing) saas.Decision {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range found {
		found[i].Taken = r.isTaken(found[i], app)
	}
	d := saas.MatchRecord(app, found, r.page.Policy.IntegrationUser)
	for _, e := range found {
		if _, ours := saas.ParseLinkKey(e.LinkKey); e.ID == d.ID && !ours {
			r.claimed[e.ID] = owner{app: app.ID, name: e.Name, kept: true}
		}
	}
	return d
}

// isTaken reports whether a record without a link key of ours stands for another
// app. The caller holds mu.
func (r *pageRun) isTaken(e saas.Existing, app saas.App) bool {
	if _, ours := saas.ParseLinkKey(e.LinkKey); ours {
		return false
	}
	o, claimed := r.claimed[e.ID]
	return r.page.Claims.ClaimedByOthers(e.ID, app.ID) || claimed && o.app != app.ID
}

// lockName lets apps whose names a tenant may make one be created one after the
// other, so that the second create sees whose record the first one made.
func (r *pageRun) lockName(app saas.App) (unlock func()) {
	r.mu.Lock()
	group := saas.NameGroup(saas.MapApp(app).Name)
	if r.making[group] == nil {
		r.making[group] = &turn.Lock{}
	}
	making := r.making[group]
	r.mu.Unlock()
	making.Lock()
	return making.Unlock
}

// listClaims returns what has to be remembered of the page: whose the records
// are that do not say so by their link keys.
func (r *pageRun) listClaims(ctx context.Context, refs []contract.AppRef) (out saas.Claims) {
	names := make(map[string]string, len(r.items))
	for _, it := range r.items {
		names[it.app.ID] = saas.MapApp(it.app).Name
	}
	for _, ref := range refs {
		o, claimed := r.claimed[ref.SaaS]
		if claimed && (o.kept || ref.New && !r.keepsKey(ctx, ref)) {
			out.Add(ref.SaaS, ref.App, names[ref.App], o.name)
		}
	}
	return out
}

// keepsKey reports whether a new record has the link key that it was made with.
// Whether the tenant keeps any, one record that was read shows.
func (r *pageRun) keepsKey(ctx context.Context, ref contract.AppRef) bool {
	if _, untaken := r.isUntaken(saas.FieldLinkKey, saas.LinkKey(ref.App)); untaken {
		return false
	}
	return r.keyed.Load() || r.readBack(ctx, ref).LinkKey != ""
}

// readBack reads one of the records that the page made, once; it has no id where
// that failed.
func (r *pageRun) readBack(ctx context.Context, ref contract.AppRef) saas.Record {
	if !r.wasRead {
		r.made, _ = r.target.GetSaaS(ctx, ref.SaaS) // the next page makes a record, too
		r.wasRead = true
	}
	return r.made
}
