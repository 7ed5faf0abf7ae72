package usersync_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
)

// twoStreams is a tenant whose streams overlap.
func twoStreams() simulator.Options {
	return simulator.Options{Apps: 12, People: 400, Pairs: 1500, Streams: 2}
}

const (
	readsAssigned = "oomnitza GET saas/{}/users"
	readsRecord   = "oomnitza GET saas/{}"
)

// stream carries a stream of a session over, as the workflow asks for it.
func (r *rig) stream(s session, i int, memory string, w *worker) contract.SyncUsageResult {
	r.t.Helper()
	in := r.usage(s, i)
	in.SessionRun, in.Memory, in.Further = "one session", memory, i < len(s.Streams)-1
	r.ResetRequests()
	out, err := r.try(&attempt{worker: w}, in)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// countApart counts, by the truth, the lists of a session's second stream with
// users, those of them that the first one has, too, and the rows of users that
// the first one does not show with the same or a later activity.
func (r *rig) countApart(s session) (lists, shared, beyond int) {
	for app := range r.Truth() {
		shown := map[int]time.Time{}
		users := [2]int{}
		for _, u := range app.Users {
			if u.Stream == s.Streams[0].ID {
				users[0]++
				if u.LastActivity.After(shown[u.Person]) {
					shown[u.Person] = u.LastActivity
				}
			}
		}
		for _, u := range app.Users {
			if u.Stream == s.Streams[1].ID {
				users[1]++
				if have, ok := shown[u.Person]; !ok || u.LastActivity.After(have) {
					beyond++
				}
			}
		}
		if users[1] > 0 {
			lists++
			if users[0] > 0 {
				shared++
			}
		}
	}
	return lists, shared, beyond
}

func TestAFurtherStreamReadsNobodyAgainAndTellsWhatItAdds(t *testing.T) {
	for name, tc := range map[string]struct {
		forget bool // the token is lost
		other  bool // another worker takes over
	}{
		"on the same worker":               {},
		"on another worker":                {other: true},
		"after a run that is not known of": {forget: true},
	} {
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, twoStreams())
			s := r.open(contract.Carry{})
			first := r.stream(s, 0, "", r.worker)
			if *first.Beyond < first.Counts.Users.Seen {
				t.Errorf("the first stream shows %d rows, %d of which no earlier one had shown", first.Counts.Users.Seen, *first.Beyond)
			}
			lists, shared, beyond := r.countApart(s)
			if shared == 0 || beyond == 0 {
				t.Fatalf("the streams share %d apps, and %d rows differ: nothing is tested", shared, beyond)
			}
			w, memory := r.worker, first.Memory
			reads := 0 // the lists of records that the first stream has left are known
			if tc.other {
				w = r.newWorker()
			}
			if tc.forget {
				memory = ""
			}
			if tc.other || tc.forget {
				reads, beyond = shared, 0
			}
			second := r.stream(s, 1, memory, w)
			if beyond == 0 {
				beyond = second.Counts.Users.Seen
			}
			if got := r.Requests().Routes[readsAssigned]; got < reads || got > reads+2 { // one assignment is read back
				t.Errorf("the second stream read %d lists of users, not %d: it has %d, of which it shares %d", got, reads, lists, shared)
			}
			if *second.Beyond < beyond || *second.Beyond > beyond+len(s.Streams)*12 {
				t.Errorf("%d rows are said to be beyond the first stream's, and %d are", *second.Beyond, beyond)
			}
			r.checkContent(t, s)
			r.CheckContract()
		})
	}
}

