package appsync

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
)

func TestARefusedAppIsRejectedAloneAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		r.OomnitzaDoor.Post(func(w http.ResponseWriter, req *http.Request) bool {
			if req.Method != http.MethodPost {
				return false
			}
			body, _ := io.ReadAll(req.Body)
			var rec struct {
				Name string `json:"saas_name"`
			}
			if json.Unmarshal(body, &rec) == nil && rec.Name == "Kite" {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"errors":["no kites here"]}`)
				return true
			}
			req.Body = io.NopCloser(strings.NewReader(string(body)))
			return false
		})
		out := r.upsertAll(catalogue())
		if out.Counts != (saas.AppCounts{Seen: 3, Created: 2, Rejected: 1}) || len(out.Refs) != 2 {
			t.Errorf("counts %+v, %d go on", out.Counts, len(out.Refs))
		}
		if len(out.Retry) != 1 || out.Retry[0] != "903" || !strings.Contains(out.Rejects.Samples[0].Detail, "no kites here") {
			t.Errorf("retry %v, rejects %+v", out.Retry, out.Rejects)
		}
	})
}

func TestAnOutageOfOomnitzaWhileAppsAreWrittenIsForTemporalToRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		r.OomnitzaDoor.Post(sandbox.AnswerDown)
		_, err := r.upsert(contract.UpsertAppsParams{Apps: catalogue()})
		if err == nil {
			t.Fatal("it succeeded")
		}
		if httpx.KindOf(err) != httpx.KindServer {
			t.Errorf("it ended with %v", err)
		}
	})
}

func TestOneUnauthorizedAnswerIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden} {
			r := newRig(t, small())
			refused := map[string]bool{}
			r.OomnitzaDoor.Post(func(w http.ResponseWriter, req *http.Request) bool {
				if refused[req.Method] {
					return false
				}
				refused[req.Method] = true
				w.WriteHeader(status)
				return true
			})
			out := r.upsertAll(catalogue()[:1])
			if out.Counts.Created != 1 || r.Counts().SaaSCreated != 1 || len(refused) != 2 {
				t.Errorf("%d: counts %+v, refused %v", status, out.Counts, refused)
			}
			r.CheckContract()
		}
	})
}

func TestAFirewallCostsTheAppItDoesNotLikeAlone(t *testing.T) {
	for _, name := range []string{"ASCII(", "<script>", "../etc/passwd", "' OR 1=1"} {
		for how, answer := range map[string]func(http.ResponseWriter){
			"403": answerPage(403), "406": answerPage(406), "501": answerPage(501), "500": answerPage(500), "503": answerPage(503), "200": answerPage(200), "401": answerPage(401),
			"302": func(w http.ResponseWriter) {
				w.Header().Set("Location", "https://login.example/blocked")
				w.WriteHeader(http.StatusFound)
			},
			"drop": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		} {
			if name != "ASCII(" && how != "403" && how != "drop" && how != "302" {
				continue
			}
			inBubble(t, name+" "+how, func(t *testing.T) {
				r := newRig(t, small())
				encoded, _ := json.Marshal(name)
				r.OomnitzaDoor.Post(blockWrites(`"saas_name":`+string(encoded), answer))
				bad := saas.App{ID: "904", Name: name, Category: "Storage", Users: 1, Stream: "s"}
				for what, apps := range map[string][]saas.App{"among others": append(catalogue(), bad), "alone": {bad}} {
					if len(apps) > 1 && (how == "200" || how == "302") {
						continue // which the client asks for again and again, and that takes its time
					}
					out := r.upsertAll(apps)
					if out.Counts.Rejected != 1 || len(out.Refs) != len(apps)-1 || len(out.Retry) != 1 || out.Retry[0] != "904" {
						t.Fatalf("%s: counts %+v, %d go on", what, out.Counts, len(out.Refs))
					}
					if s := out.Rejects.Samples[0]; s.Subject != name || s.Reason != RejectApp || (how != "drop" && how != "302" && !strings.Contains(s.Detail, "Request blocked")) {
						t.Errorf("%s: rejected as %+v", what, s)
					}
				}
			})
		}
	}
}

func TestAFirewallThatAlsoReadsQuestionsCostsNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, status := range []int{403, 406, 500, 501} {
			r := newRig(t, small())
			writes := blockWrites("ASCII(", answerPage(status))
			r.OomnitzaDoor.Post(func(w http.ResponseWriter, req *http.Request) bool {
				if strings.Contains(req.URL.Query().Get("filter"), "ASCII(") {
					answerPage(status)(w)
					return true
				}
				return writes(w, req)
			})
			out := r.upsertAll(append(catalogue(), saas.App{ID: "904", Name: "ASCII(", Stream: "s"}))
			if out.Counts.Rejected != 1 || out.Counts.Created != 3 || out.Rejects.Samples[0].Subject != "ASCII(" {
				t.Errorf("%d: %+v", status, out.Counts)
			}
		}
	})
}

func TestTheFirstPageWithOneRefusedAppAloneRejectsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, status := range []int{403, 500} {
			r := newRig(t, small())
			r.OomnitzaDoor.Post(blockWrites("ASCII(", answerPage(status)))
			out := r.upsertAll([]saas.App{{ID: "904", Name: "ASCII(", Stream: "s"}})
			if out.Counts.Rejected != 1 {
				t.Errorf("%d: %+v", status, out.Counts)
			}
		}
	})
}

func TestATenantThatRefusesEveryWriteFailsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := recordsRig(t, simulator.RecordSwitches{Mute: true})
		_, err := r.upsert(contract.UpsertAppsParams{Apps: catalogue()})
		if httpx.KindOf(err) != httpx.KindUnauthorized || !strings.Contains(err.Error(), "OOMNITZA_API_TOKEN") {
			t.Errorf("it ended with %v", err)
		}
	})
}

func TestARecordThatCannotBeChangedCostsItselfAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for status, alone := range map[int]bool{403: false, 400: true, 500: true, 401: true} {
			r := newRig(t, small())
			first := r.upsertAll(catalogue())
			r.OomnitzaDoor.Post(blockWrites("/saas/"+first.Refs[0].SaaS, answerPage(status)))
			apps := catalogue()
			apps[0].Website, apps[1].Website = "new.example", "new2.example"
			if alone {
				apps = apps[:1]
			}
			out := r.upsertAll(apps)
			if out.Counts.Rejected != 1 || out.Counts.Updated+out.Counts.Unchanged != len(apps)-1 || len(out.Refs) != len(apps) {
				t.Fatalf("%d: counts %+v, %d go on", status, out.Counts, len(out.Refs))
			}
			if s := out.Rejects.Samples[0]; s.Reason != RejectUpdate || s.App != "901" {
				t.Errorf("%d: rejected as %+v", status, s)
			}
			for _, ref := range out.Refs {
				if ref.Ours == (ref.App == "901") {
					t.Errorf("%d: %+v", status, ref)
				}
			}
		}
	})
}
