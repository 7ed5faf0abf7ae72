package activities

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/changelist"
	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// TestADryRunListsWhatTheNextSessionWrites compares, field by field, the list of a dry
// run with what a session right after it changes in Oomnitza: the first one, and one of a
// later day.
func TestADryRunListsWhatTheNextSessionWrites(t *testing.T) {
	for name, change := range map[string]func(*simulator.Options){
		"a kind world":                         func(*simulator.Options) {},
		"people of other usernames":            func(o *simulator.Options) { o.ExistingPeople = 0.5 },
		"days in place of times":               func(o *simulator.Options) { o.Variants.Midnight = true },
		"lists of Oomnitza by small pages":     func(o *simulator.Options) { o.Variants.MaxLimit = 7 },
		"no link keys":                         func(o *simulator.Options) { o.Variants.LinkKeyIgnored = true },
		"rows of apps without domain, vendor":  func(o *simulator.Options) { o.Variants.PlainAppRows = true },
		"no hasNext and totals that are wrong": func(o *simulator.Options) { o.Variants.HasNext, o.Variants.Total = "missing", "approximate" },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := small()
				o.ExistingPeople, o.ExistingApps, o.Streams = 0.2, 0.2, 2
				change(&o)
				r := newRig(t, o)
				var before contract.Carry
				for day := range 2 {
					if day > 0 {
						r.sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.2, NewPairs: 0.05})
					}
					before = r.compareList(t, fmt.Sprint("day ", day+1), before)
				}
				r.clean()
			})
		})
	}
}

// compareList makes a dry run and a session, and compares the list of the one with what
// the other changes.
func (r *rig) compareList(t *testing.T, when string, before contract.Carry) contract.Carry {
	t.Helper()
	list, err := changelist.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	r.Activities = r.workerWith(Options{Changes: list})
	was := r.sim.Holdings()
	dry := r.holdAs(before, true)
	if now := r.sim.Holdings(); dry.failed != nil || now.Counts != was.Counts {
		t.Fatalf("%s: the dry run wrote, or failed: %v", when, dry.failed)
	}
	r.Activities = r.worker()
	real := r.hold(before)
	if real.failed != nil {
		t.Fatal(real.failed)
	}
	if dry.counts.Apps.Created != real.counts.Apps.Created || dry.counts.People != real.counts.People || dry.counts.Users != real.counts.Users {
		t.Errorf("%s: the dry run counted %+v, the session %+v", when, dry.counts, real.counts)
	}
	want, got := changesBetween(was, r.sim.Holdings()), listedChanges(t, list)
	if r.sim.Variants().LinkKeyIgnored { // that shows only when they are written
		maps.DeleteFunc(got, func(line string, _ bool) bool { return strings.Contains(line, ": link_key ") })
	}
	if len(want) == 0 {
		t.Fatalf("%s: the session changed nothing", when)
	}
	for line := range want {
		if !got[line] {
			t.Errorf("%s: not listed: %s", when, line)
		}
	}
	for line := range got {
		if !want[line] {
			t.Errorf("%s: listed, and not done: %s", when, line)
		}
	}
	return real.carry
}

// fieldsOf are the fields of a record as a list has them.
func fieldsOf(s simulator.HeldSaaS) map[saas.Field]string {
	out := map[saas.Field]string{
		saas.FieldName: s.Name, saas.FieldCategory: s.Category, saas.FieldVendor: s.Publisher, saas.FieldWebsite: s.URL,
		saas.FieldCreatedBy: s.CreatedBy, saas.FieldSource: s.Source, saas.FieldLinkKey: s.LinkKey, changelist.FieldTotal: "",
	}
	if s.Visited > 0 {
		out[changelist.FieldTotal] = strconv.Itoa(s.Visited)
	}
	return out
}

// changesBetween tells, a line each, what is other in Oomnitza than it was.
func changesBetween(was, now simulator.Holdings) map[string]bool {
	out := map[string]bool{}
	earlier := map[string]simulator.HeldSaaS{} // by id
	for _, s := range was.SaaS {
		earlier[s.ID] = s
	}
	for _, s := range now.SaaS {
		before := fieldsOf(earlier[s.ID])
		for f, after := range fieldsOf(s) {
			if before[f] != after {
				out[fmt.Sprintf("%s: %s %q → %q", s.Name, f, before[f], after)] = true
			}
		}
	}
	for name, p := range now.People {
		if _, there := was.People[name]; !there {
			out[fmt.Sprintf("person %s %s %s %s %d %v", p.Username, p.Email, p.FirstName, p.LastName, p.Role, p.Suspended)] = true
		}
	}
	for app, seats := range now.Assigned {
		before := map[string]time.Time{}
		there := map[string]bool{}
		for _, s := range was.Assigned[nameBefore(was, now, app)] {
			before[s.Username], there[s.Username] = s.LastActivity, true
		}
		for _, s := range seats {
			if !there[s.Username] || !before[s.Username].Equal(s.LastActivity) {
				out[seatLine(app, s.Username, !there[s.Username], before[s.Username], s.LastActivity)] = true
			}
		}
	}
	return out
}

// nameBefore is the name that a record had.
func nameBefore(was, now simulator.Holdings, name string) string {
	for _, s := range was.SaaS {
		if s.ID == now.SaaS[name].ID {
			return s.Name
		}
	}
	return name
}

func seatLine(app, username string, isNew bool, before, after time.Time) string {
	return fmt.Sprintf("%s: %s new %v, %d → %d", app, strings.ToLower(username), isNew, before.Unix(), after.Unix())
}

// listedChanges tells the same of a list.
func listedChanges(t *testing.T, list *changelist.List) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	add := func(line string) {
		if out[line] {
			t.Errorf("listed twice: %s", line)
		}
		out[line] = true
	}
	for app, err := range list.Apps() {
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range app.Changes {
			add(fmt.Sprintf("%s: %s %q → %q", app.Record, c.Field, c.Before, c.After))
		}
		if isNew := saas.IsImaginary(app.RecordID); isNew != (app.Action == changelist.ActionCreate) {
			t.Errorf("%s has the action %s", app.Record, app.Action)
		}
	}
	for p, err := range list.People() {
		if err != nil {
			t.Fatal(err)
		}
		add(fmt.Sprintf("person %s %s %s %s %d %v", p.Username, p.Email, p.FirstName, p.LastName, p.Role, p.Restricted))
	}
	for a, err := range list.Assignments() {
		if err != nil {
			t.Fatal(err)
		}
		add(seatLine(a.App.Record, a.Username, a.New, a.Before, a.After))
	}
	return out
}

// TestAnAppOfSomebodyElseIsListedAsAdopted: its fields stay, and its users are listed.
func TestAnAppOfSomebodyElseIsListedAsAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.ExistingApps = 0.5
		r := newRig(t, o)
		list, err := changelist.New(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer list.Close()
		r.Activities = r.workerWith(Options{Changes: list})
		others := map[string]bool{}
		for name, s := range r.sim.Holdings().SaaS {
			others[name] = s.ByAnother
		}
		r.holdAs(contract.Carry{}, true)
		adopted := 0
		for app := range list.Apps() {
			if app.Action == changelist.ActionAdopt {
				adopted++
				if !others[app.Record] || len(app.Changes) > 0 {
					t.Errorf("listed as adopted: %+v", app)
				}
			}
		}
		if names := slices.Sorted(maps.Keys(others)); adopted == 0 {
			t.Errorf("of %q none is adopted", names)
		}
	})
}
