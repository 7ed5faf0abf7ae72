package activities

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"defendersync/internal/contract"
)

func TestTheFirstAssignmentIsReadBackWithPatience(t *testing.T) {
	for name, tc := range map[string]struct {
		late  int // reads that don't show it
		want  contract.Keeping
		notes []string
	}{
		"at once":       {0, contract.KeepingKept, nil},
		"a little late": {3, contract.KeepingKept, nil},
		"far too late":  {1000, contract.KeepingUnseen, []string{NoteNotReadBack}},
	} {
		t.Run(name, func(t *testing.T) {
			o := small()
			o.Variants.Unkind.People.LagSeats = tc.late
			r := newRig(t, o)
			p := r.open(contract.Carry{})
			out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, r.usage(p, 0))
			if out.Keeping != tc.want || !slices.Equal(out.Notes, tc.notes) || out.Rejects.Total() > 0 {
				t.Errorf("keeping %q, notes %q, rejects %+v", out.Keeping, out.Notes, out.Rejects)
			}
			same(t, truth(r.sim, p.Streams[0].ID), held(t, r.sim))
			r.clean()
		})
	}
}

func TestAListThatLagsBehindWhatTheSessionWroteMovesNothingBackwards(t *testing.T) {
	o := small()
	o.Streams, o.Variants.Unkind.People.LagSeats = 2, 4
	r := newRig(t, o)
	p := r.open(contract.Carry{})
	added := 0
	var in contract.SyncUsageParams
	for stream := range p.Streams {
		next := r.usage(p, stream)
		next.Session = "one session"
		if in.Keeping != contract.KeepingUnknown {
			next.Keeping = in.Keeping
		}
		in = next
		out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, in)
		in.Keeping = out.Keeping
		added += out.Counts.Users.Added
	}
	same(t, truth(r.sim, p.Streams[0].ID, p.Streams[1].ID), held(t, r.sim))
	if n := r.sim.Counts().Backwards; n > 0 || added != r.sim.Totals().Assignments {
		t.Errorf("%d moved backwards; %d are counted as added, %d are there", n, added, r.sim.Totals().Assignments)
	}
	r.clean()
}

func TestAReadThatShowsOnlyWhatWasThereBeforeProvesNothing(t *testing.T) {
	at := time.Unix(1_795_000_000, 0)
	for name, tc := range map[string]struct {
		read   time.Time
		before entry
		want   bool
	}{
		"nothing":                        {time.Time{}, entry{}, false},
		"something where nothing was":    {at, entry{}, true},
		"what was there before":          {at, entry{assigned: true, last: at.Unix()}, false},
		"something else than was there":  {at, entry{assigned: true, last: at.Unix() - 60}, true},
		"something where only a bound":   {at, entry{assigned: true, unsure: true, last: at.Unix()}, true},
		"the day where a tenant cuts it": {at.Truncate(24 * time.Hour), entry{}, true},
	} {
		if got := shows(tc.read, tc.before); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAPersonWhoIsNotFoundYetIsNotMadeTwice(t *testing.T) {
	o := small()
	o.Variants.Unkind.People.LagPeople = 3
	r := newRig(t, o)
	const key = "ada.lovelace@contoso.com"
	made, err := r.resolve(t.Context(), ada(25))
	if err != nil || !made[key].created {
		t.Fatalf("%+v, %v", made, err)
	}
	again, err := resolverOf(r.worker(), "session-1").resolve(t.Context(), ada(25)) // who knows nothing of the first
	if err != nil || again[key].id != made[key].id || again[key].created {
		t.Errorf("%+v, %v; it was %+v", again, err, made)
	}
	if n := r.sim.Counts(); n.PeopleCreated != 1 || n.Conflicts != 1 {
		t.Errorf("Oomnitza saw %+v", n)
	}
}

func TestARecordThatIsNotFoundYetIsWaitedFor(t *testing.T) {
	r := newRig(t, small())
	p := r.open(contract.Carry{})
	in := r.usage(p, 0)
	var missed atomic.Int64
	r.oomnitzaAt.set(func(w http.ResponseWriter, req *http.Request) bool {
		if !strings.Contains(req.URL.Path, "/saas/") || missed.Add(1) > 3 {
			return false
		}
		w.WriteHeader(http.StatusNotFound)
		return true
	})
	out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, in)
	if out.Rejects.Total() > 0 || len(out.Retry) > 0 {
		t.Errorf("rejects %+v", out.Rejects)
	}
	same(t, truth(r.sim, p.Streams[0].ID), held(t, r.sim))
}

func TestARecordThatDeniesEverybodyDoesNotHoldUpWhatIsLearnt(t *testing.T) {
	r := newRig(t, small())
	p := r.open(contract.Carry{})
	in := r.usage(p, 0)
	largest := slices.MaxFunc(in.Refs, func(a, b contract.AppRef) int { return a.Users - b.Users })
	var denied atomic.Int64
	r.oomnitzaAt.set(func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method != http.MethodPost || req.URL.Path != "/api/v3/saas/"+largest.SaaS+"/users" {
			return false
		}
		denied.Add(1)
		w.WriteHeader(http.StatusForbidden)
		return true
	})
	out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, in)
	if u := out.Counts.Users; u.Rejected != largest.Users || u.Added != u.Seen-u.Rejected || out.Keeping != contract.KeepingKept {
		t.Errorf("counts %+v, keeping %q; the record has %d users", u, out.Keeping, largest.Users)
	}
	if n := denied.Load(); n > 100 { // eight pages at once may find out by themselves
		t.Errorf("the record was tried %d times", n)
	}
}
