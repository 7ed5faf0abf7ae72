package simulator

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// firstApp gives the id of the most used app, which stream 0 has.
func (r *rig) firstApp() string {
	for app := range r.Truth() {
		if app.Rows[0].Stream == r.StreamIDs()[0] && app.Rows[0].Users > 3 {
			return app.ID
		}
	}
	r.t.Fatal("no app has users")
	return ""
}

func TestWhichEndpointAnswersIsAVariant(t *testing.T) {
	const appUsers = "/cas/api/v1/discovery/app_users/"
	for _, c := range []struct {
		v    Variants
		want map[string]int
	}{
		{Variants{}, map[string]int{usersPath: 200, appUsers: 200, "/api/v1/discovery/users/": 200}},
		{Variants{Users: "users"}, map[string]int{usersPath: 200, appUsers: 404}},
		{Variants{Users: "app_users"}, map[string]int{usersPath: 404, appUsers: 200}},
		{Variants{Users: "neither"}, map[string]int{usersPath: 404, appUsers: 404}},
		{Variants{Prefix: "cas"}, map[string]int{usersPath: 200, "/api/v1/discovery/users/": 404}},
		{Variants{Prefix: "api"}, map[string]int{usersPath: 404, "/api/v1/discovery/users/": 200}},
	} {
		r := newRig(t, Options{Variants: c.v})
		for path, status := range c.want {
			if a := r.ask(path, r.usersBody(0, r.firstApp(), 0)); a.status != status {
				t.Errorf("%+v: %s answers %d, want %d", c.v, path, a.status, status)
			}
		}
		r.noViolations()
	}
}

func TestTimeKinds(t *testing.T) {
	for kind, pattern := range map[string]string{
		"ms": `: 17\d{11},`, "ms-float": `: 17\d{11}\.0,`, "ms-string": `: "17\d{11}",`, "seconds": `: 17\d{8},`, "seconds-string": `: "17\d{8}",`,
		"rfc3339": `T\d\d:\d\d:\d\d\.\d{3}Z"`, "rfc3339-0": `T\d\d:\d\d:\d\dZ"`, "rfc3339-1": `T\d\d:\d\d:\d\d\.\d{1}Z"`,
		"rfc3339-6": `T\d\d:\d\d:\d\d\.\d{6}Z"`, "rfc3339-7": `T\d\d:\d\d:\d\d\.\d{7}Z"`,
	} {
		r := newRig(t, Options{Variants: Variants{Time: kind, UserKeys: UserKeys{Name: "entityName", Time: "lastUsed"}}})
		a := r.ask(usersPath, r.usersBody(0, r.firstApp(), 0))
		if !regexp.MustCompile(`"entityName": "[^"]+", "lastUsed"`+strings.TrimPrefix(pattern, `"`)).Match(a.body) &&
			!regexp.MustCompile(`"lastUsed": "[-\d]+`+pattern).Match(a.body) {
			t.Errorf("%s: %.200s", kind, a.body)
		}
	}
}

func TestMidnightCutsEveryTimeToTheDay(t *testing.T) {
	r := newRig(t, Options{Variants: Variants{Midnight: true}})
	n := 0
	for app := range r.Truth() {
		for _, u := range app.Users {
			if u.LastActivity.UnixMilli()%msDay != 0 {
				t.Fatalf("%s at %v", u.User, u.LastActivity)
			}
			n++
		}
	}
	if n == 0 {
		t.Error("no users")
	}
}

func TestEnvelopeVariants(t *testing.T) {
	r := newRig(t, Options{Apps: 150, Variants: Variants{HasNext: "missing", Total: "missing"}})
	var p page
	r.ask(appsPath, r.appsBody(0, 0)).decode(t, &p)
	if p.HasNext != nil || p.Total != nil || len(p.Data) != 100 {
		t.Errorf("%d rows, hasNext %v, total %v", len(p.Data), p.HasNext, p.Total)
	}
	if err := r.SetVariants(Variants{Total: "approximate"}); err != nil {
		t.Fatal(err)
	}
	totals := map[int]bool{}
	for skip := range 9 {
		var p page
		r.ask(appsPath, r.appsBody(0, skip)).decode(t, &p)
		totals[*p.Total] = true
	}
	if len(totals) < 3 {
		t.Errorf("totals %v", totals)
	}
	if err := r.SetVariants(Variants{IgnoreSkip: true}); err != nil {
		t.Fatal(err)
	}
	if a, b := r.ask(appsPath, r.appsBody(0, 0)), r.ask(appsPath, r.appsBody(0, 100)); string(a.body) != string(b.body) {
		t.Error("pages differ although skip is ignored")
	}
	if err := r.SetVariants(Variants{Time: "moon"}); err == nil {
		t.Error("an unknown variant was taken")
	}
}

