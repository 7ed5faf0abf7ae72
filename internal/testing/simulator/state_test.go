package simulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestSavedTenantsGoOnAsTheyWere(t *testing.T) {
	clock := func() time.Time { return noon.Add(time.Hour) }
	r := newRig(t, Options{Seed: 6, Apps: 350, People: 300, Pairs: 3000, Streams: 2, Names: RealisticNames(), ExistingPeople: 0.3, ExistingApps: 0.2,
		Clock: clock, Faults: Faults{Drift: 1}})
	r.AdvanceDays(2, ChangeOptions{NewApps: 3, NewPairs: 0.05})
	r.all(appsPath, func(skip int) map[string]any { return r.appsBody(0, skip) })
	for _, app := range []string{r.firstApp()} {
		r.all(usersPath, func(skip int) map[string]any { return r.usersBody(0, app, skip) })
	}
	app, ann := r.create("A new app"), r.person("ann@contoso.com")
	r.oom("POST", "/api/v3/saas/"+app+"/users", []map[string]any{{"user_id": ann, "assign": true, "last_visit": 1795000000}})
	var file bytes.Buffer
	if err := r.Save(&file); err != nil {
		t.Fatal(err)
	}
	again, err := RestoreTenants(&file, func(o *Options) { o.Clock = clock; o.Faults = Faults{} })
	if err != nil {
		t.Fatal(err)
	}
	if !again.Now().Equal(r.Now()) {
		t.Errorf("the clock shows %v, was %v", again.Now(), r.Now())
	}
	if a, b := truthTexts(r.Simulator), truthTexts(again); !reflect.DeepEqual(a, b) {
		t.Errorf("the truth differs: %d and %d rows", len(a), len(b))
	}
	if a, b := r.Holdings(), again.Holdings(); !reflect.DeepEqual(a, b) {
		t.Error("the holdings differ")
	}
	if r.Changes() != again.Changes() && again.Changes() == 0 {
		t.Error("changes are not counted")
	}
}

