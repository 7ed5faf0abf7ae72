package simulate

import (
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/testing/simulator"
)

func TestMain(m *testing.M) {
	PrepareProcess()
	os.Exit(m.Run())
}

// worlds is how many worlds a test run goes through: some 140 sessions, 15,000
// rows and 2,000 faults. `make simulate` goes on from there.
const worlds = 35

func TestNothingIsLostDoubledMovedBackwardsOrWrongInSilence(t *testing.T) {
	var r Report
	for seed := range uint64(worlds) {
		out := RunWorld(t, DrawWorld(seed+1), nil)
		r.AddOutcome(out)
		for _, f := range out.Findings[:min(3, len(out.Findings))] {
			t.Errorf("SEED=%d make simulate\n%s: %s", out.Seed, f.Kind, f.Text)
		}
	}
	if r.Sessions < 2*worlds || r.Rows < 100*worlds || r.totalFaults() < 10*worlds || len(r.Faults) < 25 {
		t.Errorf("too little happened: %d sessions, %d rows, %d faults of %d kinds", r.Sessions, r.Rows, r.totalFaults(), len(r.Faults))
	}
}

func TestTheSameSeedDoesTheSameTwice(t *testing.T) {
	traces := map[string]uint64{}
	for seed := uint64(100); seed < 105; seed++ {
		first, second := RunWorld(t, DrawWorld(seed), nil), RunWorld(t, DrawWorld(seed), nil)
		if first.Trace != second.Trace {
			t.Errorf("seed %d: the trace is %s, and the second time %s", seed, first.Trace, second.Trace)
		}
		if other, ok := traces[first.Trace]; ok {
			t.Errorf("seeds %d and %d have the same trace", other, seed)
		}
		traces[first.Trace] = seed
	}
}

// TestPagesThatWaitForWhatADeadWorkerWroteGoOnInOneOrder: several of one list wait until
// the same instant.
func TestPagesThatWaitForWhatADeadWorkerWroteGoOnInOneOrder(t *testing.T) {
	var traces []string
	for range 6 {
		w := calm(1)
		w.Apps, w.People, w.Pairs, w.Budget, w.Fetchers, w.Writers = 1, 600, 600, 120, 16, 8
		w.Sessions[0].Moments = []Moment{{"stop", 150, 100 * time.Millisecond}}
		traces = append(traces, RunWorld(t, w, nil).Trace)
	}
	if slices.Sort(traces); traces[0] != traces[len(traces)-1] {
		t.Errorf("the traces are %v", traces)
	}
}

// calm is a small world in which nothing goes wrong.
func calm(sessions int) *World {
	w := DrawWorld(7)
	w.Apps, w.People, w.Pairs, w.Streams, w.SameNames, w.ExistingApps, w.Drift = 4, 12, 30, 1, 0, 0, 0
	w.Switches, w.Forms, w.Faults, w.Storms, w.Refused, w.Patience, w.Sessions = nil, nil, nil, nil, nil, 1, nil
	for i := range sessions {
		w.Sessions = append(w.Sessions, Session{Days: min(i, 1), Change: simulator.ChangeOptions{Pairs: 0.3, NewPairs: 0.1}})
	}
	return w
}

// runMeddled runs a world, and changes something before its last session is
// judged.
func runMeddled(t *testing.T, w *World, meddle func(*run)) (found []Finding) {
	synctest.Test(t, func(*testing.T) {
		r := beginRun(w, nil)
		go r.network.conductUntilStopped()
		r.liveUntil(0)
		r.sim.EndDay(w.Sessions[1].Change)
		r.oracle.LearnDue(r.sim)
		end := r.holdSession(1)
		meddle(r)
		r.judgeSession(1, end)
		r.network.stop()
		found = r.found
	})
	return found
}

