package gather

import (
	"strings"
	"testing"

	"defendersync/internal/reporting/page"
	"defendersync/internal/reporting/query"
	"defendersync/internal/saas"
	"defendersync/internal/testing/instants"
	"defendersync/internal/testing/simulator"
)

// inUse is how many users of each app were active within 60 days, by name.
func inUse(sim *simulator.Simulator) map[string]int {
	out := map[string]int{}
	for app, seats := range sim.Holdings().Assigned {
		for _, seat := range seats {
			if saas.IsActive(seat.LastActivity, instants.Noon, saas.DefaultActiveThreshold) {
				out[app]++
			}
		}
	}
	return out
}

// unsanctioned are the records of apps that Defender tags so and somebody uses,
// whoever made them, with their active users.
func unsanctioned(sim *simulator.Simulator) (used map[string]int, byOthers int) {
	used = map[string]int{}
	active, held := inUse(sim), sim.Holdings().SaaS
	named := map[string]simulator.HeldSaaS{}
	for _, s := range held {
		named[strings.ToLower(s.Name)] = s
	}
	for app := range sim.Truth() {
		s := named[strings.ToLower(app.Name)]
		if app.Tag == "Unsanctioned" && active[s.Name] > 0 {
			if used[s.Name] = active[s.Name]; s.ByAnother {
				byOthers++
			}
		}
	}
	return used, byOthers
}

func TestUnsanctionedAppsInUseAreShownWhoeverMadeTheirRecords(t *testing.T) {
	sim, source := tenant(t, simulator.Options{Apps: 300, People: 200, Pairs: 3000, ExistingApps: 0.3})
	want, byOthers := unsanctioned(sim)
	if byOthers == 0 || byOthers == len(want) {
		t.Fatalf("of %d apps in use %d are others': the tenant is of no use for this test", len(want), byOthers)
	}
	for name, o := range map[string]Options{"all apps": {Live: true}, "a few apps": {Live: true, Apps: 10}, "anybody's": {Live: true, CreatedBy: query.Anyone}} {
		d := gather(t, source, o)
		if len(d.Unsanctioned) != len(want) || d.Totals.Unsanctioned != len(want) {
			t.Errorf("%s: %d unsanctioned apps are in use, want %d", name, len(d.Unsanctioned), len(want))
		}
		for _, a := range d.Unsanctioned {
			if a.Active != want[a.Name] {
				t.Errorf("%s: %s has %d active users, want %d", name, a.Name, a.Active, want[a.Name])
			}
		}
		if o.CreatedBy == "" && !strings.Contains(d.Notes[page.Unsanctioned], "Somebody else created the records") {
			t.Errorf("%s: %q", name, d.Notes[page.Unsanctioned])
		}
	}
}

func TestTheMostUsedAppsAreByTheAssignments(t *testing.T) {
	sim, source := tenant(t, simulator.Options{Apps: 100, People: 200, Pairs: 3000, ExistingApps: 0.3})
	active := inUse(sim)
	d := gather(t, source, Options{CreatedBy: query.Anyone, Apps: 10})
	least := d.Apps[9].Active
	for i, a := range d.Apps {
		if i < 10 && a.Active != active[a.Name] {
			t.Errorf("%s has %d active users, want %d", a.Name, a.Active, active[a.Name])
		}
		if i >= 10 && active[a.Name] > least {
			t.Errorf("%s with %d active users is not among the most used", a.Name, active[a.Name])
		}
	}
}
