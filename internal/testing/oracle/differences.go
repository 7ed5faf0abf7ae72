package oracle

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"defendersync/internal/testing/simulator"
)

// DefaultRole is the role with which the tests' sessions create people.
const DefaultRole = 25

// Difference is one thing in which Oomnitza holds other than it should.
type Difference struct {
	App  string // Defender's id of the app whose record or assignment is missing
	User string // username of the person who is missing; both empty where something is wrong
	Text string
}

// IsMissing reports whether something is not there yet, as against being wrong.
func (d Difference) IsMissing() bool { return d.App != "" || d.User != "" }

// newWrong makes a difference that nothing excuses.
func newWrong(format string, args ...any) Difference {
	return Difference{Text: fmt.Sprintf(format, args...)}
}

// comparison is one look at the tenants.
type comparison struct {
	*Oracle
	sim   *simulator.Simulator
	now   simulator.Holdings
	found []Difference
}

func (c *comparison) addDifference(d Difference) { c.found = append(c.found, d) }

// FindDifferences compares all that Oomnitza holds with all that it should, in a
// fixed order. Violations of the vendors' contracts are among them.
func (o *Oracle) FindDifferences(sim *simulator.Simulator) []Difference {
	c := &comparison{Oracle: o, sim: sim, now: sim.Holdings()}
	records := c.compareRecords()
	c.comparePeople()
	c.compareAssignments(records)
	for _, v := range sim.Violations() {
		c.addDifference(newWrong("%s", v))
	}
	return c.found
}

// compareRecords finds each app's record, exactly one, with its fields, and no
// record besides. It returns the records by Defender's app id.
func (c *comparison) compareRecords() map[string]simulator.HeldSaaS {
	others := map[string]simulator.HeldSaaS{} // of other integrations, by lower-case name
	for _, name := range slices.Sorted(maps.Keys(c.now.SaaS)) {
		if r := c.now.SaaS[name]; r.ByAnother {
			others[strings.ToLower(r.Name)] = r
			if r.Patches > 0 {
				c.addDifference(newWrong("record %q of another integration was changed", r.Name))
			}
		}
	}
	own := ownRecords(c.sim, c.now)
	records := c.adoptedRecords(others, own)
	for _, name := range slices.Sorted(maps.Keys(others)) {
		if r := others[name]; c.isAppName(name) && !hasValue(records, r) {
			c.addDifference(newWrong("no app has record %q of another integration", r.Name))
		}
	}
	ours := 0
	for _, id := range slices.Sorted(maps.Keys(c.apps)) {
		if _, adopted := records[id]; adopted {
			continue
		}
		app := c.apps[id]
		found := own(app)
		if len(found) != 1 {
			if len(found) > 1 {
				c.addDifference(newWrong("app %s %q has %d records", id, app.Name, len(found)))
			} else if c.wanted[id] {
				c.addDifference(Difference{App: id, Text: fmt.Sprintf("app %s %q has no record", id, app.Name)})
			}
			continue
		}
		ours++
		records[id] = found[0]
		c.compareFields(app, found[0])
	}
	if extra := len(c.now.SaaS) - len(others) - ours; extra != 0 {
		c.addDifference(newWrong("%d SaaS records too many", extra))
	}
	return records
}