// checkContent compares assignments and totals with the truth.
func (r *rig) checkContent(t *testing.T, s session) {
	t.Helper()
	held := r.Holdings()
	for app := range r.Truth() {
		last := map[int]time.Time{}
		for _, u := range app.Users {
			if u.LastActivity.After(last[u.Person]) {
				last[u.Person] = u.LastActivity
			}
		}
		have := held.Assigned[app.Name]
		if len(have) != len(last) {
			t.Errorf("%d people are assigned to %s, not %d", len(have), app.Name, len(last))
		}
		times := map[int64]int{}
		for _, at := range last {
			times[at.Unix()]++
		}
		for _, seat := range have {
			times[seat.LastActivity.Unix()]--
		}
		for at, n := range times {
			if n != 0 {
				t.Errorf("%s: %d people more should have been last seen at %s", app.Name, n, time.Unix(at, 0).UTC())
			}
		}
		active := 0
		for _, at := range last {
			if s.Began.Sub(at) <= 60*24*time.Hour {
				active++
			}
		}
		if rec := held.SaaS[app.Name]; rec.Source == saas.Source && rec.Visited != active {
			t.Errorf("%s has %d active users, not %d", app.Name, rec.Visited, active)
		}
	}
}

func TestARecordWhosePageFailedIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, twoStreams())
		s := r.open(contract.Carry{})
		refused := ""
		r.OomnitzaDoor.Post(func(w http.ResponseWriter, req *http.Request) bool {
			if !isAssign(req) || refused != "" && req.URL.Path != refused {
				return false
			}
			refused = req.URL.Path
			return sandbox.AnswerStatus(http.StatusBadRequest)(w, req)
		})
		first := r.stream(s, 0, "", r.worker)
		if first.Counts.Users.Rejected == 0 {
			t.Fatal("nobody was refused: nothing is tested")
		}
		r.OomnitzaDoor.Post(nil)
		r.stream(s, 1, first.Memory, r.worker)
		if got := r.Requests().Routes[readsAssigned]; got == 0 {
			t.Error("who is assigned to the record whose people were refused was not read again")
		}
		r.CheckContract()
	})
}

func TestNewRecordsAreReadTogetherForTheirTotals(t *testing.T) {
	for name, tc := range map[string]struct {
		guard    sandbox.Guard
		together bool
	}{
		"as a list shows them": {nil, true},
		"one by one where lists fail": {func(w http.ResponseWriter, req *http.Request) bool {
			return req.Method == http.MethodGet && strings.HasSuffix(req.URL.Path, "/saas") && sandbox.AnswerStatus(http.StatusBadRequest)(w, req)
		}, false},
	} {
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, small())
			s := r.open(contract.Carry{})
			in := r.usage(s, 0)
			r.OomnitzaDoor.Post(tc.guard)
			r.ResetRequests()
			r.carryOver(in)
			routes := r.Requests().Routes
			single, written := routes[readsRecord], routes["oomnitza PATCH saas/{}"]
			if want := written; written == 0 || tc.together && single > 0 || !tc.together && single < want {
				t.Errorf("records were read %d times one by one to write %d totals", single, written)
			}
			if lists := routes["oomnitza GET saas"]; tc.together && lists != 1 {
				t.Errorf("lists of records were read %d times", lists)
			}
			r.OomnitzaDoor.Post(nil)
			r.checkContent(t, s)
			r.CheckContract()
		})
	}
}

func TestRowsBeyondAreToldOnlyWhereEveryAttemptCountsThem(t *testing.T) {
	for name, counts := range map[string]bool{"an attempt that counts them": true, "an attempt of an older version": false} {
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, long())
			in := r.usage(r.open(contract.Carry{}), 0)
			at := &attempt{stop: make(chan struct{})}
			r.at(25, at.end)
			if _, err := r.try(at, in); err == nil || at.left.Counts.Users.Seen == 0 {
				t.Fatalf("it ended with %v, after %d rows: nothing is tested", err, at.left.Counts.Users.Seen)
			}
			if !counts {
				at.left.Beyond = nil
			}
			out, err := r.try(&attempt{worker: r.newWorker(), from: &at.left}, in)
			if err != nil {
				t.Fatal(err)
			}
			if got := out.Beyond; (got != nil) != counts || counts && *got < out.Counts.Users.Seen {
				t.Errorf("%v rows are told of %d", got, out.Counts.Users.Seen)
			}
		})
	}
}