// TestWhatIsWrongIsFound changes what Oomnitza holds behind everybody's back.
func TestWhatIsWrongIsFound(t *testing.T) {
	for kind, meddle := range map[string]func(*run){
		"deleted": func(r *run) {
			for _, name := range slices.Sorted(maps.Keys(r.sim.Holdings().SaaS)) {
				r.sim.DeleteSaaS(name)
				return
			}
		},
		"missing": func(r *run) { r.sim.EndDay(simulator.ChangeOptions{Pairs: 1}); r.oracle.LearnDue(r.sim) },
		"budget":  func(r *run) { r.Budget, r.network.windows[defenderHost].most = 30, 31 },
	} {
		t.Run(kind, func(t *testing.T) {
			out := runMeddled(t, calm(2), meddle)
			if len(out) == 0 || !slices.ContainsFunc(out, func(f Finding) bool { return f.Kind == kind }) {
				t.Errorf("found: %v", out)
			}
		})
	}
	if out := runMeddled(t, calm(2), func(*run) {}); len(out) > 0 {
		t.Errorf("found where nothing is wrong: %v", out)
	}
}

func TestShrinkFindsTheSmallestWorldThatFails(t *testing.T) {
	seed := uint64(1)
	for len(DrawWorld(seed).Faults) < 20 || len(DrawWorld(seed).Sessions) < 4 || DrawWorld(seed).Apps < 5 || DrawWorld(seed).Faults["503"] == 0 {
		seed++
	}
	less := ShrinkWorld(seed, "missing", func(less []string) Outcome {
		w, err := DrawWorld(seed).MakeLess(less)
		if err != nil {
			t.Fatal(err)
		}
		if w.Faults["503"] == 0 || len(w.Sessions) < 2 || w.Apps < 3 {
			return Outcome{}
		}
		return Outcome{Findings: []Finding{{"missing", ""}}}
	})
	want := []string{"sessions=2", "apps=3", "only 503"}
	if got := strings.Join(less, "; "); !containsAll(got, want) || strings.Count(got, "|") > 0 {
		t.Errorf("the smallest is %q, which is not %q", got, want)
	}
}

func containsAll(text string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(text, p) {
			return false
		}
	}
	return true
}

func TestAWorldIsMadeSmallerByWhatItIsToldToLeaveOut(t *testing.T) {
	w := DrawWorld(1)
	w.Sessions, w.Faults = []Session{{}, {Days: 2}, {Days: 3}}, map[string]float64{"503": 0.1, "504": 0.1}
	w.Storms = []Storm{{Session: 0}, {Session: 2}}
	less, err := w.MakeLess([]string{"apps=2", " without 503 ", "without session 1", "", "without storms of another world"})
	if err != nil {
		t.Fatal(err)
	}
	if less.Apps != 2 || len(less.Faults) != 1 || len(less.Sessions) != 2 || less.Sessions[1].Days != 5 || less.Storms[1].Session != 1 {
		t.Errorf("left: %+v", less)
	}
	if w.Apps == 2 || len(w.Faults) != 2 || len(w.Sessions) != 3 {
		t.Errorf("the world itself was changed: %+v", w)
	}
	for _, text := range []string{"apps=many", "grass=2", "less of everything", "without session 9"} {
		if _, err := w.MakeLess([]string{text}); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestEveryKindOfThingIsDrawn(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(3000) {
		w := DrawWorld(seed)
		for _, names := range [][]string{w.Switches, w.Forms} {
			for _, name := range names {
				seen[name] = true
			}
		}
		for name := range w.Faults {
			seen[name] = true
		}
		for name := range w.Refused {
			seen[name] = true
		}
		for _, s := range w.Storms {
			if faultNamed(s.Fault) == nil {
				t.Errorf("there is no fault %q", s.Fault)
			}
		}
	}
	for _, name := range slices.Concat(switches, formNames, FaultNames(), refusalNames) {
		if !seen[name] {
			t.Errorf("%q is never drawn", name)
		}
	}
	if !reflect.DeepEqual(DrawWorld(5), DrawWorld(5)) || reflect.DeepEqual(DrawWorld(5), DrawWorld(6)) {
		t.Error("a world does not follow from its seed")
	}
	if n := len(FaultNames()); n < 40 {
		t.Errorf("%d faults", n)
	}
}
