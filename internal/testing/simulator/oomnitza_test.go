package simulator

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestOomnitzaKeepsWhatASessionWrites(t *testing.T) {
	r := newRig(t, Options{})
	app, ann, bob := r.create("Dropbox"), r.person("ann@contoso.com"), r.person("bob@contoso.com")
	a := r.oom(http.MethodPost, "/api/v3/saas/"+app+"/users", []map[string]any{
		{"user_id": ann, "assign": true, "last_visit": 1795000000}, {"user_id": bob, "assign": true}})
	if a.status != 200 || string(a.body) != "{}" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	var users []struct {
		UserID, Username string
		LastVisit        *int64 `json:"last_visit"`
	}
	r.oom(http.MethodGet, "/api/v3/saas/"+app+"/users", nil).decode(t, &users)
	if len(users) != 2 || *users[0].LastVisit != 1795000000 || *users[1].LastVisit != 0 {
		t.Errorf("assigned %+v", users)
	}
	h := r.Holdings()
	if got := h.SaaS["Dropbox"]; got.CreatedBy != r.Options().TokenUser || got.Visited != 3 || got.LinkKey != "defender-app:Dropbox" {
		t.Errorf("held %+v", got)
	}
	if got := h.People["ann@contoso.com"]; got.Role != 25 || !got.Suspended || got.CreatedBy != r.Options().TokenUser {
		t.Errorf("held %+v", got)
	}
	if got := h.Assigned["Dropbox"]; len(got) != 2 || got[0].Writes != 1 || got[0].LastActivity.Unix() != 1795000000 || !got[1].LastActivity.IsZero() {
		t.Errorf("held %+v", got)
	}
	if h.Counts.SaaSCreated != 1 || h.Counts.PeopleCreated != 2 || h.Counts.Rows != 2 || h.Counts.Redundant != 0 {
		t.Errorf("counts %+v", h.Counts)
	}
	r.noViolations()
}

func TestUniqueNamesAreEnforced(t *testing.T) {
	r := newRig(t, Options{})
	r.create("Dropbox")
	r.person("ann@contoso.com")
	if a := r.oom(http.MethodPost, "/api/v3/saas", saasBody("DROPBOX")); a.status != 409 {
		t.Errorf("%d %s", a.status, a.body)
	}
	a := r.oom(http.MethodPost, "/api/v3/users", map[string]any{"username": "Ann@Contoso.com", "role": 25})
	if a.status != 409 || !strings.Contains(string(a.body), "already exists") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if c := r.Counts(); c.Conflicts != 2 || c.SaaSCreated != 1 || c.PeopleCreated != 1 {
		t.Errorf("counts %+v", c)
	}
	r.noViolations() // other spellings: no blind repeats
	r.oom(http.MethodPost, "/api/v3/saas", saasBody("Dropbox"))
	if v := r.Violations(); len(v) != 1 || !strings.Contains(v[0], "created twice") {
		t.Errorf("violations %q", v)
	}
}

func TestFilters(t *testing.T) {
	r := newRig(t, Options{Roles: []int{1, 25}})
	for _, u := range []string{"ann@contoso.com", "sean.o'brien@contoso.com", "Bob@contoso.com"} {
		r.person(u)
	}
	for _, c := range []struct {
		filter, want string
	}{
		{`username eq 'ann@contoso.com'`, "ann@contoso.com"},
		{`username eq "ANN@CONTOSO.COM"`, "ann@contoso.com"},
		{`username in ["ann@contoso.com","bob@contoso.com","nobody"]`, "ann@contoso.com Bob@contoso.com"},
		{`username in ("ann@contoso.com", "bob@contoso.com")`, "ann@contoso.com Bob@contoso.com"},
		{`email eq "sean.o'brien@contoso.com"`, "sean.o'brien@contoso.com"},
		{`email eq 'sean.o''brien@contoso.com'`, "sean.o'brien@contoso.com"},
		{`email eq 'sean.o\'brien@contoso.com'`, "sean.o'brien@contoso.com"},
		{`(username in ["x"]) or (email in ["ann@contoso.com"])`, "ann@contoso.com"},
		{`role eq 25 and username ne 'resident1@contoso.com'`, "ann@contoso.com sean.o'brien@contoso.com Bob@contoso.com"},
		{`username LIKE "%brien%"`, "sean.o'brien@contoso.com"},
		{`role gt 1 and role lte 25 and suspended eq true`, "ann@contoso.com sean.o'brien@contoso.com Bob@contoso.com"},
		{`position IS NULL and username like 'ann%'`, "ann@contoso.com"},
		{`position IS NOT NULL`, ""},
		{`not (role eq 25) and username not in ["admin", "resident0@contoso.com"]`, "defendersync@contoso.com"},
		{`role between 2 and 30 and username like 'b%'`, "Bob@contoso.com"},
		{`role gte 25 and role lt 26 and username like 'resident%'`, "resident1@contoso.com"},
	} {
		t.Run(c.filter, func(t *testing.T) {
			var people []struct{ Username string }
			a := r.oom(http.MethodGet, "/api/v3/users?filter="+url.QueryEscape(c.filter), nil)
			a.decode(t, &people)
			var got []string
			for _, p := range people {
				got = append(got, p.Username)
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("got %q, want %q", text, c.want)
			}
			if n := a.header.Get("X-Total-Count"); n != fmt.Sprint(len(got)) {
				t.Errorf("X-Total-Count %s", n)
			}
		})
	}
	r.noViolations()
}

