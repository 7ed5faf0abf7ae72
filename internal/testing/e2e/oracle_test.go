package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// oracle is what Oomnitza has to hold, told from what the simulated Defender
// truly has. It knows the product's promises and none of its code.
type oracle struct {
	apps  map[string]simulator.TruthApp // by Defender's id
	pairs map[string]map[string]int64   // by Defender's id and username: latest activity, Unix seconds
	there map[string]map[string]int64   // who was assigned before the first session, by record name and username
	known map[string]bool               // people who were there before the first session, by address
}

// newOracle notes what Oomnitza holds before the first session.
func newOracle(sim *simulator.Simulator) *oracle {
	o := &oracle{apps: map[string]simulator.TruthApp{}, pairs: map[string]map[string]int64{}, there: map[string]map[string]int64{}, known: map[string]bool{}}
	h := sim.Holdings()
	for _, p := range h.People {
		o.known[strings.ToLower(p.Email)] = true
	}
	for name, seats := range h.Assigned {
		o.there[name] = assigned(h, seats)
	}
	return o
}

// assigned is who is assigned to an app, by lower-case address, with the last
// activity. A person who is there twice counts as -1.
func assigned(h simulator.Holdings, seats []simulator.HeldSeat) map[string]int64 {
	out := map[string]int64{}
	for _, seat := range seats {
		name := strings.ToLower(h.People[seat.Username].Email)
		if name == "" {
			name = strings.ToLower(seat.Username)
		}
		if _, twice := out[name]; twice {
			out[name] = -1
			continue
		}
		out[name] = 0
		if !seat.LastVisit.IsZero() {
			out[name] = seat.LastVisit.Unix()
		}
	}
	return out
}

// learn takes in what Defender has now. What it has no more stays: nothing is
// ever deleted.
func (o *oracle) learn(sim *simulator.Simulator) *oracle {
	for app := range sim.Truth() {
		good := map[string]bool{}
		for _, row := range app.Rows {
			good[row.Stream] = row.Bad == ""
		}
		if !slices.Contains(values(good), true) || sim.SaaSRefused(app.Name) {
			continue
		}
		o.apps[app.ID] = app
		if sim.Faults().Poisoned[app.ID] != "" {
			continue
		}
		for _, u := range app.Users {
			name, ok := username(u.User)
			if !ok || u.Bad != "" || !good[u.Stream] || (sim.PersonRefused(name) && !o.known[name]) {
				continue
			}
			if o.pairs[app.ID] == nil {
				o.pairs[app.ID] = map[string]int64{}
			}
			o.pairs[app.ID][name] = max(o.pairs[app.ID][name], u.LastSeen.Unix())
		}
	}
	return o
}

// username is the email format: an address in lower case, and nothing else.
func username(raw string) (string, bool) {
	raw = strings.ToLower(strings.TrimSpace(raw))
	local, domain, ok := strings.Cut(raw, "@")
	return raw, ok && local != "" && strings.Contains(domain, ".") && !strings.Contains(local, "\\")
}

// difference is one thing in which Oomnitza holds other than it should.
type difference struct {
	app, user string // whose record or assignment is missing; both empty where something is wrong
	text      string
}

// missing reports whether something is not there, as against being wrong.
func (d difference) missing() bool { return d.app != "" || d.user != "" }

// differences compares all that Oomnitza holds with all that it should.
func (o *oracle) differences(b *bench) []difference {
	h := b.Sim.Holdings()
	var out []difference
	add := func(d difference) { out = append(out, d) }
	records := o.checkApps(b, h, add)
	o.checkPeople(b, h, add)
	o.checkPairs(b, h, records, add)
	for _, v := range b.Sim.Violations() {
		out = append(out, wrong("%s", v))
	}
	return out
}

// wrong is a difference that nothing excuses.
func wrong(format string, args ...any) difference {
	return difference{text: fmt.Sprintf(format, args...)}
}

// check expects Oomnitza to hold all that it should and nothing else.
func (o *oracle) check(b *bench) {
	b.t.Helper()
	found := o.differences(b)
	if len(found) > 0 {
		b.t.Errorf("%d differences from the oracle, the first:\n%s", len(found), texts(found))
	}
}

// texts are the first of the differences, a line each.
func texts(found []difference) string {
	var lines []string
	for _, d := range found[:min(20, len(found))] {
		lines = append(lines, d.text)
	}
	return strings.Join(lines, "\n")
}

