package activities

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
)

// oddAnswers are what a tenant may answer to requests about one thing.
func oddAnswers() map[string]func(http.ResponseWriter, *http.Request) {
	out := map[string]func(http.ResponseWriter, *http.Request){
		"a web page, 200":      func(w http.ResponseWriter, _ *http.Request) { page(http.StatusOK)(w) },
		"nothing, 200":         func(http.ResponseWriter, *http.Request) {},
		"a dropped connection": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"no answer at all":     func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() },
		"429 that waits a minute": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(http.StatusTooManyRequests)
		},
	}
	for _, status := range []int{400, 403, 409, 412, 422, 423, 429, 503} {
		out[strconv.Itoa(status)] = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"error": "role of carole@role.example: not now"}`)
		}
	}
	return out
}

// TestWhateverIsAnsweredAboutAPersonOrARecordCostsThatAlone gives one answer to
// all requests of a kind about one thing, for good. All waits are virtual.
func TestWhateverIsAnsweredAboutAPersonOrARecordCostsThatAlone(t *testing.T) {
	for what, about := range map[string]func(record, person string) func(*http.Request, []byte) bool{
		"the creation of a person": func(_, person string) func(*http.Request, []byte) bool {
			return func(req *http.Request, body []byte) bool {
				return req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/users") && !strings.Contains(req.URL.Path, "saas") && bytes.Contains(body, []byte(person))
			}
		},
		"the change of a record": func(record, _ string) func(*http.Request, []byte) bool {
			return func(req *http.Request, _ []byte) bool {
				return req.Method == http.MethodPatch && strings.HasSuffix(req.URL.Path, "/saas/"+record)
			}
		},
		"assignments to the users of a record": func(record, _ string) func(*http.Request, []byte) bool {
			return func(req *http.Request, _ []byte) bool {
				return req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/saas/"+record+"/users")
			}
		},
	} {
		for answer, give := range oddAnswers() {
			if strings.HasPrefix(what, "assignments") && !tellsOfOneRecord(answer) {
				continue
			}
			t.Run(what+": "+answer, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { refuseOne(t, what, about, give) })
			})
		}
	}
}

// tellsOfOneRecord leaves out what a tenant answers to assignments when it is
// out or throttles: that is waited for, far beyond the patience of this test.
func tellsOfOneRecord(answer string) bool {
	switch answer {
	case "nothing, 200", "400", "403", "409", "422":
		return true
	}
	return false
}

// refuseOne holds a session in which one thing is refused, and one afterwards.
func refuseOne(t *testing.T, what string, about func(record, person string) func(*http.Request, []byte) bool, give func(http.ResponseWriter, *http.Request)) {
	r := newRig(t, simulator.Options{Seed: 3, Apps: 6, People: 60, Pairs: 150})
	r.policy.GiveUp = 6 * time.Hour
	var app, person string
	for a := range r.sim.Truth() {
		if len(a.Users) > 3 {
			app = a.Name
			person = strings.ToLower(a.Users[1].User)
		}
	}
	carry := contract.Carry{}
	record := ""
	due := map[sandbox.Pair]int64{}
	if strings.HasSuffix(what, "of a record") && !strings.Contains(what, "creation") {
		dueByID(r.sim, due)
		carry = r.hold(carry).carry
		record = r.sim.Holdings().SaaS[app].ID
		r.sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.5, NewPairs: 0.2})
		r.Activities = r.worker()
	}
	hit := about(record, person)
	hits := 0
	r.oomnitzaAt.Post(func(w http.ResponseWriter, req *http.Request) bool {
		body, _ := io.ReadAll(req.Body)
		req.Body = io.NopCloser(bytes.NewReader(body))
		if !hit(req, body) {
			return false
		}
		hits++
		give(w, req)
		return true
	})
	now := dueByID(r.sim, due)
	s := r.hold(carry)
	s.judge(now, due)
	have, missing := heldByID(t, r.sim), 0
	for key, last := range now {
		if have[key] != last {
			missing++
			if key.User != person && !strings.Contains(what, "record") {
				t.Errorf("%v is missing", key)
			}
		}
	}
	if s.failed != nil {
		t.Errorf("failed: %v", s.failed)
	}
	if s.took > 30*time.Minute {
		t.Errorf("took %s", s.took)
	}
	if hits == 0 || missing > 0 && s.rejects.Total() == 0 {
		t.Errorf("%d hits, %d missing, rejects %+v", hits, missing, s.rejects.ByReason)
	}
	r.befriend()
	r.oomnitzaAt.Post(func(http.ResponseWriter, *http.Request) bool { return false })
	r.Activities = r.worker()
	again := r.hold(s.carry)
	again.judge(now, due)
	if again.failed != nil || again.rejects.Total() > 0 {
		t.Errorf("afterwards: %v %+v", again.failed, again.rejects.ByReason)
	}
	r.clean()
}

// page answers with a web page.
func page(status int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<html><title>Request blocked</title></html>")
	}
}