func TestWhatTheContractDoesNotKnowIsRefusedAndNoted(t *testing.T) {
	without := func(key string) map[string]any {
		b := saasBody("X")
		delete(b, key)
		return b
	}
	with := func(key string, value any) map[string]any {
		b := saasBody("X")
		b[key] = value
		return b
	}
	for name, c := range map[string]struct {
		method, path string
		body         any
		status       int
		note         string
	}{
		"a required field left out":   {"POST", "/api/v3/saas", without("hash"), 400, "hash is required"},
		"an unknown field":            {"POST", "/api/v3/saas", with("nonsense", 1), 400, "unknown field"},
		"a field of the wrong type":   {"POST", "/api/v3/saas", with("hash", "no"), 400, "not of type boolean"},
		"a body that is not JSON":     {"POST", "/api/v3/saas", "{", 400, "not valid JSON"},
		"a person's field wrong":      {"POST", "/api/v3/users", map[string]any{"username": "x", "role": "25"}, 400, "not of type integer"},
		"an unknown path":             {"GET", "/api/v3/nothing", nil, 404, "Not found"},
		"an unknown method":           {"DELETE", "/api/v3/users/100001", nil, 405, "DELETE"},
		"an unknown query parameter":  {"GET", "/api/v3/users?fields=username", nil, 400, "no query parameter"},
		"an empty query parameter":    {"GET", "/api/v3/users?filter=", nil, 400, "is empty"},
		"a filter on no field":        {"GET", "/api/v3/users?filter=" + url.QueryEscape("size eq 1"), nil, 400, "no field"},
		"a filter without end":        {"GET", "/api/v3/users?filter=" + url.QueryEscape("role eq"), nil, 400, "ends too early"},
		"a limit that is no number":   {"GET", "/api/v3/users?limit=many", nil, 400, "whole numbers"},
		"an address that is too long": {"GET", "/api/v3/users?filter=" + strings.Repeat("a", 9000), nil, 414, "longer"},
		"a row that unassigns":        {"POST", "/api/v3/saas/5001/users", []any{map[string]any{"user_id": "100001", "assign": false}}, 200, "takes an assignment away"},
		"a row with unknown keys":     {"POST", "/api/v3/saas/5001/users", []any{map[string]any{"user_id": "100001", "assign": true, "x": 1}}, 200, "is not {user_id"},
		"rows that are no list":       {"POST", "/api/v3/saas/5001/users", map[string]any{"user_id": "100001"}, 400, "not valid JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{})
			r.create("Dropbox")
			if a := r.oom(c.method, c.path, c.body); a.status != c.status {
				t.Errorf("%d %s", a.status, a.body)
			}
			if v := r.Violations(); len(v) == 0 || !strings.Contains(v[0], c.note) {
				t.Errorf("violations %q, want %q", v, c.note)
			}
		})
	}
}

func TestAWriteThatWouldStartWorkflowsIsNoted(t *testing.T) {
	r := newRig(t, Options{})
	h := http.Header{"Authorization2": {r.Options().OomnitzaToken}, "Content-Type": {"application/json"}}
	if a := send("POST", r.oomnitza+"/api/v3/saas", h, saasBody("X")); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if v := r.Violations(); len(v) != 1 || !strings.Contains(v[0], "workflows") {
		t.Errorf("violations %q", v)
	}
}

func TestALastVisitThatMovesBackwardsIsNoted(t *testing.T) {
	r := newRig(t, Options{})
	app, ann := r.create("Dropbox"), r.person("ann@contoso.com")
	for _, last := range []any{1795000000, 1795000000, "2026-11-18T11:06:40Z", 1794000000} {
		r.oom(http.MethodPost, "/api/v3/saas/"+app+"/users", []map[string]any{{"user_id": ann, "assign": true, "last_visit": last}})
	}
	if c := r.Counts(); c.Redundant != 2 || c.Backwards != 1 {
		t.Errorf("counts %+v", c)
	}
	if v := r.Violations(); len(v) != 1 || !strings.Contains(v[0], "backwards") {
		t.Errorf("violations %q", v)
	}
	if h := r.Holdings().Assigned["Dropbox"]; h[0].Writes != 4 {
		t.Errorf("held %+v", h)
	}
}

func TestListsArePaged(t *testing.T) {
	r := newRig(t, Options{})
	for i := range 25 {
		r.create(fmt.Sprintf("App %02d", i))
	}
	var got []struct {
		Name string `json:"saas_name"`
	}
	a := r.oom(http.MethodGet, "/api/v3/saas?limit=10&skip=20&sortby="+url.QueryEscape("saas_name desc"), nil)
	a.decode(t, &got)
	if len(got) != 5 || got[0].Name != "App 04" || a.header.Get("X-Total-Count") != "25" {
		t.Errorf("%v of %s", got, a.header.Get("X-Total-Count"))
	}
	r.noViolations()
}

func TestAPatchKeepsWhoMadeTheRecord(t *testing.T) {
	r := newRig(t, Options{Apps: 40, ExistingApps: 1, ExistingPeople: 1})
	var before HeldSaaS
	for _, before = range r.Holdings().SaaS {
		break
	}
	body := saasBody(before.Name)
	body["visited"], body["createdby"], body["link_key"] = 9, "someone", before.LinkKey
	if a := r.oom(http.MethodPatch, "/api/v3/saas/"+before.ID, body); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	after := r.Holdings().SaaS[before.Name]
	if after.Visited != 9 || after.CreatedBy != "okta_integration" || after.ChangedBy != r.Options().TokenUser || after.Patches != 1 {
		t.Errorf("held %+v", after)
	}
	r.noViolations()
}
