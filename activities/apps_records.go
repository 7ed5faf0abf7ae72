package activities

import (
	"context"

	"defendersync/internal/saas"
)

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
func (a *Activities) findRecords(ctx context.Context, apps []saas.App, spell ...func(string) string) ([]saas.Record, error) {
	var keys, names []string
	for _, app := range apps {
		keys = append(keys, saas.LinkKey(app.ID))
		candidates := saas.LookupNames(app)
		names = append(names, candidates...)
		for _, f := range spell {
			for _, name := range candidates {
				names = append(names, f(name))
			}
		}
	}
	return a.oomnitza.FindSaaS(ctx, keys, names)
}

// decide matches each app with the records found, in the apps' order: a record
// that is about to be made or taken counts for the apps after it, so that two
// apps of one name don't get one record. Records that are gone stand for
// nothing.
func (r *appsRun) decide(ctx context.Context, apps []saas.App, records []saas.Record) ([]saas.Decision, map[string]saas.Record, error) {
	byID := make(map[string]saas.Record, len(records))
	var all index
	for _, rec := range records {
		if rec.State == saas.Gone {
			continue
		}
		mine, err := r.a.madeByUs(ctx, rec, r.in.Policy.IntegrationUser)
		if err != nil {
			return nil, nil, err
		}
		byID[rec.ID] = rec
		if _, ours := saas.ParseLinkKey(rec.LinkKey); ours {
			r.keyed.Store(true)
		}
		all.note(saas.Existing{ID: rec.ID, Name: rec.Name, LinkKey: rec.LinkKey, CreatedBy: rec.CreatedBy, Mine: mine, Hidden: rec.State == saas.Ignored})
	}
	out := make([]saas.Decision, len(apps))
	for i, app := range apps {
		out[i] = r.settle(app, all.of(app))
		switch {
		case out[i].ID == "":
			all.note(saas.Existing{ID: "new:" + app.ID, Name: out[i].Name, LinkKey: saas.LinkKey(app.ID), CreatedBy: r.in.Policy.IntegrationUser})
		case out[i].Action == saas.ActionUseOurs:
			all.take(out[i], app)
		}
	}
	return out, byID, nil
}

// index holds the records of a page by their keys and names.
type index struct{ byKey map[string][]*saas.Existing }

func (x *index) note(e saas.Existing) {
	if x.byKey == nil {
		x.byKey = map[string][]*saas.Existing{}
	}
	for _, key := range []string{"key " + e.LinkKey, "name " + saas.NameKey(e.Name)} {
		x.byKey[key] = append(x.byKey[key], &e)
	}
}

// of are the records that may be an app's.
func (x *index) of(app saas.App) []saas.Existing {
	var out []saas.Existing
	seen := map[*saas.Existing]bool{}
	add := func(key string) {
		for _, e := range x.byKey[key] {
			if !seen[e] {
				seen[e] = true
				out = append(out, *e)
			}
		}
	}
	add("key " + saas.LinkKey(app.ID))
	for _, name := range saas.LookupNames(app) {
		add("name " + saas.NameKey(name))
	}
	return out
}

// take lets a record that is to be renamed stand under its coming name as well.
func (x *index) take(d saas.Decision, app saas.App) {
	if key := "name " + saas.NameKey(d.Name); len(x.byKey[key]) == 0 {
		x.byKey[key] = append(x.byKey[key], &saas.Existing{ID: d.ID, Name: d.Name, LinkKey: saas.LinkKey(app.ID)})
	}
}
