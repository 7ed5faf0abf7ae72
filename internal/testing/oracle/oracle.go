// Package oracle tells what Oomnitza has to hold after a session, from what the
// simulated Defender truly has. It knows the product's promises and none of its
// code: it reads no rows and makes no requests, but compares the whole content
// of both simulated tenants.
package oracle

import (
	"maps"
	"slices"
	"strings"

	"defendersync/internal/testing/simulator"
)

// Oracle is what Oomnitza has to hold. What it held once it has to hold for
// ever, as nothing is ever deleted.
type Oracle struct {
	apps    map[string]simulator.TruthApp // by Defender's id
	wanted  map[string]bool               // ids of those that have to have a record
	listed  map[string]bool               // ids of those that Defender lists
	due     pairs                         // the latest activity that has to be there
	allowed pairs                         // and the latest that may be
	held    pairs                         // what the latest comparison found
	plain   map[string]bool               // ids of the apps whose website Oomnitza refused at some time
	choosy  bool                          // at some time it took listed categories alone
	before  map[string]map[string]int64   // who was assigned before the first session, by record and address
	known   map[string]bool               // people who were there before the first session, by address
}

// pairs are latest activities, in Unix seconds, by Defender's app id and the
// username.
type pairs map[string]map[string]int64

// raiseActivity notes an activity unless a later one is known.
func (p pairs) raiseActivity(app, user string, last int64) {
	if p[app] == nil {
		p[app] = map[string]int64{}
	}
	p[app][user] = max(p[app][user], last)
}

// clonePairs makes a copy that can be changed by itself.
func (p pairs) clonePairs() pairs {
	out := pairs{}
	for app, users := range p {
		out[app] = maps.Clone(users)
	}
	return out
}

// New makes an oracle of tenants that no session has seen yet.
func New(sim *simulator.Simulator) *Oracle {
	o := &Oracle{
		apps: map[string]simulator.TruthApp{}, wanted: map[string]bool{}, due: pairs{}, allowed: pairs{}, held: pairs{},
		plain: map[string]bool{}, before: map[string]map[string]int64{}, known: map[string]bool{},
	}
	h := sim.Holdings()
	for _, p := range h.People {
		o.known[strings.ToLower(p.Email)] = true
	}
	for name, seats := range h.Assigned {
		o.before[name] = assignedUsers(h, seats)
	}
	return o
}

// LearnDue takes in what Defender has now: from here on Oomnitza has to hold it.
// What Defender has forgotten before any session could carry it over is owed no
// more.
func (o *Oracle) LearnDue(sim *simulator.Simulator) *Oracle {
	due, wanted := o.held.clonePairs(), map[string]bool{}
	o.takeIn(sim, func(app, user string, last int64) {
		due.raiseActivity(app, user, last)
		o.allowed.raiseActivity(app, user, last)
	}, wanted)
	o.due, o.listed, o.wanted = due, maps.Clone(wanted), wanted
	for id := range o.held {
		o.wanted[id] = true
	}
	return o
}

// AllowNew takes in what came up in Defender while a session ran: Oomnitza may
// hold it already.
func (o *Oracle) AllowNew(sim *simulator.Simulator) *Oracle {
	o.takeIn(sim, o.allowed.raiseActivity, map[string]bool{})
	return o
}

// takeIn goes through the good rows that Defender has now.
func (o *Oracle) takeIn(sim *simulator.Simulator, take func(app, user string, last int64), apps map[string]bool) {
	o.choosy = o.choosy || len(sim.Variants().Unkind.Records.Categories) > 0
	poisoned := sim.Faults().Poisoned
	for app := range sim.Truth() {
		good := map[string]bool{} // by stream
		for _, row := range app.Rows {
			good[row.Stream] = row.Bad == ""
		}
		take := take
		switch {
		case !anyOf(good), sim.SaaSRefused(app.Name) && sim.SaaSRefused(longName(app)):
			continue
		case sim.SaaSRefused(app.Name): // it may have a record all the same, if another app has its name
			o.apps[app.ID], take = app, o.allowed.raiseActivity
		default:
			o.apps[app.ID], apps[app.ID] = app, true
		}
		o.plain[app.ID] = o.plain[app.ID] || sim.FieldRefused("url", app.Website)
		if poisoned[app.ID] != "" {
			continue
		}
		for _, u := range app.Users {
			name, ok := parseUsername(u.User)
			if !ok || u.Bad != "" || !good[u.Stream] || sim.PersonRefused(name) && !o.known[name] {
				continue
			}
			take(app.ID, name, u.LastActivity.Unix())
		}
	}
}

// longName is the name of an app's record where another app has its name.
func longName(app simulator.TruthApp) string { return app.Name + " (" + app.ID + ")" }

// parseUsername reads the username of a Defender user in the email format: an address
// in lower case. Whoever has none is nobody.
func parseUsername(raw string) (string, bool) {
	raw = strings.ToLower(strings.TrimSpace(raw))
	local, domain, ok := strings.Cut(raw, "@")
	return raw, ok && local != "" && strings.Contains(domain, ".") && !strings.Contains(local, "\\")
}

// assignedUsers is who is assigned to an app, by lower-case address, with the
// last activity. A person who is there twice counts as -1.
func assignedUsers(h simulator.Holdings, seats []simulator.HeldSeat) map[string]int64 {
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
		if !seat.LastActivity.IsZero() {
			out[name] = seat.LastActivity.Unix()
		}
	}
	return out
}

func anyOf(good map[string]bool) bool {
	for _, g := range good {
		if g {
			return true
		}
	}
	return false
}

// hasValue reports whether a map has a value.
func hasValue[K, V comparable](m map[K]V, want V) bool {
	for _, v := range m {
		if v == want {
			return true
		}
	}
	return false
}

// ownRecords finds the records that are an app's own: by link key, or, where
// the tenant keeps none, by name.
func ownRecords(sim *simulator.Simulator, h simulator.Holdings) func(simulator.TruthApp) []simulator.HeldSaaS {
	if sim.Variants().LinkKeyIgnored {
		return func(app simulator.TruthApp) []simulator.HeldSaaS { return recordsNamed(h, app) }
	}
	byKey := map[string][]simulator.HeldSaaS{}
	for _, r := range h.SaaS {
		if !r.ByAnother {
			byKey[r.LinkKey] = append(byKey[r.LinkKey], r)
		}
	}
	return func(app simulator.TruthApp) []simulator.HeldSaaS { return byKey["defender-app:"+app.ID] }
}

// recordsNamed finds the record of an app by its name alone: by the longer one
// that sets it apart from another app's, if there is such a record.
func recordsNamed(h simulator.Holdings, app simulator.TruthApp) []simulator.HeldSaaS {
	names := []string{longName(app), app.Name}
	if i := slices.IndexFunc(names, func(name string) bool { r, ok := h.SaaS[name]; return ok && !r.ByAnother }); i >= 0 {
		return []simulator.HeldSaaS{h.SaaS[names[i]]}
	}
	return nil
}
