package appsync

import (
	"context"

	"defendersync/internal/saas"
)

// findRecords returns every record that any of the apps could mean: by the id
// stored with it, and by every name that it may have. respell adds further
// spellings, for tenants whose filters heed case.
func (r *pageRun) findRecords(ctx context.Context, apps []saas.App, respell ...func(string) string) ([]saas.Record, error) {
	var keys, names []string
	for _, app := range apps {
		keys = append(keys, saas.LinkKey(app.ID))
		candidates := saas.LookupNames(app)
		names = append(names, candidates...)
		for _, spell := range respell {
			for _, name := range candidates {
				names = append(names, spell(name))
			}
		}
	}
	return r.target.FindSaaS(ctx, keys, names)
}

// decideRecords matches each app with the records found, in the apps' order: a record
// that is about to be made or taken counts for the apps after it, so that two
// apps of one name do not get one record. Records that are gone stand for
// nothing.
func (r *pageRun) decideRecords(ctx context.Context, apps []saas.App, records []saas.Record) ([]saas.Decision, map[string]saas.Record, error) {
	byID := make(map[string]saas.Record, len(records))
	var all index
	for _, rec := range records {
		if rec.State == saas.Gone {
			continue
		}
		mine, err := r.engine.isMadeByUs(ctx, rec, r.page.Policy.IntegrationUser)
		if err != nil {
			return nil, nil, err
		}
		byID[rec.ID] = rec
		if _, ours := saas.ParseLinkKey(rec.LinkKey); ours {
			r.keyed.Store(true)
		}
		all.addRecord(saas.Existing{
			ID: rec.ID, Name: rec.Name, LinkKey: rec.LinkKey, CreatedBy: rec.CreatedBy, Mine: mine, Hidden: rec.State == saas.Ignored,
		})
	}
	out := make([]saas.Decision, len(apps))
	for i, app := range apps {
		out[i] = r.claimMatch(app, all.findFor(app))
		switch {
		case out[i].ID == "":
			all.addRecord(saas.Existing{ID: "new:" + app.ID, Name: out[i].Name, LinkKey: saas.LinkKey(app.ID), CreatedBy: r.page.Policy.IntegrationUser})
		case out[i].Action == saas.ActionUseOurs:
			all.addComingName(out[i], app)
		}
	}
	return out, byID, nil
}

// index holds the records of a page by their link keys and names.
type index struct{ byKey map[string][]*saas.Existing }

func (x *index) addRecord(e saas.Existing) {
	if x.byKey == nil {
		x.byKey = map[string][]*saas.Existing{}
	}
	for _, key := range []string{"key " + e.LinkKey, "name " + saas.NameKey(e.Name)} {
		x.byKey[key] = append(x.byKey[key], &e)
	}
}

// findFor returns the records that may be an app's.
func (x *index) findFor(app saas.App) []saas.Existing {
	var out []saas.Existing
	seen := map[*saas.Existing]bool{}
	find := func(key string) {
		for _, e := range x.byKey[key] {
			if !seen[e] {
				seen[e] = true
				out = append(out, *e)
			}
		}
	}
	find("key " + saas.LinkKey(app.ID))
	for _, name := range saas.LookupNames(app) {
		find("name " + saas.NameKey(name))
	}
	return out
}

// addComingName lets a record that is to be renamed stand under its coming name
// as well.
func (x *index) addComingName(d saas.Decision, app saas.App) {
	if key := "name " + saas.NameKey(d.Name); len(x.byKey[key]) == 0 {
		x.byKey[key] = append(x.byKey[key], &saas.Existing{ID: d.ID, Name: d.Name, LinkKey: saas.LinkKey(app.ID)})
	}
}
