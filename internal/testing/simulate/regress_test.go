package simulate

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// TestAnOutageCostsNothingWheneverItEnds has Oomnitza out from the middle of a
// session, for times that end in the middle of whatever is tried meanwhile.
func TestAnOutageCostsNothingWheneverItEnds(t *testing.T) {
	for _, f := range []string{"503", "connection refused", "reset after it landed", "504 after it landed"} {
		for seconds := 1; seconds < 200; seconds += 58 {
			w := calm(1)
			w.Storms = []Storm{{Requests: 20 + seconds%17, Oomnitza: true, Fault: f, Lasts: time.Duration(seconds) * time.Second}}
			if out := RunWorld(t, w, nil); len(out.Findings) > 0 || out.Stats.Outcomes[string(saas.OutcomeCompleted)] != 1 {
				t.Errorf("%s for %d s: %v, %v", f, seconds, out.Stats.Outcomes, out.Findings)
			}
		}
	}
}

// TestTheBudgetHoldsWhicheverActivityIsKilled kills or stops workers anywhere
// in a session that is short of requests.
func TestTheBudgetHoldsWhicheverActivityIsKilled(t *testing.T) {
	for _, what := range []string{"kill", "stop"} {
		for requests := 1; requests < 120; requests += 23 {
			t.Run(fmt.Sprint(what, " after ", requests), func(t *testing.T) {
				w := calm(1)
				w.Apps, w.Streams, w.Budget = 30, 2, 30
				for i := range 3 {
					w.Sessions[0].Moments = append(w.Sessions[0].Moments, Moment{what, requests + 3*i, 100 * time.Millisecond})
				}
				if out := RunWorld(t, w, nil); len(out.Findings) > 0 {
					t.Error(out.Findings)
				}
			})
		}
	}
}

// TestTheBudgetHoldsWhereAWorkerDiesWhileItOpensASession lives through a world in which
// one does so in its last requests of a window, whatever the budget.
func TestTheBudgetHoldsWhereAWorkerDiesWhileItOpensASession(t *testing.T) {
	for _, budget := range []int{10, 13, 16, 22, 25} {
		w := DrawWorld(233)
		w.Budget = budget
		if out := RunWorld(t, w, nil); len(out.Findings) > 0 {
			t.Errorf("of %d: %v", budget, out.Findings)
		}
	}
}

// TestWhatADeadWorkerRecordedIsNotFetchedAgain kills a worker in the middle of
// many pages, of which each takes two seconds of the budget.
func TestWhatADeadWorkerRecordedIsNotFetchedAgain(t *testing.T) {
	w := calm(1)
	w.Apps, w.Pairs, w.Budget, w.Latency, w.Slow = 60, 200, 30, 20*time.Millisecond, 0
	w.Sessions[0].Moments = []Moment{{"kill", 150, 100 * time.Millisecond}}
	out := RunWorld(t, w, nil)
	if len(out.Findings) > 0 || out.Stats.Faults["worker killed"] != 1 {
		t.Errorf("%d workers killed, found: %v", out.Stats.Faults["worker killed"], out.Findings)
	}
}

// TestAListThatMovesWhileItsWorkerIsReplacedIsReadAgain kills and stops workers in
// the middle of long lists whose rows move: those that are pushed onto a page of the
// next worker's were met by the one before.
func TestAListThatMovesWhileItsWorkerIsReplacedIsReadAgain(t *testing.T) {
	moved, replaced := 0, 0
	for seed := range uint64(12) {
		dice := drawing{rand.New(rand.NewPCG(seed, 1))}
		w := calm(1)
		w.Seed, w.Apps, w.People, w.Drift = seed+1, dice.drawBetween(1, 3), dice.drawBetween(110, 450), 0.6
		w.Pairs, w.Budget = w.Apps*w.People, []int{5, 30}[dice.IntN(2)]
		w.Fetchers, w.Writers = []int{1, 16}[dice.IntN(2)], []int{1, 8}[dice.IntN(2)]
		for after := 30; after < 400; after += dice.drawBetween(20, 200) {
			w.Sessions[0].Moments = append(w.Sessions[0].Moments, Moment{[]string{"kill", "stop"}[dice.IntN(2)], after, 100 * time.Millisecond})
		}
		out := RunWorld(t, w, nil)
		if len(out.Findings) > 0 {
			t.Errorf("world %d: %v", seed, out.Findings)
		}
		moved += out.Stats.Faults["rows moved while a list was read"]
		replaced += out.Stats.Faults["worker killed"] + out.Stats.Faults["worker told to stop"]
	}
	if moved < 10 || replaced < 10 {
		t.Errorf("rows moved %d times, %d workers were replaced: this shows nothing", moved, replaced)
	}
}

