package usersync_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
)

// countAnswers counts the assignments that the tenant answers with an error.
func (r *rig) countAnswers() *atomic.Int64 {
	var n atomic.Int64
	r.OomnitzaDoor.Post(func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method != http.MethodPost || !strings.HasSuffix(req.URL.Path, "/users") || !strings.Contains(req.URL.Path, "/saas/") {
			return false
		}
		r.Oomnitza().ServeHTTP(&seenStatus{w, &n}, req)
		return true
	})
	return &n
}

// seenStatus counts answers that are errors.
type seenStatus struct {
	http.ResponseWriter
	bad *atomic.Int64
}

func (s *seenStatus) WriteHeader(status int) {
	if status >= 400 {
		s.bad.Add(1)
	}
	s.ResponseWriter.WriteHeader(status)
}

func TestABatchThatIsTooLongIsHalvedAndTheSizeRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tc := range []struct{ most, status int }{
			{50, http.StatusBadRequest}, {50, http.StatusRequestEntityTooLarge}, {7, http.StatusUnprocessableEntity}, {1, http.StatusBadRequest},
		} {
			o := simulator.Options{Apps: 3, People: 300, Pairs: 700}
			o.Variants.Unkind.People.AssignMost, o.Variants.Unkind.People.AssignStatus = tc.most, tc.status
			r := newRig(t, o)
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			out := r.carryOver(in)
			sandbox.ComparePairs(t, r.DuePairs(p.Streams[0].ID), r.HeldPairs())
			if out.Rejects.Total() > 0 || out.MaxBatch == 0 || out.MaxBatch > tc.most {
				t.Errorf("at most %d, %d: rejects %+v, batch %d", tc.most, tc.status, out.Rejects.ByReason, out.MaxBatch)
			}
			r.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.9})
			bad := r.countAnswers()
			in = r.usage(r.open(contract.Carry{}), 0)
			in.Keeping, in.MaxBatch = out.Keeping, out.MaxBatch
			if again := r.carryOver(in); again.Counts.Users.Updated == 0 || bad.Load() > 0 || again.MaxBatch != out.MaxBatch {
				t.Errorf("the next page: %+v, batch %d, %d refused", again.Counts.Users, again.MaxBatch, bad.Load())
			}
			r.CheckContract()
		}
	})
}

func TestOneAssignmentThatSpoilsItsBatchIsRejectedAlone(t *testing.T) {
	for _, status := range []int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusInternalServerError} {
		inBubble(t, http.StatusText(status), func(t *testing.T) {
			o := simulator.Options{Apps: 2, People: 150, Pairs: 260}
			o.Variants.Unkind.People.AssignSpoils, o.Variants.Unkind.People.AssignStatus = 0.03, status
			r := newRig(t, o)
			p := r.open(contract.Carry{})
			out := r.carryOver(r.usage(p, 0))
			due, have := r.DuePairs(p.Streams[0].ID), r.HeldPairs()
			rejected := out.Rejects.Total()
			if rejected == 0 || rejected > 15 || len(have) != len(due)-rejected || out.Counts.Users.Added != len(have) {
				t.Errorf("%d due, %d held, %+v, rejects %+v", len(due), len(have), out.Counts.Users, out.Rejects.ByReason)
			}
			for _, s := range out.Rejects.Samples {
				if s.Reason != "assignment refused by Oomnitza" || s.Subject == "" || s.App == "" {
					t.Errorf("it says %+v", s)
				}
			}
			if out.MaxBatch != 0 {
				t.Errorf("a refused row is taken for a limit of %d", out.MaxBatch)
			}
			r.CheckContract()
		})
	}
}

