package usersync_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
	"defendersync/internal/usersync"
)

func TestTheFirstAssignmentIsReadBackWithPatience(t *testing.T) {
	for name, tc := range map[string]struct {
		late  int // reads that don't show it
		want  contract.Keeping
		notes []string
	}{
		"at once":       {0, contract.KeepingKept, nil},
		"a little late": {3, contract.KeepingKept, nil},
		"far too late":  {1000, contract.KeepingUnseen, []string{usersync.NoteNotReadBack}},
	} {
		inBubble(t, name, func(t *testing.T) {
			o := small()
			o.Variants.Unkind.People.LagSeats = tc.late
			r := newRig(t, o)
			p := r.open(contract.Carry{})
			out := r.carryOver(r.usage(p, 0))
			if out.Keeping != tc.want || !slices.Equal(out.Notes, tc.notes) || out.Rejects.Total() > 0 {
				t.Errorf("keeping %q, notes %q, rejects %+v", out.Keeping, out.Notes, out.Rejects)
			}
			sandbox.ComparePairs(t, r.DuePairs(p.Streams[0].ID), r.HeldPairs())
			r.CheckContract()
		})
	}
}

// TestAnOutageAtTheFirstAssignmentCostsNothingWheneverItEnds has Oomnitza out from the
// first assignment on, for so many requests: whatever is asked to find out whose fault
// that is may be what the outage ends in.
func TestAnOutageAtTheFirstAssignmentCostsNothingWheneverItEnds(t *testing.T) {
	for lasts := int64(1); lasts <= 100; lasts++ {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, simulator.Options{Apps: 3, People: 12, Pairs: 30})
			p := r.open(contract.Carry{})
			var met atomic.Int64
			r.OomnitzaDoor.Post(func(w http.ResponseWriter, req *http.Request) bool {
				assigns := req.Method == http.MethodPost && strings.HasPrefix(req.URL.Path, "/api/v3/saas/")
				if met.Load() == 0 && !assigns || met.Add(1) > lasts {
					return false
				}
				return sandbox.AnswerDown(w, req)
			})
			out := r.carryOver(r.usage(p, 0))
			if out.Keeping != contract.KeepingKept {
				t.Errorf("after an outage of %d requests it is taken for %q, rejects %+v", lasts, out.Keeping, out.Rejects.ByReason)
			}
			sandbox.ComparePairs(t, r.DuePairs(p.Streams[0].ID), r.HeldPairs())
		})
	}
}

func TestAListThatLagsBehindWhatTheSessionWroteMovesNothingBackwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.Streams, o.Variants.Unkind.People.LagSeats = 2, 4
		r := newRig(t, o)
		p := r.open(contract.Carry{})
		added := 0
		var in contract.SyncUsageParams
		for stream := range p.Streams {
			next := r.usage(p, stream)
			next.SessionRun = "one session"
			if in.Keeping != contract.KeepingUnknown {
				next.Keeping = in.Keeping
			}
			in = next
			out := r.carryOver(in)
			in.Keeping = out.Keeping
			added += out.Counts.Users.Added
		}
		sandbox.ComparePairs(t, r.DuePairs(p.Streams[0].ID, p.Streams[1].ID), r.HeldPairs())
		if n := r.Counts().Backwards; n > 0 || added != r.Totals().Assignments {
			t.Errorf("%d moved backwards; %d are counted as added, %d are there", n, added, r.Totals().Assignments)
		}
		r.CheckContract()
	})
}

func TestAPersonWhoIsNotFoundYetIsNotMadeTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.Variants.Unkind.People.LagPeople = 3
		r := newRig(t, o)
		const key = "ada.lovelace@contoso.com"
		made, err := r.resolve(t.Context(), ada(25))
		if err != nil || !made[key].Created {
			t.Fatalf("%+v, %v", made, err)
		}
		again, err := r.newWorker().resolve(t.Context(), ada(25)) // who knows nothing of the first
		if err != nil || again[key].ID != made[key].ID || again[key].Created {
			t.Errorf("%+v, %v; it was %+v", again, err, made)
		}
		if n := r.Counts(); n.PeopleCreated != 1 || n.Conflicts != 1 {
			t.Errorf("Oomnitza saw %+v", n)
		}
	})
}

func TestARecordThatIsNotFoundYetIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		p := r.open(contract.Carry{})
		in := r.usage(p, 0)
		var missed atomic.Int64
		r.OomnitzaDoor.Post(func(w http.ResponseWriter, req *http.Request) bool {
			if !strings.Contains(req.URL.Path, "/saas/") || missed.Add(1) > 3 {
				return false
			}
			w.WriteHeader(http.StatusNotFound)
			return true
		})
		out := r.carryOver(in)
		if out.Rejects.Total() > 0 || len(out.Retry) > 0 {
			t.Errorf("rejects %+v", out.Rejects)
		}
		sandbox.ComparePairs(t, r.DuePairs(p.Streams[0].ID), r.HeldPairs())
	})
}

func TestARecordThatDeniesEverybodyDoesNotHoldUpWhatIsLearnt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		p := r.open(contract.Carry{})
		in := r.usage(p, 0)
		largest := slices.MaxFunc(in.Refs, func(a, b contract.AppRef) int { return a.Users - b.Users })
		var denied atomic.Int64
		r.OomnitzaDoor.Post(func(w http.ResponseWriter, req *http.Request) bool {
			if req.Method != http.MethodPost || req.URL.Path != "/api/v3/saas/"+largest.SaaS+"/users" {
				return false
			}
			denied.Add(1)
			w.WriteHeader(http.StatusForbidden)
			return true
		})
		out := r.carryOver(in)
		if u := out.Counts.Users; u.Rejected != largest.Users || u.Added != u.Seen-u.Rejected || out.Keeping != contract.KeepingKept {
			t.Errorf("counts %+v, keeping %q; the record has %d users", u, out.Keeping, largest.Users)
		}
		if n := denied.Load(); n > 100 { // eight pages at once may find out by themselves
			t.Errorf("the record was tried %d times", n)
		}
	})
}

// TestAWriteWhoseAnswerNeverCameIsNotFollowedByLess has the writes to one record land
// and go unanswered until their rows are rejected, while its list shows none of them.
func TestAWriteWhoseAnswerNeverCameIsNotFollowedByLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, twoStreams())
		p := r.open(contract.Carry{})
		first := r.usage(p, 0)
		largest := slices.MaxFunc(first.Refs, func(a, b contract.AppRef) int { return a.Users - b.Users })
		list := "/api/v3/saas/" + largest.SaaS + "/users"
		mute := true
		r.OomnitzaDoor.Post(func(w http.ResponseWriter, req *http.Request) bool {
			switch {
			case req.URL.Path != list:
				return false
			case req.Method == http.MethodGet:
				_, _ = w.Write([]byte("[]"))
				return true
			case mute:
				r.Oomnitza().ServeHTTP(httptest.NewRecorder(), req)
				panic(http.ErrAbortHandler)
			}
			return false
		})
		out := r.carryOver(first)
		if out.Counts.Users.Rejected < largest.Users {
			t.Fatalf("%+v, of %d", out.Counts.Users, largest.Users)
		}
		mute = false
		second := r.usage(p, 1)
		second.SessionRun = first.SessionRun
		r.carryOver(second)
		if n := r.Counts().Backwards; n > 0 {
			t.Errorf("%d moved backwards", n)
		}
		r.CheckContract()
	})
}
