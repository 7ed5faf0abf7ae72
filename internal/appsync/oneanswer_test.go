package appsync

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"defendersync/internal/saas"
)

// oddAnswers are what a tenant may answer to every request about one thing.
func oddAnswers() map[string]func(http.ResponseWriter, *http.Request) {
	out := map[string]func(http.ResponseWriter, *http.Request){
		"a web page, 200":      func(w http.ResponseWriter, _ *http.Request) { answerPage(http.StatusOK)(w) },
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
			_, _ = fmt.Fprint(w, `{"error": "not now"}`)
		}
	}
	return out
}

// Whatever a tenant answers, for ever, to all that is written about one app's
// record: the page goes on, and that app alone is rejected.
func TestWhateverIsAnsweredAboutOneRecordCostsThatAppAlone(t *testing.T) {
	for what, about := range map[string]func(req *http.Request, body []byte) bool{
		"its creation": func(req *http.Request, body []byte) bool {
			return req.Method == http.MethodPost && bytes.Contains(body, []byte("Kite"))
		},
		"its change": func(req *http.Request, body []byte) bool {
			return req.Method == http.MethodPatch && bytes.Contains(body, []byte("Kite"))
		},
	} {
		for answer, give := range oddAnswers() {
			if what == "its change" && answer == "nothing, 200" {
				continue // by which a tenant may say that all is well
			}
			inBubble(t, what+": "+answer, func(t *testing.T) {
				r := newRig(t, small())
				apps := catalogue()
				if what == "its change" {
					r.upsertAll(apps)
					apps[0].Website, apps[2].Website = "new.example", "kite.example"
				}
				hits := 0
				r.OomnitzaDoor.Post(func(w http.ResponseWriter, req *http.Request) bool {
					if !about(req, readBody(req)) {
						return false
					}
					hits++
					give(w, req)
					return true
				})
				took := timeOf(func() {
					out := r.upsertAll(apps)
					if out.Counts.Created+out.Counts.Updated+out.Counts.Unchanged != 2 || out.Counts.Rejected != 1 || out.Retry[0] != "903" {
						t.Errorf("counts %+v, retry %v", out.Counts, out.Retry)
					}
				})
				if hits == 0 || took > limitFor(answer) {
					t.Errorf("%d requests were answered so, and it took %s", hits, took)
				}
				r.OomnitzaDoor.Post(nil)
				if out := r.upsertAll(apps); out.Counts.Rejected > 0 || r.Holdings().SaaS["Kite"].LinkKey != saas.LinkKey("903") {
					t.Errorf("afterwards: %+v", out.Counts)
				}
				r.CheckContract()
			})
		}
	}
}

// limitFor bounds what one app may cost the others: an answer that never comes is
// waited for several times; a 429 pauses everybody, and so is met as seldom as
// is enough to see that it is about one request.
func limitFor(answer string) time.Duration {
	switch {
	case strings.HasPrefix(answer, "429"):
		return 5 * time.Minute
	case answer == "no answer at all":
		return 25 * time.Minute
	}
	return 3 * time.Minute
}