// compareFields compares the fields of a record that is the app's own.
func (c *comparison) compareFields(app simulator.TruthApp, r simulator.HeldSaaS) {
	if r.Name != app.Name && r.Name != app.Name+" ("+app.ID+")" {
		c.addDifference(newWrong("app %q is called %q", app.Name, r.Name))
	}
	switch {
	case c.isIntegrationUser(r.CreatedBy):
	case r.CreatedBy == "": // a session ended between two writes of the record
		c.addDifference(Difference{App: app.ID, Text: fmt.Sprintf("record %q is created by nobody", r.Name)})
	default:
		c.addDifference(newWrong("record %q is created by %q", r.Name, r.CreatedBy))
	}
	switch refused := c.plain[app.ID] || c.sim.FieldRefused("url", app.Website); {
	case r.URL == app.Website, (refused || !c.listed[app.ID]) && r.URL == "", c.sim.Variants().PlainAppRows, !plainLetters(app.Name):
	case r.URL == "":
		c.addDifference(Difference{App: app.ID, Text: fmt.Sprintf("record %q has no website, not %q", r.Name, app.Website)})
	default:
		c.addDifference(newWrong("record %q has website %q, not %q", r.Name, r.URL, app.Website))
	}
	if r.Category == "" && c.listed[app.ID] && !c.choosy {
		c.addDifference(Difference{App: app.ID, Text: fmt.Sprintf("record %q has no category", r.Name)})
	} else if strings.Contains(r.Category, "SAASDB") {
		c.addDifference(newWrong("record %q has category %q", r.Name, r.Category))
	}
}

// isIntegrationUser reports whether Oomnitza's token acts for somebody, or did at first.
func (c *comparison) isIntegrationUser(name string) bool {
	return name == c.sim.Options().TokenUser || name == c.sim.TokenUser()
}

// plainLetters reports whether a name is ASCII. How others are written in a
// domain ("ÖBB" as oebb.at) is anybody's guess, and the product's as well.
func plainLetters(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return r > '~' })
}

// isAppName reports whether an app has a name, in lower case.
func (o *Oracle) isAppName(name string) bool {
	for _, app := range o.apps {
		if strings.ToLower(app.Name) == name {
			return true
		}
	}
	return false
}

// adoptedRecords tells which app has each record of another integration: of
// those of its name that have none of their own, the one whose users are
// assigned to it, and most of them. One record is one app's.
func (c *comparison) adoptedRecords(others map[string]simulator.HeldSaaS, own func(simulator.TruthApp) []simulator.HeldSaaS) map[string]simulator.HeldSaaS {
	best := map[string]string{} // by the record's name: the app's id
	misfit := map[string][]int{}
	for _, id := range slices.Sorted(maps.Keys(c.apps)) {
		app := c.apps[id]
		r, ok := others[strings.ToLower(app.Name)]
		if !ok || len(own(app)) > 0 {
			continue
		}
		misfit[id] = c.countMisfits(id, r.Name)
		if rival, ok := best[r.Name]; !ok || slices.Compare(misfit[id], misfit[rival]) < 0 {
			best[r.Name] = id
		}
	}
	out := map[string]simulator.HeldSaaS{}
	for name, id := range best {
		out[id] = c.now.SaaS[name]
	}
	return out
}

// countMisfits counts who is assigned to a record without being a user of an app, and
// the app's users who are not assigned.
func (c *comparison) countMisfits(id, record string) []int {
	n := []int{0, 0}
	have := assignedUsers(c.now, c.now.Assigned[record])
	for name := range have {
		_, before := c.before[record][name]
		if _, uses := c.allowed[id][name]; !before && !uses {
			n[0]++
		}
	}
	for name := range c.due[id] {
		if _, there := have[name]; !there {
			n[1]++
		}
	}
	return n
}