func TestRowVariants(t *testing.T) {
	r := newRig(t, Options{Variants: Variants{AppIDText: true, AppKeys: AppKeys{Users: "userCount", Time: "lastUsed"}, PlainAppRows: true}})
	var p page
	r.ask(appsPath, r.appsBody(0, 0)).decode(t, &p)
	row := p.Data[0]
	if _, ok := row["appId"].(string); !ok || row["userCount"] == nil || row["lastUsed"] == nil || row["domains"] != nil {
		t.Errorf("row %v", row)
	}
	if err := r.SetVariants(Variants{UnknownAppRows: true, UnknownUserRows: true}); err != nil {
		t.Fatal(err)
	}
	r.ask(appsPath, r.appsBody(0, 0)).decode(t, &p)
	if row := p.Data[0]; row["ref"] == nil || row["label"] == nil {
		t.Errorf("row %v", row)
	}
	r.ask(usersPath, r.usersBody(0, r.firstApp(), 0)).decode(t, &p)
	if row := p.Data[0]; row["principalRef"] == nil || row["bucket"] == nil {
		t.Errorf("row %v", row)
	}
}

func TestStreamsVariants(t *testing.T) {
	for kind, start := range map[string]string{"streams": `{"streams": [{"_id"`, "data": `{"data": [{"_id"`, "array": `[{"_id"`, "object": `{"_id"`} {
		r := newRig(t, Options{Streams: 2, OddStreams: true, Variants: Variants{Streams: kind, Anonymous: 1}})
		a := r.ask("/api/discovery/streams/", nil)
		if !strings.HasPrefix(string(a.body), start) || !strings.Contains(string(a.body), `"anonymizeUsers": true`) {
			t.Errorf("%s: %.80s", kind, a.body)
		}
		if n := strings.Count(string(a.body), `"_id"`); kind != "object" && n != 4 {
			t.Errorf("%s: %d streams", kind, n)
		}
	}
}

func TestAnAnonymousStreamHidesItsUsers(t *testing.T) {
	r := newRig(t, Options{Streams: 2, Variants: Variants{Anonymous: 1}})
	hidden := regexp.MustCompile(`^User_[A-Za-z0-9+/]{22}==$`)
	n := 0
	for app := range r.Truth() {
		for _, u := range app.Users {
			if hidden.MatchString(u.User) != (u.Stream == r.StreamIDs()[0]) {
				t.Fatalf("%s in %s", u.User, u.Stream)
			}
			n++
		}
	}
	if n == 0 {
		t.Error("no users")
	}
}

func TestStreamsOverlapWithOtherTimes(t *testing.T) {
	r := newRig(t, Options{Streams: 2, Apps: 100, People: 200, Pairs: 2000})
	both, differ, alone := 0, 0, 0
	for app := range r.Truth() {
		first := map[int]TruthUser{}
		for _, u := range app.Users {
			other, ok := first[u.Person]
			switch {
			case !ok:
				first[u.Person] = u
				alone++
			default:
				both, alone = both+1, alone-1
				if !other.LastActivity.Equal(u.LastActivity) {
					differ++
				}
			}
		}
	}
	if both < 300 || alone < 300 || differ < both*9/10 {
		t.Errorf("%d pairs in both, %d of them at other times, %d in one", both, differ, alone)
	}
}

func TestErrorBodiesOfDefender(t *testing.T) {
	for kind, want := range map[string]string{"detail": `{"detail": "Invalid token"`, "object": `{"error": {"message": "Invalid token"}}`, "boolean": `"error": true}`} {
		r := newRig(t, Options{Variants: Variants{Errors: kind}})
		if a := send("GET", r.defender+"/api/discovery/streams/", nil, nil); a.status != 401 || !strings.Contains(string(a.body), want) {
			t.Errorf("%s: %d %s", kind, a.status, a.body)
		}
	}
}

