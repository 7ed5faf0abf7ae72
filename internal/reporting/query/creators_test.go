package query

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"defendersync/internal/testing/simulator"
)

// rewriting is a tenant whose lists under a path are changed on their way.
func rewriting(under string, change func(path string, rows []map[string]any) []map[string]any) func(http.Handler) http.Handler {
	return func(tenant http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if !strings.HasPrefix(req.URL.Path, under) {
				tenant.ServeHTTP(w, req)
				return
			}
			answer := httptest.NewRecorder()
			tenant.ServeHTTP(answer, req)
			var rows []map[string]any
			body := answer.Body.Bytes()
			d := json.NewDecoder(bytes.NewReader(body))
			if d.UseNumber(); d.Decode(&rows) == nil {
				body, _ = json.Marshal(append([]map[string]any{}, change(req.URL.Path, rows)...))
			}
			for key, values := range answer.Header() {
				if key != "Content-Length" {
					w.Header()[key] = values
				}
			}
			w.WriteHeader(answer.Code)
			_, _ = w.Write(body)
		})
	}
}

// calling is a tenant that calls the integration user something else in its
// records; drop leaves out the link keys and sources that tell whose they are.
func calling(creator any, drop bool) func(http.Handler) http.Handler {
	return rewriting("/api/v3/saas", func(path string, rows []map[string]any) []map[string]any {
		for _, row := range rows {
			if path == "/api/v3/saas" && row["createdby"] == "defendersync@contoso.com" {
				row["createdby"] = creator
			}
			if path == "/api/v3/saas" && drop {
				delete(row, "link_key")
				delete(row, "source")
			}
		}
		return rows
	})
}

// userID is the id of the integration user.
func userID(t *testing.T) string {
	t.Helper()
	sim := simulator.New(simulator.Options{})
	return sim.Holdings().People[sim.Options().TokenUser].ID
}

func TestOurRecordsAreFoundWhateverTheTenantCallsTheirCreator(t *testing.T) {
	for name, creator := range map[string]any{
		"an id":            userID(t),
		"a number":         json.Number(userID(t)),
		"a name":           "Defender Sync",
		"a name turned":    "Sync, Defender",
		"with an address":  "Defender Sync <defendersync@contoso.com>",
		"another spelling": "DefenderSync@CONTOSO.com",
		"an object":        map[string]any{"user_id": userID(t), "username": "defendersync@contoso.com"},
		"an object's id":   map[string]any{"id": userID(t)},
		"a domain before":  `CONTOSO\defendersync@contoso.com`,
	} {
		for _, drop := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				r := newRigBehind(t, several(), calling(creator, drop))
				want := r.expected(r.ours)
				for _, o := range []AppsOptions{{}, {CreatedBy: "defendersync@contoso.com"}, {CreatedBy: "DefenderSync@contoso.com", MinActiveUsers: 1}} {
					for name, e := range want {
						if e.inUse < o.MinActiveUsers {
							delete(want, name)
						}
					}
					got := r.apps(o)
					r.sameNames(got, want)
					for _, a := range got {
						if a.ActiveUsers != want[a.Name].inUse {
							t.Errorf("%s has %d active users, want %d", a.Name, a.ActiveUsers, want[a.Name].inUse)
						}
					}
				}
				r.sameNames(r.apps(AppsOptions{CreatedBy: "okta_integration"}), r.expected(func(s simulator.HeldSaaS) bool { return s.ByAnother }))
			})
		}
	}
}

func TestOurRecordsWithoutACreatorAreKnownByTheirMark(t *testing.T) {
	for _, creator := range []any{"", nil, []any{}, map[string]any{}} {
		r := newRigBehind(t, several(), calling(creator, false))
		r.sameNames(r.apps(AppsOptions{}), r.expected(r.ours))
		r.noted("without a creator are included")
	}
}

func TestAnAnswerThatLeavesOurRecordsOutSaysSo(t *testing.T) {
	r := newRigBehind(t, several(), calling("admin", false))
	if got := r.apps(AppsOptions{}); len(got) != 0 {
		t.Errorf("got %d apps of admin", len(got))
	}
	r.noted("excluded (creators: admin (")
	r.noted("belong to this integration")
	r.noted("ask for created-by any")
	r = newRigBehind(t, several(), calling("", true)) // nothing tells whose they are
	if got := r.apps(AppsOptions{}); len(got) != 0 {
		t.Errorf("got %d apps of nobody", len(got))
	}
	r.noted("creators: unknown (")
}

func TestACreatorWhoIsNobodyIsTakenForTheIntegrationWhereTheMarkSaysSo(t *testing.T) {
	r := newRigBehind(t, several(), calling("API integration #4", false))
	r.sameNames(r.apps(AppsOptions{}), r.expected(r.ours))
	r.noted(`show defendersync@contoso.com as "api integration #4"`)
}

func TestWhoIsMeantIsLookedUpOnlyWhereItMatters(t *testing.T) {
	r := newRig(t, several())
	r.apps(AppsOptions{})
	r.apps(AppsOptions{CreatedBy: "okta_integration"})
	for route := range r.asked() {
		if strings.HasPrefix(route, "oomnitza GET users") {
			t.Errorf("asked for %s", route)
		}
	}
}
