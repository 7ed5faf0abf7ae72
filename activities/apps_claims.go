package activities

import (
	"context"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/turn"
)

// One record stands for one app. Most records say so themselves, by their link
// key. Of others it is remembered which app they were given to: on the page
// here, from page to page by the session, which hands the latest to the next.

// owner is the app that a record of this page stands for.
type owner struct {
	app  string
	name string // of the record
	kept bool   // the record's link key doesn't say so
}

// claim lets a record be one app's.
func (r *appsRun) claim(id string, app saas.App, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.claimed[id] = owner{app: app.ID, name: name}
}

// isTaken reports whether a record that carries no link key of ours stands for
// another app. The lock is held.
func (r *appsRun) isTaken(e saas.Existing, app saas.App) bool {
	if _, ours := saas.ParseLinkKey(e.LinkKey); ours {
		return false
	}
	o, claimed := r.claimed[e.ID]
	return r.in.Claims.Others(e.ID, app.ID) || claimed && o.app != app.ID
}

// settle matches one app with the records that may be its own, and lets the
// one that is decided on be its own from then on.
func (r *appsRun) settle(app saas.App, found []saas.Existing) saas.Decision {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range found {
		found[i].Taken = r.isTaken(found[i], app)
	}
	d := saas.Match(app, found, r.in.Policy.IntegrationUser)
	for _, e := range found {
		if _, ours := saas.ParseLinkKey(e.LinkKey); e.ID == d.ID && !ours {
			r.claimed[e.ID] = owner{app: app.ID, name: e.Name, kept: true}
		}
	}
	return d
}

// alone lets apps whose names a tenant may make one be created one after the
// other, so that the second sees whose record the first one's is.
func (r *appsRun) alone(app saas.App) (done func()) {
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

// claims are what has to be remembered of the page: whose the records are that
// don't say so by their link keys.
func (r *appsRun) claims(ctx context.Context, refs []contract.AppRef) (out saas.Claims) {
	names := make(map[string]string, len(r.apps))
	for _, app := range r.apps {
		names[app.ID] = saas.MapApp(app).Name
	}
	for _, ref := range refs {
		o, claimed := r.claimed[ref.SaaS]
		if claimed && (o.kept || ref.New && !r.keepsKey(ctx, ref)) {
			out.Add(ref.SaaS, ref.App, names[ref.App], o.name)
		}
	}
	return out
}

// keepsKey reports whether a new record has the link key that it was made with:
// whether the tenant keeps any, one that was read tells.
func (r *appsRun) keepsKey(ctx context.Context, ref contract.AppRef) bool {
	if _, untaken := r.isUntaken(saas.FieldLinkKey, saas.LinkKey(ref.App)); untaken {
		return false
	}
	return r.keyed.Load() || r.readBack(ctx, ref).LinkKey != ""
}

// readBack reads one of the records that the page made, once; it has no id where
// that failed.
func (r *appsRun) readBack(ctx context.Context, ref contract.AppRef) saas.Record {
	if !r.wasRead {
		r.made, _ = r.a.oomnitza.GetSaaS(ctx, ref.SaaS) // the next page makes a record, too
		r.wasRead = true
	}
	return r.made
}