func TestBadListRequestsAreRefused(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"an unknown stream":   func(b map[string]any) { b["streamId"] = "nope" },
		"a wrong timeframe":   func(b map[string]any) { b["timeframe"] = 14 },
		"an old sort field":   func(b map[string]any) { b["sortField"] = "usersCount" },
		"a wrong direction":   func(b map[string]any) { b["sortDirection"] = "up" },
		"a negative skip":     func(b map[string]any) { b["skip"] = -1 },
		"a skip of words":     func(b map[string]any) { b["skip"] = "two" },
		"users without appId": func(b map[string]any) { b["sortField"] = "lastSeen"; b["users"] = true },
	} {
		r := newRig(t, Options{})
		b, path := r.appsBody(0, 0), appsPath
		if change(b); b["users"] != nil {
			delete(b, "users")
			path = usersPath
		}
		if a := r.ask(path, b); a.status != 400 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

func TestTheOlderSortSpellingIsAVariant(t *testing.T) {
	for spelling, want := range map[string][2]int{"new": {200, 400}, "old": {400, 200}, "any": {200, 200}} {
		r := newRig(t, Options{Variants: Variants{Sort: spelling}})
		for i, field := range []string{"lastSeen", "lastUsed"} {
			b := r.appsBody(0, 0)
			b["sortField"], b["sortDirection"] = field, "desc"
			if a := r.ask(appsPath, b); a.status != want[i] {
				t.Errorf("%s: sort by %s answers %d", spelling, field, a.status)
			}
		}
	}
}

func TestTheTypeOfTheTimeframeIsAVariant(t *testing.T) {
	for frame, want := range map[string][2]int{"any": {200, 200}, "text": {200, 400}, "number": {400, 200}} {
		r := newRig(t, Options{Variants: Variants{Frame: frame}})
		for i, value := range []any{"90", 90} {
			b := r.appsBody(0, 0)
			b["timeframe"] = value
			if a := r.ask(appsPath, b); a.status != want[i] {
				t.Errorf("%s: %v answers %d", frame, value, a.status)
			}
		}
	}
}

func TestAppsComeInTheOrderAskedFor(t *testing.T) {
	r := newRig(t, Options{Apps: 90})
	for _, c := range []struct {
		field, direction string
		key              string
		sign             float64
	}{{"lastSeen", "desc", "lastSeen", -1}, {"users", "desc", "usersCount", -1}, {"users", "asc", "usersCount", 1}} {
		b := r.appsBody(0, 0)
		b["sortField"], b["sortDirection"] = c.field, c.direction
		var p page
		r.ask(appsPath, b).decode(t, &p)
		for i := 1; i < len(p.Data); i++ {
			if (p.Data[i][c.key].(float64)-p.Data[i-1][c.key].(float64))*c.sign < 0 {
				t.Errorf("%s %s: row %d is out of order", c.field, c.direction, i)
			}
		}
	}
}

func TestOddStreamsAreEmpty(t *testing.T) {
	r := newRig(t, Options{OddStreams: true})
	b := r.appsBody(0, 0)
	b["streamId"] = r.world.streamID(1)
	var p page
	r.ask(appsPath, b).decode(t, &p)
	if len(p.Data) != 0 || *p.HasNext {
		t.Errorf("%d rows", len(p.Data))
	}
}

func TestOomnitzaVariants(t *testing.T) {
	row := func(id any, last int) []map[string]any {
		return []map[string]any{{"user_id": id, "assign": true, "last_visit": last}}
	}
	t.Run("last activity is ignored", func(t *testing.T) {
		r := newRig(t, Options{Variants: Variants{LastVisit: "ignored"}})
		app, ann := r.create("Dropbox"), r.person("ann@contoso.com")
		r.oom("POST", "/api/v3/saas/"+app+"/users", row(ann, 1795000000))
		if h := r.Holdings().Assigned["Dropbox"]; len(h) != 1 || !h[0].LastActivity.IsZero() {
			t.Errorf("held %+v", h)
		}
	})
	t.Run("last activity is refused", func(t *testing.T) {
		r := newRig(t, Options{Variants: Variants{LastVisit: "refused"}})
		app, ann := r.create("Dropbox"), r.person("ann@contoso.com")
		a := r.oom("POST", "/api/v3/saas/"+app+"/users", row(ann, 1795000000))
		if !strings.Contains(string(a.body), "Unknown field last_visit") || len(r.Holdings().Assigned["Dropbox"]) != 0 {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	t.Run("case matters in filters", func(t *testing.T) {
		r := newRig(t, Options{Variants: Variants{CaseMatters: true}})
		r.person("ann@contoso.com")
		if a := r.oom("GET", "/api/v3/users?filter=username+eq+'ANN@contoso.com'", nil); string(a.body) != "[]" {
			t.Errorf("%s", a.body)
		}
	})
	t.Run("a CSRF token is demanded", func(t *testing.T) {
		r := newRig(t, Options{Variants: Variants{CSRF: true}})
		body := map[string]any{"username": "x@contoso.com", "role": 25}
		if a := r.oom("POST", "/api/v3/users", body); a.status != 403 {
			t.Errorf("%d without the token", a.status)
		}
		if a := r.oom("POST", "/api/v3/users", body); a.status != 200 {
			t.Errorf("%d with the token: %s", a.status, a.body)
		}
	})
	t.Run("the link key is not kept", func(t *testing.T) {
		r := newRig(t, Options{Variants: Variants{LinkKeyIgnored: true}})
		r.create("Dropbox")
		if k := r.Holdings().SaaS["Dropbox"].LinkKey; k != "" {
			t.Errorf("kept %q", k)
		}
	})
	t.Run("the total is not told and lists are capped", func(t *testing.T) {
		r := newRig(t, Options{Variants: Variants{NoTotalCount: true, MaxLimit: 2}})
		var people []any
		a := r.oom("GET", "/api/v3/users?limit=100", nil)
		a.decode(t, &people)
		if len(people) != 2 || a.header.Get("X-Total-Count") != "" {
			t.Errorf("%d people of %q", len(people), a.header.Get("X-Total-Count"))
		}
	})
	t.Run("ids", func(t *testing.T) {
		for kind, want := range map[string][2]string{"documented": {`"saas_id": 5001`, `"user_id": "1`}, "string": {`"saas_id": "5001"`, `"user_id": "1`},
			"number": {`"saas_id": 5001`, `"user_id": 1`}} {
			r := newRig(t, Options{Variants: Variants{IDs: kind}})
			r.oom("POST", "/api/v3/saas", saasBody("Dropbox"))
			if a := r.oom("GET", "/api/v3/saas/5001", nil); !strings.Contains(string(a.body), want[0]) {
				t.Errorf("%s: %s", kind, a.body)
			}
			if a := r.oom("GET", "/api/v3/users/admin", nil); !strings.Contains(string(a.body), want[1]) {
				t.Errorf("%s: %s", kind, a.body)
			}
		}
	})
}

func TestErrorBodiesOfOomnitza(t *testing.T) {
	for kind, want := range map[string]string{"errors": `{"errors": ["`, "message": `{"message": "`, "error": `{"error": "`, "detail": `{"detail": "`} {
		r := newRig(t, Options{Variants: Variants{OomnitzaErrors: kind}})
		if a := r.oom("GET", "/api/v3/saas/1", nil); a.status != 404 || !strings.HasPrefix(string(a.body), want) {
			t.Errorf("%s: %d %s", kind, a.status, a.body)
		}
	}
	r := newRig(t, Options{Variants: Variants{ErrorsIn200: true}})
	r.create("Dropbox")
	if a := r.oom(http.MethodPost, "/api/v3/saas", saasBody("dropbox")); a.status != 200 || !strings.Contains(string(a.body), "already exists") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestRefusedRowsAreToldInEveryForm(t *testing.T) {
	for kind, want := range map[string]string{
		"items":   `[{"user_id": "7", "error": "There is no such user"}]`,
		"objects": `{"errors": [{"user_id": "7", "error": "There is no such user"}]}`,
		"map":     `{"errors": {"7": "There is no such user"}}`,
		"texts":   `{"errors": ["User 7: There is no such user"]}`,
	} {
		r := newRig(t, Options{Variants: Variants{AssignErrors: kind}})
		app := r.create("Dropbox")
		a := r.oom("POST", fmt.Sprintf("/api/v3/saas/%s/users", app), []map[string]any{{"user_id": "7", "assign": true}})
		if a.status != 200 || string(a.body) != want {
			t.Errorf("%s: %d %s", kind, a.status, a.body)
		}
	}
}
