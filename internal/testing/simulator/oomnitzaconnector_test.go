package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// client asks as the vendor's connector was recorded to ask.
type client struct {
	t     *testing.T
	sim   *Simulator
	token string
}

// ask makes a request with the recorded headers; want is a text that the answer
// has to be, or "" for any.
func (c client) ask(status int, method, path, body, want string) string {
	c.t.Helper()
	r := httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(body))
	r.Header = http.Header{
		"User-Agent": {"python-requests/2.28.1"}, "Accept": {"*/*"}, "Accept-Encoding": {"gzip, deflate"}, "Connection": {"keep-alive"},
		"Content-Type": {"application/json; charset=utf-8"}, "Authorization2": {c.token},
	}
	if path == "/api/request_token" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Del("Authorization2")
	}
	w := httptest.NewRecorder()
	c.sim.Oomnitza().ServeHTTP(w, r)
	if w.Code != status || want != "" && w.Body.String() != want || !json.Valid(w.Body.Bytes()) {
		c.t.Errorf("%s %s: %d %s; want %d %s", method, path, w.Code, w.Body, status, want)
	}
	return w.Body.String()
}

func newClient(t *testing.T, o Options) client {
	s := New(o)
	return client{t, s, s.Options().OomnitzaToken}
}

// bulkOf is the recorded body of POST /api/v3/bulk with other records.
func bulkOf(records, syncField, portion, more string) string {
	return `{"connector_version": "2026.08.1", "sync_field": ` + syncField + `, "records": ` + records + `, "portion": "` + portion + `",
		"insert_only": false, "update_only": false, "test_run": false, "multi_str_input_value": null` + more + `}`
}

const (
	portionUpload  = "6aba5f0d-1f92-4d69-8e97-7131eaf88218"
	portionManaged = "c771249a-82c7-4399-9712-a6c6fa303206"
)

// TestTheVendorsConnectorUploadsAsRecorded replays the nine requests of an
// upload of three rows.
func TestTheVendorsConnectorUploadsAsRecorded(t *testing.T) {
	c := newClient(t, Options{Apps: 2, People: 2, Pairs: 2})
	c.ask(200, "GET", "/api/v2/mappings?name=AuthTest", "", "{}")
	var mapping map[string]string
	if err := json.Unmarshal([]byte(c.ask(200, "GET", "/api/v2/mappings?name=CSV_users", "", "")), &mapping); err != nil || mapping["USER"] != "USER" || mapping["EMAIL"] != "EMAIL" {
		t.Errorf("mapping %v, %v", mapping, err)
	}
	for i := range 3 {
		c.ask(200, "GET", "/api/v3/bulk/"+portionUpload, "", `{"canceled": false}`)
		record := fmt.Sprintf(`[{"USER": "u%d", "FIRST_NAME": "F%d", "LAST_NAME": "L%d", "EMAIL": "u%d@example.com", "POSITION": "Employee", "PERMISSIONS_ID": "25"}]`, i, i, i, i)
		c.ask(200, "POST", "/api/v3/bulk", bulkOf(record, `["USER"]`, portionUpload, `, "data_type": "users", "error": null, "connector_name": "CSV_users"`), `{"errors":[]}`)
	}
	c.ask(200, "POST", "/api/v3/bulk/"+portionUpload+"/finalize", "{}", "{}")
	held := c.sim.Holdings().People
	for i := range 3 {
		p := held[fmt.Sprintf("u%d", i)]
		if p.Email != fmt.Sprintf("u%d@example.com", i) || p.Role != 25 || p.CreatedBy != c.sim.Options().TokenUser {
			t.Errorf("person %d: %+v", i, p)
		}
	}
	if p := c.sim.Portion(portionUpload); p != (Portion{Records: 3, Finalized: true}) {
		t.Errorf("the run: %+v", p)
	}
	if v := c.sim.Violations(); len(v) > 0 {
		t.Errorf("its requests are taken for violations: %q", v)
	}
}