// checkApps finds each app's record, exactly one, with its fields, and no
// record besides.
func (o *oracle) checkApps(b *bench, h simulator.Holdings, add func(difference)) map[string]simulator.HeldSaaS {
	byKey := map[string][]simulator.HeldSaaS{}
	others := map[string]simulator.HeldSaaS{}
	strangers := 0
	for _, r := range h.SaaS {
		if r.ByAnother {
			strangers++
			others[strings.ToLower(r.Name)] = r
			if r.Patches > 0 {
				add(wrong("record %q of another integration was changed", r.Name))
			}
			continue
		}
		byKey[r.LinkKey] = append(byKey[r.LinkKey], r)
	}
	own := func(app simulator.TruthApp) []simulator.HeldSaaS {
		if b.Sim.Variants().LinkKeyIgnored {
			return named(h, app)
		}
		return byKey["defender-app:"+app.ID]
	}
	out := o.adopted(h, others, own)
	for name, r := range others {
		if o.called(name) && !slices.Contains(values(out), r) {
			add(wrong("no app has record %q of another integration", r.Name))
		}
	}
	ours := 0
	for id, app := range o.apps {
		if _, adopted := out[id]; adopted {
			continue
		}
		found := own(app)
		if len(found) != 1 {
			d := wrong("app %s %q has %d records", id, app.Name, len(found))
			if len(found) == 0 {
				d.app = id
			}
			add(d)
			continue
		}
		ours++
		r := found[0]
		out[id] = r
		if r.Name != app.Name && r.Name != app.Name+" ("+id+")" {
			add(wrong("app %q is called %q", app.Name, r.Name))
		}
		if r.CreatedBy != b.Sim.Options().TokenUser {
			add(wrong("record %q is created by %q", r.Name, r.CreatedBy))
		}
		if !b.Sim.Variants().PlainAppRows && r.URL != app.Website && !b.Sim.FieldRefused("url", app.Website) {
			add(wrong("record %q has website %q, not %q", r.Name, r.URL, app.Website))
		}
		if r.Category == "" || strings.Contains(r.Category, "SAASDB") {
			add(wrong("record %q has category %q", r.Name, r.Category))
		}
	}
	if extra := len(h.SaaS) - strangers - ours; extra != 0 {
		add(wrong("%d SaaS records too many", extra))
	}
	return out
}

// called reports whether an app has a name, in lower case.
func (o *oracle) called(name string) bool {
	for _, app := range o.apps {
		if strings.ToLower(app.Name) == name {
			return true
		}
	}
	return false
}

// adopted tells which app has each record of another integration: of those of
// its name that have none of their own, the one most of whose users are
// assigned to it. One record is one app's.
func (o *oracle) adopted(h simulator.Holdings, others map[string]simulator.HeldSaaS, own func(simulator.TruthApp) []simulator.HeldSaaS) map[string]simulator.HeldSaaS {
	best := map[string]string{} // by the record's name: the app's id
	missing := map[string]int{} // by the app's id: of its users, on that record
	for _, id := range slices.Sorted(maps.Keys(o.apps)) {
		app := o.apps[id]
		r, ok := others[strings.ToLower(app.Name)]
		if !ok || len(own(app)) > 0 {
			continue
		}
		have := assigned(h, h.Assigned[r.Name])
		for name := range o.pairs[id] {
			if _, there := have[name]; !there {
				missing[id]++
			}
		}
		if rival, ok := best[r.Name]; !ok || missing[id] < missing[rival] {
			best[r.Name] = id
		}
	}
	out := map[string]simulator.HeldSaaS{}
	for name, id := range best {
		out[id] = h.SaaS[name]
	}
	return out
}

// named finds the record of an app by its name alone: by the longer one that
// sets it apart from another app's, if there is such a record.
func named(h simulator.Holdings, app simulator.TruthApp) []simulator.HeldSaaS {
	for _, name := range []string{app.Name + " (" + app.ID + ")", app.Name} {
		if r, ok := h.SaaS[name]; ok && !r.ByAnother {
			return []simulator.HeldSaaS{r}
		}
	}
	return nil
}

