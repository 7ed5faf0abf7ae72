package e2e

import (
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/testing/simulator"
)

// TestRecordHistories records the replay fixtures that are missing. The binaries
// have to be those of a released version, see docs/development.md: fixtures
// stand for the sessions that are under way when a worker is replaced.
func TestRecordHistories(t *testing.T) {
	for name, scene := range map[string]func(*recorder){
		"full": func(r *recorder) {
			r.worker()
			r.wait(r.start(nil))
		},
		"increment-with-retries": func(r *recorder) {
			r.worker()
			r.Sim.SetFaults(simulator.Faults{RefuseAssign: 0.05, BadUsers: 0.02})
			first := r.wait(r.start(nil))
			r.Sim.SetFaults(simulator.Faults{})
			r.Sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.2})
			r.wait(r.start(&first.Carry))
		},
		"failed-open": func(r *recorder) {
			r.worker("DEFENDER_API_KEY=wrong")
			r.wait(r.start(nil))
		},
		"cancelled": func(r *recorder) {
			r.slow()
			r.worker()
			w := r.start(nil)
			r.userPages(3, nil)
			if err := r.temporal.CancelWorkflow(r.ctx, w.GetID(), ""); err != nil {
				r.t.Fatal(err)
			}
			r.wait(w)
		},
		"skipped": func(r *recorder) {
			r.slow()
			r.worker()
			first := r.start(nil)
			r.userPages(1, nil)
			second := r.start(nil)
			r.wait(second)
			r.Sim.SetFaults(simulator.Faults{})
			r.wait(first)
			r.last = second
		},
		"watched": func(r *recorder) {
			w := r.worker()
			r.watched = r.watchEverySecond()
			r.slow()
			session := r.start(nil)
			r.told(1) // stalled
			r.Sim.SetFaults(simulator.Faults{})
			r.wait(session)
			r.told(2) // completed after all
			w.KillAndWait()
			r.worker("DEFENDER_API_KEY=wrong")
			r.wait(r.start(nil))
			r.told(3) // failed
		},
		"killed-worker": func(r *recorder) {
			r.slow()
			w := r.worker()
			session := r.start(nil)
			r.userPages(3, nil)
			w.KillAndWait()
			r.worker()
			r.wait(session)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecorder(t, name+"-session", simulator.Options{Apps: 12, People: 60, Pairs: 150, Streams: 2})
			scene(r)
			r.save(name)
		})
	}
}

// TestRecordLongHistories records runs that were continued as new.
func TestRecordLongHistories(t *testing.T) {
	t.Run("sync", func(t *testing.T) {
		r := newRecorder(t, "continued-session", simulator.Options{Apps: 3, People: 10, Pairs: 8, Streams: 101})
		r.worker()
		r.wait(r.start(nil))
		r.save("continued")
	})
	t.Run("watch", func(t *testing.T) {
		r := newRecorder(t, "continued-watch-1", simulator.Options{Apps: 12, People: 60, Pairs: 150})
		r.watched = r.watchEverySecond()
		r.worker()
		r.wait(r.start(nil))
		first := r.hurryUntilContinued(contract.WatchID(r.Name))
		r.saveRuns("continued-watch", contract.WatchID(r.Name), first)
	})
}

// TestRecordReadAgain records a session whose list of apps was read again, which
// leaves a version marker.
func TestRecordReadAgain(t *testing.T) {
	r := newRecorder(t, "read-again-session", simulator.Options{Apps: 130, People: 20, Pairs: 140, Variants: simulator.Variants{
		Unkind: simulator.Unkind{Lists: simulator.ListSwitches{Sort: "shuffled", SortOf: "apps"}},
	}})
	r.worker()
	r.wait(r.start(nil))
	r.save("read-again")
}