func TestAStateOfAnotherScaleIsRefused(t *testing.T) {
	var file bytes.Buffer
	if err := New(Options{}).Save(&file); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text   string
		change func(*Options)
	}{
		"another seed":    {file.String(), func(o *Options) { o.Seed++ }},
		"another scale":   {file.String(), func(o *Options) { o.Apps++ }},
		"another version": {strings.Replace(file.String(), `"version":1`, `"version":9`, 1), nil},
		"not JSON":        {"[", nil},
		"a bad variant":   {file.String(), func(o *Options) { o.Variants.Time = "moon" }},
	} {
		if _, err := RestoreTenants(strings.NewReader(c.text), c.change); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestControl(t *testing.T) {
	s := New(Options{Start: noon, ExistingApps: 0.5})
	server := httptest.NewServer(s.Control())
	defer server.Close()
	call := func(method, path, body string) answer { return send(method, server.URL+path, nil, body) }
	var st Status
	call("POST", "/advance?days=2&new-apps=3&pairs=0.5", "").decode(t, &st)
	if st.Days != 2 || st.Apps != 56 || st.Now.Sub(noon) < 48*time.Hour {
		t.Errorf("status %+v", st)
	}
	var f Faults
	call("PUT", "/faults", `{"Defender": {"ServerErrors": 0.5}}`).decode(t, &f)
	if got := s.Faults(); got.Defender.ServerErrors != 0.5 || got.DriftRows != 3 || f.Defender != got.Defender {
		t.Errorf("faults %+v", got)
	}
	call("PUT", "/faults", `{"BadUsers": 0.1}`).decode(t, &f)
	if got := s.Faults(); got.Defender.ServerErrors != 0.5 || got.BadUsers != 0.1 {
		t.Errorf("faults %+v", got)
	}
	var v Variants
	call("PUT", "/variants", `{"Time": "rfc3339"}`).decode(t, &v)
	if s.Variants().Time != "rfc3339" || v.Users != "both" {
		t.Errorf("variants %+v", v)
	}
	for path, body := range map[string]string{"/variants": `{"Time": "moon"}`, "/faults": `{"Moon": 1}`} {
		if a := call("PUT", path, body); a.status != http.StatusBadRequest {
			t.Errorf("%s %s: %d", path, body, a.status)
		}
	}
	var held struct {
		Totals Totals
		Top    []TopApp
	}
	call("GET", "/holdings?top=2", "").decode(t, &held)
	if len(held.Top) != 2 || held.Totals != s.Totals() || held.Totals.SaaS < 10 {
		t.Errorf("holdings %+v", held)
	}
	for path, want := range map[string]string{"/requests": "Routes", "/violations": "", "/drifted": "", "/truth": `"Users":`, "/holdings?full=1": "People"} {
		if a := call("GET", path, ""); a.status != 200 || !strings.Contains(string(a.body), want) {
			t.Errorf("%s: %d %.80s", path, a.status, a.body)
		}
	}
	for _, path := range []string{"/advance?days=many", "/holdings?top=few"} {
		method := map[bool]string{true: "POST", false: "GET"}[strings.HasPrefix(path, "/advance")]
		if a := call(method, path, ""); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

func TestTheLogTellsEachPage(t *testing.T) {
	r := newRig(t, Options{Apps: 150})
	for _, skip := range []int{0, 100, 100} {
		r.ask(appsPath, r.appsBody(0, skip))
	}
	app := r.firstApp()
	r.ask(usersPath, r.usersBody(0, app, 0))
	log := r.Requests()
	if len(log.Pages) != 3 || log.Routes["defender POST discovery/discovered_apps"] != 3 || log.Statuses["defender 200"] != 4 {
		t.Fatalf("log %+v", log)
	}
	if p := log.Pages[1]; p.Skip != 100 || p.Served != 2 || len(p.Asked) != 2 || p.App != "" || p.Timeframe != 90 || p.Sort != "name asc" {
		t.Errorf("page %+v", p)
	}
	if p := log.Pages[2]; p.App != app || p.Sort != "lastSeen desc" || p.Rows == 0 {
		t.Errorf("page %+v", p)
	}
	r.ResetRequests()
	if log := r.Requests(); len(log.Pages) != 0 || log.Defender.Requests != 0 {
		t.Errorf("log %+v", log)
	}
}

func TestNamesAreUniqueAndReal(t *testing.T) {
	w := newWorld(Options{Apps: 40000, People: 10, Pairs: 10, Streams: 1}.withDefaults(), noon)
	seen := map[string]bool{}
	ids := map[int]bool{}
	for _, a := range w.apps {
		if seen[a.fold] || ids[a.id] || a.brand.domain == "" || strings.ContainsAny(a.brand.domain, " \t") {
			t.Fatalf("%+v", a)
		}
		seen[a.fold], ids[a.id] = true, true
	}
	if !seen["hubspot"] || !seen["zoom"] {
		t.Error("well-known brands are missing")
	}
}

func TestPeopleHaveOneNameEach(t *testing.T) {
	w := newWorld(Options{Apps: 1, People: 60000, Pairs: 1, Streams: 1}.withDefaults(), noon)
	seen := map[string]bool{}
	for p := range 60000 {
		name := string(w.appendUserName(nil, 0, 0, p))
		if seen[foldName(name)] || strings.Count(name, "@") != 1 {
			t.Fatalf("person %d is %s", p, name)
		}
		seen[foldName(name)] = true
	}
}

func FuzzScan(f *testing.F) {
	for _, text := range []string{`[{"user_id":"1","assign":true,"last_visit":17}]`, `[]`, `[{}]`, `[{"a":{"b":[1,"x\"y"]}}]`, `[{"a":1},]`, `{`, `[{"a"}]`, `["`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		err := eachObject(text, func(s *scan) error {
			return s.eachField(func(_, raw []byte) { rawInt(raw); rawText(raw) })
		})
		var rows []map[string]json.RawMessage
		if valid := json.Unmarshal(text, &rows) == nil; valid && err != nil {
			for _, row := range rows {
				if row == nil {
					return // null instead of an object is valid JSON, and no row
				}
			}
			if rows != nil {
				t.Errorf("refused valid rows: %s", text)
			}
		}
	})
}

func FuzzFilter(f *testing.F) {
	for _, text := range []string{`a eq 'x'`, `(a in ["1","2"]) or not b is null`, `a between 1 and 2`, `a like '%x%`, `((`, `a in [`} {
		f.Add(text)
	}
	known := map[string]bool{"a": true, "b": true}
	f.Fuzz(func(t *testing.T, text string) {
		flt, err := parseFilter(text, known)
		if err != nil {
			return
		}
		again, err := parseFilter("(("+text+"))", known)
		if err != nil {
			t.Fatalf("%q is refused in parentheses: %v", text, err)
		}
		get := func(field string) string { return field + "1" }
		if flt.matchRecord(get, true) != again.matchRecord(get, true) || flt.matchRecord(get, false) != again.matchRecord(get, false) {
			t.Errorf("%q means another thing in parentheses", text)
		}
	})
}
