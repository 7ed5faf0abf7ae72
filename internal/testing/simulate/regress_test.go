package simulate

import (
	"fmt"
	"testing"
	"time"

	"defendersync/internal/saas"
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