// checkPeople finds everybody who uses an app, once, and nobody besides those
// who were there before.
func (o *oracle) checkPeople(b *bench, h simulator.Holdings, add func(difference)) {
	owner := b.Sim.Options().TokenUser
	needed := map[string]bool{}
	for _, users := range o.pairs {
		for name := range users {
			needed[name] = true
		}
	}
	found := map[string]int{}
	for _, p := range h.People {
		name := strings.ToLower(p.Username)
		if p.CreatedBy != owner {
			name = strings.ToLower(p.Email)
		} else if p.Role != 25 || p.Suspended {
			add(wrong("person %q was created with role %d, suspended %v", p.Username, p.Role, p.Suspended))
		}
		found[name]++
		if p.CreatedBy == owner && !needed[name] {
			add(wrong("person %q was created but uses nothing", p.Username))
		}
	}
	for name := range needed {
		if found[name] != 1 {
			d := wrong("person %q is there %d times", name, found[name])
			if found[name] == 0 {
				d.user = name
			}
			add(d)
		}
	}
}

// checkPairs compares the assignments of every app, with the latest activity.
func (o *oracle) checkPairs(b *bench, h simulator.Holdings, records map[string]simulator.HeldSaaS, add func(difference)) {
	kept := b.Sim.Variants().LastVisit == "kept"
	held := map[string]string{} // usernames by address
	for _, p := range h.People {
		held[strings.ToLower(p.Email)] = p.Username
	}
	for id, r := range records {
		want := map[string]int64{}
		for name, last := range o.there[r.Name] {
			want[name] = last
		}
		for name, last := range o.pairs[id] {
			if _, there := want[name]; there || !b.Sim.AssignRefused(r.Name, held[name]) {
				want[name] = max(want[name], last)
			}
		}
		have := assigned(h, h.Assigned[r.Name])
		for name, last := range want {
			got, ok := have[name]
			switch {
			case !ok:
				add(difference{id, name, fmt.Sprintf("%q is not assigned to %q", name, r.Name)})
			case got < 0:
				add(wrong("%q is assigned to %q twice", name, r.Name))
			case kept && got < last: // the later activity is missing
				add(difference{id, name, fmt.Sprintf("%q was last seen in %q at %s, not %s", name, r.Name, time.Unix(got, 0).UTC(), time.Unix(last, 0).UTC())})
			case kept && got < last: // not carried over yet, as one that is missing
				add(difference{id, name, fmt.Sprintf("%q was last seen in %q at %s, not yet %s", name, r.Name, time.Unix(got, 0).UTC(), time.Unix(last, 0).UTC())})
			case kept && got != last:
				add(wrong("%q was last seen in %q at %s, not %s", name, r.Name, time.Unix(got, 0).UTC(), time.Unix(last, 0).UTC()))
			}
		}
		for name := range have {
			if _, ok := want[name]; !ok {
				add(wrong("%q is assigned to %q without cause", name, r.Name))
			}
		}
	}
}

// checkActive compares the Total Active Users of our records, as of a session
// that read everything.
func (o *oracle) checkActive(b *bench, began time.Time) {
	b.t.Helper()
	byKey := map[string]simulator.HeldSaaS{}
	for _, r := range b.Sim.Holdings().SaaS {
		byKey[r.LinkKey] = r
	}
	for id, users := range o.pairs {
		r, ok := byKey["defender-app:"+id]
		if !ok || r.ByAnother {
			continue
		}
		active := 0
		for _, last := range users {
			if began.Sub(time.Unix(last, 0)) <= 60*24*time.Hour {
				active++
			}
		}
		if r.Visited != active {
			b.t.Errorf("%q has %d active users, not %d", r.Name, r.Visited, active)
		}
	}
}

// session runs a session and expects an outcome of it.
func (b *bench) session(want saas.Outcome, flags ...string) saas.Result {
	b.t.Helper()
	r, out, err := b.Session(b.ctx, flags...)
	if err != nil {
		b.t.Fatal(err)
	}
	if r.Outcome != want {
		b.t.Fatalf("outcome %q, not %q: %s\nrejects: %+v\n%s", r.Outcome, want, r.Error, r.Rejects, out.Err)
	}
	codes := map[saas.Outcome]int{saas.OutcomeCompleted: 0, saas.OutcomeCompletedWithErrors: 3}
	code, ok := codes[want]
	if !ok {
		code = 1
	}
	if out.Code != code {
		b.t.Errorf("%s ended with exit code %d, not %d", want, out.Code, code)
	}
	b.explained(r)
	return r
}

func values[K comparable, V any](m map[K]V) []V {
	out := make([]V, 0, len(m))
	for _, v := range m {
		out = append(out, v)
	}
	return out
}