// TestTheVendorsConnectorRunsManagedAsRecorded replays a run that the tenant
// manages, which assigns people to an app.
func TestTheVendorsConnectorRunsManagedAsRecorded(t *testing.T) {
	c := newClient(t, Options{Apps: 2, People: 2, Pairs: 2})
	c.ask(200, "GET", "/api/v2/mappings?name=AuthTest", "", "{}")
	c.ask(200, "POST", "/api/v3/bulk/check_managed", `{"version":"2026.08.1"}`, "[]")
	var mapping map[string]struct {
		Type  string
		Value any
	}
	if err := json.Unmarshal([]byte(c.ask(200, "GET", "/api/v2/mappings?connector_id=77", "", "")), &mapping); err != nil ||
		mapping["USER"].Type != "attribute" || mapping["USER"].Value != "login" || mapping["PERMISSIONS_ID"].Type != "value" || mapping["PERMISSIONS_ID"].Value != 25.0 {
		t.Errorf("mapping %v, %v", mapping, err)
	}
	c.ask(200, "GET", "/api/v3/bulk/"+portionManaged, "", `{"canceled": false}`)
	records := `[{"USER": "u0", "EMAIL": "u0@example.com", "PERMISSIONS_ID": 25, "SAAS": {"sync_key": "EMAIL", "selected_saas_id": "SAAS123", "name": "Dropbox"}}]`
	body := bulkOf(records, `["EMAIL"]`, portionManaged, `, "data_type": "users", "error": null, "connector_id": 77`)
	for range 2 { // a dropped connection has it sent again
		c.ask(200, "POST", "/api/v3/bulk", body, `{"errors":[]}`)
	}
	c.ask(200, "POST", "/api/v3/bulk/"+portionManaged+"/finalize", "{}", "{}")
	h := c.sim.Holdings()
	if got := h.Assigned["Dropbox"]; len(got) != 1 || got[0].Username != "u0" || h.Counts.PeopleCreated != 1 || h.People["u0"].Role != 25 {
		t.Errorf("assigned %+v, counts %+v", got, h.Counts)
	}
}

// TestTheVendorsConnectorTellsOfFailuresAsRecorded replays what is sent where a
// source fails, is empty, or a mapping fails.
func TestTheVendorsConnectorTellsOfFailuresAsRecorded(t *testing.T) {
	c := newClient(t, Options{Apps: 2, People: 2, Pairs: 2})
	c.ask(200, "POST", "/api/v3/bulk/77/add_ready_portion",
		`{"correlation_id":"a","failed":1,"error_message":"Traceback","test_run":false,"multi_str_input_value":null,"error_type":"Fatal Error"}`, "{}")
	c.ask(200, "POST", "/api/v3/bulk/77/add_ready_portion", `{"correlation_id":"b","is_empty_run":true,"multi_str_input_value":null}`, "{}")
	c.ask(200, "POST", "/api/v3/bulk/77/add_ready_portion", `{"correlation_id":"c","added":1}`, "{}")
	failed := bulkOf(`[{}]`, `[]`, "d", `, "data_type": "users", "error": "Traceback", "error_type": "Fatal Error", "connector_id": 77`)
	c.ask(200, "POST", "/api/v3/bulk", failed, `{"errors":[]}`)
	c.sim.CancelPortion("d")
	c.ask(200, "GET", "/api/v3/bulk/d", "", `{"canceled": true}`)
	if a, d := c.sim.Portion("a"), c.sim.Portion("d"); a.Errors != 1 || a.Error != "Traceback" || !a.Finalized || d.Errors != 1 || d.Records != 0 || d.Finalized {
		t.Errorf("%+v, %+v", a, d)
	}
	if got := c.sim.Counts(); got.PeopleCreated+got.SaaSCreated > 0 {
		t.Errorf("something was made: %+v", got)
	}
}