func TestARecordToWhichNobodyMayBeAssignedCostsItsOwnUsersAndFewRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.Variants.Unkind.People.ForbidRecords = 0.1
		r := newRig(t, o)
		p := r.open(contract.Carry{})
		in := r.usage(p, 0)
		bad := r.countAnswers()
		out := r.carryOver(in)
		due, have := r.DuePairs(p.Streams[0].ID), r.HeldPairs()
		forbidden := map[string]bool{}
		for _, s := range out.Rejects.Samples {
			forbidden[s.App] = true
		}
		if n := out.Rejects.Total(); n == 0 || len(have) != len(due)-n || len(forbidden) != len(out.Retry) {
			t.Errorf("%d due, %d held, %d rejected of %d apps, retry %v", len(due), len(have), n, len(forbidden), out.Retry)
		}
		if n := int(bad.Load()); n > 25*len(forbidden) {
			t.Errorf("%d denials for %d records", n, len(forbidden))
		}
	})
}

func TestAnIdThatIsOutOfDateIsLookedUpAnewAndWrittenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		p := r.open(contract.Carry{})
		in := r.usage(p, 0)
		half := len(in.Refs) / 2
		first, second := in, in
		first.Refs, second.Refs = in.Refs[:half], in.Refs[half:]
		r.carryOver(first)
		var anew []string
		for key := range r.DuePairs(p.Streams[0].ID) {
			for _, seats := range r.Holdings().Assigned {
				if len(anew) < 5 && len(seats) > 0 && !slices.Contains(anew, key.User) {
					anew = append(anew, key.User)
				}
			}
		}
		for _, who := range anew {
			if _, there := r.Holdings().People[who]; there {
				r.RemakePerson(who)
			}
		}
		out := r.carryOver(second)
		if u := out.Counts.Users; out.Rejects.Total() > 0 || u.Seen != u.Added+u.Repeated || out.Counts.People.Created != 0 {
			t.Errorf("counts %+v %+v, rejects %+v", u, out.Counts.People, out.Rejects)
		}
		r.carryOver(r.usage(p, 0)) // another session, which remembers nobody
		have := r.HeldPairs()
		for key, last := range r.DuePairs(p.Streams[0].ID) {
			if have[key] != last {
				t.Errorf("%v is held at %d, not %d", key, have[key], last)
			}
		}
	})
}

// guardAssigns answers bulk assignments in the tenant's place where their body
// is of a kind.
func (r *rig) guardAssigns(of func(body string) bool, answer func(http.ResponseWriter)) {
	r.OomnitzaDoor.Post(func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method != http.MethodPost || !strings.Contains(req.URL.Path, "/saas/") {
			return false
		}
		body, _ := io.ReadAll(req.Body)
		req.Body = io.NopCloser(strings.NewReader(string(body)))
		if !of(string(body)) {
			return false
		}
		answer(w)
		return true
	})
}

func TestAnErrorInsideAGoodAnswerThatNamesNobodyCostsOneRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, simulator.Options{Apps: 2, People: 120, Pairs: 200})
		p := r.open(contract.Carry{})
		in := r.usage(p, 0)
		r.guardAssigns(func(body string) bool { return strings.Contains(body, `"100042"`) },
			func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"errors": ["a user can't be assigned"]}`) })
		out := r.carryOver(in)
		due, have := r.DuePairs(p.Streams[0].ID), r.HeldPairs()
		if n := out.Rejects.Total(); n == 0 || n > 2 || len(have) != len(due)-n {
			t.Errorf("%d due, %d held, rejects %+v", len(due), len(have), out.Rejects)
		}
	})
}

func TestATenantThatRefusesTheLastActivityAsAWholeIsSentNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, status := range []int{http.StatusBadRequest, http.StatusUnprocessableEntity} {
			r := newRig(t, small())
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			r.guardAssigns(func(body string) bool { return strings.Contains(body, "last_visit") },
				func(w http.ResponseWriter) { w.WriteHeader(status) })
			out := r.carryOver(in)
			if out.Keeping != contract.KeepingRefused || out.Rejects.Total() > 0 || len(r.HeldPairs()) != len(r.DuePairs(p.Streams[0].ID)) {
				t.Errorf("%d: keeping %q, rejects %+v", status, out.Keeping, out.Rejects.ByReason)
			}
		}
	})
}
