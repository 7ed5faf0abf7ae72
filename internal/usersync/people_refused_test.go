package usersync_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
	"defendersync/internal/usersync"
)

func TestNamesAreFilledInWhereOomnitzaRequiresThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.Variants.Unkind.People.NeedsNames = true
		r := newRig(t, o)
		p := r.open(contract.Carry{})
		out := r.carryOver(r.usage(p, 0))
		sandbox.ComparePairs(t, r.DuePairs(p.Streams[0].ID), r.HeldPairs())
		if out.Rejects.Total() > 0 || len(out.Notes) != 1 || out.Notes[0] != usersync.NoteNamesRequired {
			t.Errorf("rejects %+v, notes %q", out.Rejects, out.Notes)
		}
		for name, who := range r.Holdings().People {
			if who.CreatedBy == r.Options().TokenUser && (who.FirstName == "" || who.LastName == "") {
				t.Errorf("%s is called %q %q", name, who.FirstName, who.LastName)
			}
		}
	})
}

// guardCreates answers the creation of one person in the tenant's place, and
// counts how often it is asked for.
func (r *rig) guardCreates(username string, answer func(http.ResponseWriter)) func() int {
	var mu sync.Mutex
	n := 0
	r.OomnitzaDoor.Post(func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method != http.MethodPost || req.URL.Path != "/api/v3/users" {
			return false
		}
		body, _ := io.ReadAll(req.Body)
		req.Body = io.NopCloser(strings.NewReader(string(body)))
		if !strings.Contains(string(body), `"`+username+`"`) {
			return false
		}
		mu.Lock()
		n++
		mu.Unlock()
		answer(w)
		return true
	})
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
}

// somebody is a user of Defender's whom Oomnitza does not have.
func (r *rig) somebody() string {
	r.t.Helper()
	known := r.Holdings().People
	for app := range r.Truth() {
		for _, u := range app.Users {
			if _, there := known[u.User]; !there {
				return u.User
			}
		}
	}
	r.t.Fatal("everybody is there already")
	return ""
}

func TestAPersonWhoKeepsFailingIsRejectedAndNobodyElse(t *testing.T) {
	web := func(status int) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<html><head><title>Sorry</title></head></html>")
		}
	}
	for name, answer := range map[string]func(http.ResponseWriter){
		"500":           web(http.StatusInternalServerError),
		"a web's 503":   web(http.StatusServiceUnavailable),
		"a web's 403":   web(http.StatusForbidden),
		"401":           web(http.StatusUnauthorized),
		"404":           web(http.StatusNotFound),
		"no answer":     func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"half of one":   func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"user_id": "1`) },
		"an odd answer": func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"errors": ["a character can't be stored"]}`) },
	} {
		inBubble(t, name, func(t *testing.T) {
			// One app with one page, so that nothing else is left to do.
			r := newRig(t, simulator.Options{Apps: 1, People: 60, Pairs: 60})
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			who := r.somebody()
			asked := r.guardCreates(who, answer)
			out := r.carryOver(in)
			due := r.DuePairs(p.Streams[0].ID)
			for key := range due {
				if key.User == strings.ToLower(who) {
					delete(due, key)
				}
			}
			sandbox.ComparePairs(t, due, r.HeldPairs())
			if n := out.Rejects; n.Total() != 1 || n.Samples[0].Subject != who || n.Samples[0].Reason != "person refused by Oomnitza" || out.Counts.People.Rejected != 1 {
				t.Errorf("rejects %+v, counts %+v", n, out.Counts)
			}
			if n := asked(); n == 0 || n > 40 {
				t.Errorf("the person was tried %d times", n)
			}
		})
	}
}

func TestAPersonWhoIsRefusedIsNotTriedAgainForEveryApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		who := "ada.lovelace@contoso.com"
		asked := r.guardCreates(who, func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadRequest) })
		for range 3 {
			got, err := r.resolve(t.Context(), ada(25))
			if err != nil || got[who].Err == nil {
				t.Errorf("%+v, %v", got, err)
			}
		}
		if n := asked(); n != 1 {
			t.Errorf("the person was tried %d times in one session", n)
		}
		got, _, err := r.engine.ResolvePeople(t.Context(), "session-2", ada(25))
		if n := asked(); err != nil || got[who].Err == nil || n != 2 {
			t.Errorf("in the next session: %+v, %v, tried %d times in all", got, err, n)
		}
	})
}

func TestAUsernameOfSomebodyDeletedIsToldWithWhatToDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.Variants.Unkind.People.Ghosts = 1
		r := newRig(t, o)
		who := r.somebody()
		want := map[string]saas.Person{who: {Username: who, Email: who, Role: 25}}
		got, err := r.resolve(t.Context(), want)
		if p := got[who]; err != nil || p.ID != "" || p.Err == nil || !strings.Contains(p.Says(), "restore them") {
			t.Errorf("%+v, %v", p, err)
		}
	})
}
