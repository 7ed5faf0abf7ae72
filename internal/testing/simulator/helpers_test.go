package simulator

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// noon is a start that no test crosses midnight from.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// rig is a simulator with both tenants served on loopback.
type rig struct {
	*Simulator
	t        testing.TB
	defender string
	oomnitza string
	csrf     string
}

func newRig(t testing.TB, o Options) *rig {
	t.Helper()
	if o.Start.IsZero() {
		o.Start = noon
	}
	s := New(o)
	d, oo := httptest.NewServer(s.Defender()), httptest.NewServer(s.Oomnitza())
	t.Cleanup(func() { d.Close(); oo.Close() })
	return &rig{Simulator: s, t: t, defender: d.URL, oomnitza: oo.URL}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    error // the connection broke
}

func (a answer) decode(t testing.TB, to any) {
	t.Helper()
	if a.err != nil || a.status != http.StatusOK {
		t.Fatalf("status %d, error %v: %s", a.status, a.err, a.body)
	}
	if err := json.Unmarshal(a.body, to); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
}

func send(method, url string, header http.Header, body any) answer {
	var rd io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		rd = bytes.NewReader([]byte(b))
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			return answer{err: err}
		}
		rd = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, url, rd)
	if err != nil {
		return answer{err: err}
	}
	if header != nil {
		req.Header = header
	}
	transport := &http.Transport{DisableKeepAlives: true} // no silent repeats on a broken connection
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, raw, err}
}

// ask sends a list request to Defender.
func (r *rig) ask(path string, body map[string]any) answer {
	h := http.Header{"Authorization": {"Token " + r.Options().DefenderToken}, "Content-Type": {"application/json"}}
	if body == nil {
		return send(http.MethodGet, r.defender+path, h, nil)
	}
	return send(http.MethodPost, r.defender+path, h, body)
}

// oom sends a request to Oomnitza with all that a write needs.
func (r *rig) oom(method, path string, body any) answer {
	h := http.Header{"Authorization2": {r.Options().OomnitzaToken}, "Content-Type": {"application/json"}, "Oomnitza-Not-Trigger-Wf": {"1"}}
	if r.csrf != "" {
		h.Set("X-CSRF-Token", r.csrf)
	}
	a := send(method, r.oomnitza+path, h, body)
	if v := a.header.Get("X-CSRF-Token"); v != "" {
		r.csrf = v
	}
	return a
}

// page is a page of any of Defender's lists.
type page struct {
	Data    []map[string]any `json:"data"`
	HasNext *bool            `json:"hasNext"`
	Total   *int             `json:"total"`
}

const (
	appsPath  = "/cas/api/v1/discovery/discovered_apps/"
	usersPath = "/cas/api/v1/discovery/users/"
)

// appsBody is a request for a page of apps by name.
func (r *rig) appsBody(stream, skip int) map[string]any {
	return map[string]any{"skip": skip, "limit": 100, "streamId": r.StreamIDs()[stream], "timeframe": "90",
		"sortField": "name", "sortDirection": "asc", "performAsyncTotal": false, "filters": map[string]any{}}
}

// usersBody is a request for a page of an app's users.
func (r *rig) usersBody(stream int, app string, skip int) map[string]any {
	return map[string]any{"appId": app, "skip": skip, "limit": 100, "streamId": r.StreamIDs()[stream], "timeframe": 90,
		"sortField": "lastSeen", "sortDirection": "desc", "performAsyncTotal": false}
}

// all reads every page of a list.
func (r *rig) all(path string, body func(skip int) map[string]any) []map[string]any {
	r.t.Helper()
	var rows []map[string]any
	for {
		var p page
		r.ask(path, body(len(rows))).decode(r.t, &p)
		rows = append(rows, p.Data...)
		if p.HasNext == nil || !*p.HasNext {
			return rows
		}
	}
}

func saasBody(name string) map[string]any {
	return map[string]any{"saas_name": name, "source": "Microsoft Defender", "hash": false, "ignored": "0", "linked": "0",
		"link_key": "defender-app:" + name, "changedate": "", "changedby": "", "creationdate": "", "createdby": "", "visited": 3}
}

// create makes an app and gives its id.
func (r *rig) create(name string) string {
	r.t.Helper()
	var made struct {
		ID string `json:"saas_id"`
	}
	r.oom(http.MethodPost, "/api/v3/saas", saasBody(name)).decode(r.t, &made)
	return made.ID
}

// person makes a person and gives the id.
func (r *rig) person(username string) string {
	r.t.Helper()
	var made struct {
		ID string `json:"user_id"`
	}
	r.oom(http.MethodPost, "/api/v3/users", map[string]any{"username": username, "email": username, "first_name": "A",
		"last_name": "B", "role": 25, "suspended": true}).decode(r.t, &made)
	return made.ID
}

func (r *rig) noViolations() {
	r.t.Helper()
	if v := r.Violations(); len(v) > 0 {
		r.t.Errorf("violations: %q", v)
	}
}
