package simulator

import (
	"strings"
	"time"

	"defendersync/internal/saas"
)

// fillSynced fills the tenant with what a full session of the product leaves
// behind, by the product's own rules, for those who want to read and not to
// write. Tests of the rules themselves start from an empty tenant.
func (t *tenant) fillSynced() {
	namer, err := saas.NewNamer(saas.Policy{})
	if err != nil {
		panic("simulator: " + err.Error())
	}
	now := t.sim.Now()
	adopted := map[*record]bool{}
	for app := range t.sim.Truth() {
		if app.Rows[0].Bad != "" {
			continue
		}
		r := t.recordOf(app, now.Unix(), adopted)
		last := map[int]uint32{}
		for _, u := range app.Users {
			p, skip := namer.Person(u.User)
			if skip != "" || u.Bad != "" {
				continue
			}
			n := t.personOf(p, now.Unix())
			last[n] = max(last[n], uint32(u.LastActivity.Unix()))
		}
		t.assignSeats(r, last, now)
	}
}

// recordOf is the app's record, made where there is none. One that another
// integration has made is the first app's of its name.
func (t *tenant) recordOf(app TruthApp, now int64, adopted map[*record]bool) *record {
	f := saas.MapApp(saas.App{ID: app.ID, Name: app.Name, Category: app.Category, Vendor: app.Vendor, Website: app.Website})
	if n, taken := t.bySaaS[t.sim.nameKey(f.Name)]; taken {
		if r := t.saas[n]; r.fields.ByAnother && !adopted[r] {
			adopted[r] = true
			return r
		}
		f.Name += " (" + app.ID + ")"
	}
	r := &record{fields: saasFields{Name: f.Name, Source: f.Source, Ignored: "0", Linked: "0", LinkKey: f.LinkKey, Category: f.Category,
		Publisher: f.Vendor, URL: f.Website, CreatedBy: t.sim.TokenUser(), Created: now, ChangedBy: t.sim.TokenUser(), Changed: now}}
	if t.sim.opts.Variants.LinkKeyIgnored {
		r.fields.LinkKey = ""
	}
	t.addSaaS(r)
	return r
}

// personOf is the number of a person, who is entered where nobody has the user
// name or the email address.
func (t *tenant) personOf(p saas.Person, now int64) int {
	if n, ok := t.byUser[foldName(p.Username)]; ok {
		return n
	}
	if n := t.byEmail[foldName(p.Email)]; len(n) > 0 {
		return n[0]
	}
	roles := t.sim.opts.Roles
	return t.addPerson(&person{Username: p.Username, Email: p.Email, First: p.FirstName, Last: p.LastName,
		Full: strings.TrimSpace(p.FirstName + " " + p.LastName), Role: roles[min(1, len(roles)-1)],
		CreatedBy: t.sim.TokenUser(), Created: now, ChangedBy: t.sim.TokenUser(), Changed: now})
}

// assignSeats assigns people and counts those who are active.
func (t *tenant) assignSeats(r *record, last map[int]uint32, now time.Time) {
	for i := range r.seats { // what another integration knows stays where it is later
		if at, ok := last[int(r.seats[i].person)]; ok && at < r.seats[i].last {
			delete(last, int(r.seats[i].person))
		}
	}
	batch := make([]seat, 0, len(last))
	for n, at := range last {
		batch = append(batch, seat{person: uint32(n), last: at})
	}
	r.seats, _, _ = mergeSeats(r.seats, batch, t.sim.opts.Variants.LastVisit == "kept")
	if r.fields.ByAnother {
		return
	}
	for _, s := range r.seats {
		if s.last != 0 && now.Sub(saasDate(int64(s.last))) <= saas.DefaultActiveThreshold {
			r.fields.Visited++
		}
	}
}
