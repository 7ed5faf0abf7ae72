package activities

import (
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
)

// inWorld runs a first session and, a day later, an increment with what is set,
// and gives what came of both.
func inWorld(t *testing.T, o simulator.Options) (*rig, []contract.SyncUsageResult, map[sandbox.Pair]int64) {
	t.Helper()
	r := newRig(t, o)
	due := map[sandbox.Pair]int64{}
	var out []contract.SyncUsageResult
	var before contract.Carry
	for day := range 2 {
		if day > 0 {
			r.sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.2, Late: 0.3, NewPairs: 0.05})
			r.Activities = r.worker()
		}
		p := r.open(before)
		before = contract.Carry{Watermark: p.Began, LastFull: p.Began, Rules: r.policy.RulesHash()}
		for key, last := range r.box.DuePairs(p.Streams[0].ID) {
			due[key] = max(due[key], last)
		}
		out = append(out, must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, r.usage(p, 0)))
	}
	return r, out, due
}

// TestInEveryWorldOfPeopleWhatIsHeldIsRightOrTold goes through what Oomnitza
// may do with people and assignments.
func TestInEveryWorldOfPeopleWhatIsHeldIsRightOrTold(t *testing.T) {
	for _, w := range simulator.ListWorlds() {
		o := small()
		o.ExistingPeople = 0.2
		if w.Set(&o); o.Variants.Unkind.People == (simulator.PeopleSwitches{}) {
			continue
		}
		t.Run(w.Name, func(t *testing.T) {
			t.Parallel()
			r, out, due := inWorld(t, o)
			r.clean()
			wrong := differ(t, due, r.box.HeldPairs())
			notes, rejected, created := 0, 0, 0
			for _, day := range out {
				notes += len(day.Notes)
				created += day.Counts.People.Created
				rejected += day.Rejects.Total()
				u := day.Counts.Users
				if u.Seen != u.Added+u.Updated+u.Unchanged+u.Repeated+u.Skipped+u.Rejected {
					t.Errorf("the counts don't add up: %+v", u)
				}
			}
			if n := r.sim.Counts(); n.Backwards > 0 || n.PeopleCreated != created {
				t.Errorf("it says that it created %d people, Oomnitza saw %+v", created, n)
			}
			switch {
			case w.Ends == simulator.Exact && wrong+rejected > 0:
				t.Errorf("%d differ, %d notes, %d rejected", wrong, notes, rejected)
			case w.Ends == simulator.Noted && (notes == 0 || wrong > rejected):
				t.Errorf("%d differ, %d notes, %d rejected", wrong, notes, rejected)
			case w.Ends == simulator.Loud && rejected == 0, wrong > rejected:
				t.Errorf("%d differ, %d rejected", wrong, rejected)
			}
		})
	}
}

// differ counts what is held other than it is due. Nothing may be held that is
// not due.
func differ(t *testing.T, due, have map[sandbox.Pair]int64) (n int) {
	t.Helper()
	for key, last := range due {
		if got, ok := have[key]; !ok || got != last {
			n++
		}
	}
	for key, last := range have {
		if want, ok := due[key]; !ok || last > want {
			t.Errorf("%v is held at %d, due is %d", key, last, want)
		}
	}
	return n
}