func TestBulkRecordsAreMadeOrChangedAsAsked(t *testing.T) {
	c := newClient(t, Options{Apps: 2, People: 2, Pairs: 2})
	send := func(records, syncField, more string) string {
		t.Helper()
		var answer struct{ Errors []string }
		body := c.ask(200, "POST", "/api/v3/bulk", bulkOf(records, syncField, "p", `, "data_type": "users", "error": null`+more), "")
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Error(err)
		}
		return strings.Join(answer.Errors, "; ")
	}
	const ann = `[{"USER": "ann", "EMAIL": "ann@example.com", "FIRST_NAME": "Ann", "PERMISSIONS_ID": 25}]`
	if got := send(ann, `["USER"]`, `, "update_only": true`); got != "" || c.sim.Counts().PeopleCreated != 0 {
		t.Errorf("made by an update: %s", got)
	}
	if got := send(ann, `["USER"]`, `, "test_run": true`); got != "" || c.sim.Counts().PeopleCreated != 0 {
		t.Errorf("made by a test run: %s", got)
	}
	if got := send(ann, `[]`, ``); got != "" || c.sim.Counts().PeopleCreated != 1 {
		t.Errorf("not made: %s", got)
	}
	if got := send(`[{"USER": "ann", "FIRST_NAME": "Anna"}]`, `["USER"]`, `, "insert_only": true`); got != "" || c.sim.Counts().PeoplePatched != 0 {
		t.Errorf("changed by an insert: %s", got)
	}
	if got := send(`[{"USER": "ANN", "EMAIL": "ann@example.com", "POSITION": "Boss", "PERMISSIONS_ID": "26"}]`, `["USER","EMAIL"]`, ``); got != "" || c.sim.Counts().PeoplePatched != 1 || c.sim.Holdings().People["ann"].Role != 26 {
		t.Errorf("not changed: %s", got)
	}
	for record, want := range map[string]string{
		`{"USER": "bob", "PERMISSIONS_ID": 999}`:                                   "no role 999",
		`{"USER": "bob", "PERMISSIONS_ID": "x"}`:                                   "no role x",
		`{"USER": "bob"}`:                                                          "PERMISSIONS_ID is required",
		`{"EMAIL": "bob@example.com", "PERMISSIONS_ID": 25}`:                       "USER is required",
		`{"USER": "ann", "EMAIL": "other@example.com", "PERMISSIONS_ID": 25}`:      "already exists",
		`{"USER": "dan", "PERMISSIONS_ID": 25, "SAAS": {"sync_key": "EMAIL"}}`:     "names no app",
		`{"USER": "eve", "PERMISSIONS_ID": 25, "SAAS": {"selected_saas_id": "9"}}`: "no SaaS 9",
	} {
		if got := send("["+record+"]", `["USER","EMAIL"]`, ``); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", record, got, want)
		}
	}
	assets := `{"sync_field": [], "records": [{"SERIAL_NUMBER": "S1", "MODEL": "M1"}], "portion": "q", "data_type": "assets", "error": null, "connector_name": "CSV_assets"}`
	c.ask(200, "POST", "/api/v3/bulk", assets, `{"errors":[]}`)
	if p := c.sim.Portion("q"); p.Records != 1 {
		t.Errorf("assets: %+v", p)
	}
}

func TestTheVendorsConnectorIsLetInByItsTokenAlone(t *testing.T) {
	c := newClient(t, Options{Apps: 2, People: 2, Pairs: 2})
	var login struct{ Token string }
	if err := json.Unmarshal([]byte(c.ask(200, "POST", "/api/request_token", "login=svc&password=p%40ss+word", "")), &login); err != nil || login.Token != c.token {
		t.Errorf("token %q, %v", login.Token, err)
	}
	c.ask(401, "POST", "/api/request_token", "login=svc", "")
	c.token = "wrong"
	for _, path := range []string{"/api/v2/mappings?name=AuthTest", "/api/v3/bulk/" + portionUpload} {
		c.ask(401, "GET", path, "", "")
	}
	c.ask(401, "POST", "/api/v3/bulk", "{}", "")
	c.token = login.Token
	c.ask(400, "GET", "/api/v2/mappings", "", "")
	c.ask(400, "POST", "/api/v3/bulk", "{", "")
	c.ask(404, "GET", "/api/v2/other", "", "")
}