// comparePeople finds nobody twice, and nobody besides those who use an app and
// those who were there before. Who is missing is missing among the assignments.
func (c *comparison) comparePeople() {
	owner, allowed := c.sim.Options().TokenUser, c.allowed.listUsers()
	found := map[string]int{}
	for _, key := range slices.Sorted(maps.Keys(c.now.People)) {
		p := c.now.People[key]
		name := strings.ToLower(p.Username)
		if p.CreatedBy != owner {
			name = strings.ToLower(p.Email)
		} else if p.Role != DefaultRole || p.Suspended {
			c.addDifference(newWrong("person %q was created with role %d, suspended %v", p.Username, p.Role, p.Suspended))
		}
		found[name]++
		if p.CreatedBy == owner && !allowed[name] {
			c.addDifference(newWrong("person %q was created but uses nothing", p.Username))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(allowed)) {
		if found[name] > 1 {
			c.addDifference(newWrong("person %q is there %d times", name, found[name]))
		}
	}
}

// listUsers gives the usernames that occur.
func (p pairs) listUsers() map[string]bool {
	out := map[string]bool{}
	for _, users := range p {
		for name := range users {
			out[name] = true
		}
	}
	return out
}

// compareAssignments compares the assignments of every app, with the latest
// activity.
func (c *comparison) compareAssignments(records map[string]simulator.HeldSaaS) {
	usernames := c.listUsernames()
	c.held = pairs{}
	for _, id := range slices.Sorted(maps.Keys(records)) {
		r := records[id]
		c.held[id] = map[string]int64{}
		due, allowed := maps.Clone(c.before[r.Name]), maps.Clone(c.before[r.Name])
		if due == nil {
			due, allowed = map[string]int64{}, map[string]int64{}
		}
		refused := func(name string) bool {
			_, there := c.before[r.Name][name]
			return !there && c.sim.AssignRefused(r.Name, cmp.Or(usernames[name], name))
		}
		for name, last := range c.due[id] {
			if !refused(name) {
				due[name] = max(due[name], last)
			}
		}
		for name, last := range c.allowed[id] {
			if !refused(name) {
				allowed[name] = max(allowed[name], last)
			}
		}
		c.compareApp(id, r.Name, due, allowed)
	}
}

// listUsernames gives the user names of the people who are there, by address. Whoever
// is missing would have the address for one.
func (c *comparison) listUsernames() map[string]string {
	out := map[string]string{}
	for _, p := range c.now.People {
		out[strings.ToLower(p.Email)] = p.Username
	}
	return out
}

// compareApp compares who is assigned to one app's record.
func (c *comparison) compareApp(id, record string, due, allowed map[string]int64) {
	kept := c.sim.Variants().LastVisit == "kept"
	have := assignedUsers(c.now, c.now.Assigned[record])
	at := func(last int64) time.Time { return time.Unix(last, 0).UTC() }
	for _, name := range slices.Sorted(maps.Keys(due)) {
		got, ok := have[name]
		switch {
		case !ok:
			c.addDifference(Difference{id, name, fmt.Sprintf("%q is not assigned to %q", name, record)})
		case got < 0:
			c.addDifference(newWrong("%q is assigned to %q twice", name, record))
		case kept && got < due[name]:
			c.addDifference(Difference{id, name, fmt.Sprintf("%q was last seen in %q at %s, not %s", name, record, at(got), at(due[name]))})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		last, ok := allowed[name]
		// Not what the record's maker wrote: until a session has adopted it, another app of its
		// name may get it.
		if seen, ours := c.allowed[id][name]; ours {
			c.held.raiseActivity(id, name, min(have[name], seen))
		}
		switch {
		case !ok:
			c.addDifference(newWrong("%q is assigned to %q without cause", name, record))
		case kept && have[name] > last:
			c.addDifference(newWrong("%q was last seen in %q at %s, which is after %s", name, record, at(have[name]), at(last)))
		}
	}
}

// ActiveDifferences compares the Total Active Users of our records, as of a
// session that read everything and began at a time.
func (o *Oracle) ActiveDifferences(sim *simulator.Simulator, began time.Time) (out []Difference) {
	byKey := map[string]simulator.HeldSaaS{}
	for _, r := range sim.Holdings().SaaS {
		byKey[r.LinkKey] = r
	}
	for _, id := range slices.Sorted(maps.Keys(o.due)) {
		r, ok := byKey["defender-app:"+id]
		if !ok || r.ByAnother {
			continue
		}
		active := 0
		for _, last := range o.due[id] {
			if began.Sub(time.Unix(last, 0)) <= 60*24*time.Hour {
				active++
			}
		}
		if r.Visited != active {
			out = append(out, newWrong("%q has %d active users, not %d", r.Name, r.Visited, active))
		}
	}
	return out
}