// TestWhatADeadWorkerReadAgainIsNotReadOnceMore kills a worker while it reads a list
// again, in which two rows have one name.
func TestWhatADeadWorkerReadAgainIsNotReadOnceMore(t *testing.T) {
	for _, requests := range []int{80, 85} {
		w := calm(2)
		w.Seed, w.Realistic, w.Apps, w.People, w.Pairs = 5269, true, 1, 1500, 1500
		w.Budget, w.Latency, w.Slow = 2, 20*time.Millisecond, 0
		w.Sessions[1].Full, w.Sessions[1].Moments = true, []Moment{{"kill", requests, 30 * time.Second}}
		out := RunWorld(t, w, nil)
		if len(out.Findings) > 0 || out.Stats.Faults["worker killed"] != 1 {
			t.Errorf("after %d requests: %d workers killed, found: %v", requests, out.Stats.Faults["worker killed"], out.Findings)
		}
	}
}

// TestRefusedAssignmentsAreToldHoweverNamesAreStored refuses assignments where
// Oomnitza stores user names otherwise than they are sent, in a world in which some of
// the people who are refused have names that are cut and some that are escaped.
func TestRefusedAssignmentsAreToldHoweverNamesAreStored(t *testing.T) {
	for _, stores := range []string{"Oomnitza cuts names", "Oomnitza stores names escaped"} {
		t.Run(stores, func(t *testing.T) {
			w := calm(2)
			w.Seed, w.Apps, w.People, w.Pairs = 5, 7, 40, 160
			w.Switches, w.Refused = []string{stores}, map[string]float64{"refused assignments": 0.3}
			out := RunWorld(t, w, nil)
			if len(out.Findings) > 0 || out.Stats.Outcomes[string(saas.OutcomeCompletedWithErrors)] != 2 {
				t.Errorf("%v, %v", out.Stats.Outcomes, out.Findings)
			}
			for _, f := range runMeddled(t, w, assignStranger) {
				if f.Kind == "wrong" && strings.Contains(f.Text, "without cause") {
					return
				}
			}
			t.Error("somebody was assigned to an app that they don't use, and it was not found")
		})
	}
}

// assignStranger assigns somebody to an app who does not use it, behind everybody's
// back.
func assignStranger(r *run) {
	h := r.sim.Holdings()
	for _, name := range slices.Sorted(maps.Keys(h.SaaS)) {
		for _, user := range slices.Sorted(maps.Keys(h.People)) {
			uses := slices.ContainsFunc(h.Assigned[name], func(s simulator.HeldSeat) bool { return s.Username == user })
			if uses || r.sim.AssignRefused(name, user) {
				continue
			}
			body := fmt.Sprintf(`[{"user_id":%q,"assign":true,"last_visit":1700000000}]`, h.People[user].ID)
			req := httptest.NewRequest(http.MethodPost, "/api/v3/saas/"+h.SaaS[name].ID+"/users", strings.NewReader(body))
			req.Header.Set("Authorization2", r.sim.Options().OomnitzaToken)
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Oomnitza-Not-Trigger-WF", "1")
			r.sim.Oomnitza().ServeHTTP(httptest.NewRecorder(), req)
			return
		}
	}
	panic("simulate: everybody uses every app")
}
