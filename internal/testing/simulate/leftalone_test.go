package simulate

import (
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/testing/simulator"
)

// quietDays is a world in which little changes, in a few apps: sessions that look at
// a few of those that they leave alone mostly do not look at these.
func quietDays(seed uint64) *World {
	w := calm(2)
	w.Seed, w.Apps, w.People, w.Pairs, w.Budget, w.MaxRetryApps = seed, 90, 60, 600, 0, 100
	w.Sessions[1] = Session{Hours: 2, Change: simulator.ChangeOptions{Pairs: 0.3, Apps: 0.05, LateLogs: 0.5}}
	return w
}

// liveSpoilt runs a world, and spoils its first and its last session before they
// begin.
func liveSpoilt(t *testing.T, w *World, before, spoil func(*run)) (kinds []string, left int) {
	synctest.Test(t, func(*testing.T) {
		r := beginRun(w, nil)
		go r.network.conductUntilStopped()
		if before != nil {
			before(r)
		}
		for i := range w.Sessions {
			if i == len(w.Sessions)-1 {
				spoil(r)
			}
			r.liveUntil(i)
		}
		r.network.stop()
		for _, f := range r.found {
			kinds = append(kinds, f.Kind)
		}
		left = r.carry.Counts.Apps.NoNews
	})
	return kinds, left
}

// markAll says of all apps of a page that they have no news.
func markAll(page contract.AppsPage) contract.AppsPage {
	page.Same = nil
	for i := range page.Apps {
		page.Same = append(page.Same, i)
	}
	return page
}

// TestNewsThatIsLeftAloneIsFound breaks sessions on purpose.
func TestNewsThatIsLeftAloneIsFound(t *testing.T) {
	calmed := func(r *run) { r.sim.SetFaults(simulator.Faults{}) }
	for name, tc := range map[string]struct {
		before, spoil func(*run) // the first session, the last one
		found         bool
	}{
		"nothing is broken": {spoil: calmed},
		"apps are left alone although their rows moved": {found: true, spoil: func(r *run) {
			r.host.spoil = func(name string, result any) any {
				switch found := result.(type) {
				case contract.AppsPage:
					return markAll(found)
				case contract.Plan:
					if found.First != nil {
						first := markAll(*found.First)
						found.First = &first
					}
					return found
				}
				return result
			}
		}},
		"streams are left out that add something": {found: true, spoil: func(r *run) {
			r.host.spoil = func(name string, result any) any {
				plan, ok := result.(contract.Plan)
				if ok && len(plan.Streams) > 1 {
					plan.Streams = plan.Streams[:1]
					return plan
				}
				return result
			}
		}},
		"apps that were rejected are forgotten": {found: true, before: func(r *run) {
			f := simulator.Faults{Poisoned: map[string]string{}}
			for app := range r.sim.Truth() {
				if len(f.Poisoned) < 12 {
					f.Poisoned[app.ID] = "500"
				}
			}
			r.sim.SetFaults(f)
		}, spoil: func(r *run) {
			calmed(r)
			r.carry.Carry.Retry = nil
		}},
		"apps that were rejected are remembered": {before: func(r *run) {
			for app := range r.sim.Truth() {
				r.sim.SetFaults(simulator.Faults{Poisoned: map[string]string{app.ID: "500"}})
				return
			}
		}, spoil: calmed},
	} {
		t.Run(name, func(t *testing.T) {
			missing, alone := 0, 0
			for seed := range uint64(4) {
				w := quietDays(seed + 1)
				if name == "streams are left out that add something" {
					w.Streams = 2
				}
				kinds, left := liveSpoilt(t, w, tc.before, tc.spoil)
				alone += left
				for _, kind := range kinds {
					switch {
					case kind == "missing":
						missing++
					case kind != "outcome" || tc.before == nil: // it completes with errors where apps are rejected
						t.Errorf("found: %s", kind)
					}
				}
			}
			if tc.found != (missing > 0) || alone == 0 {
				t.Errorf("%d findings; %d apps were left alone", missing, alone)
			}
		})
	}
}
