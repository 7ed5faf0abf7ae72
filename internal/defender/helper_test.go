package defender

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"defendersync/internal/httpx"
)

const token = "5f5f5f5f0123456789abcdef0123456789abcdef0123456789abcdef01234567"

// tenant is a portal that answers from a table of paths and remembers what it
// was asked.
type tenant struct {
	t      *testing.T
	url    string
	mu     sync.Mutex
	asked  []request
	answer func(request) (status int, body string)
	header http.Header // added to every answer
}

type request struct {
	method, path string
	header       http.Header
	body         map[string]any
}

func newTenant(t *testing.T, answer func(request) (int, string)) *tenant {
	t.Helper()
	tn := &tenant{t: t, answer: answer, header: http.Header{}}
	s := httptest.NewServer(tn)
	t.Cleanup(s.Close)
	tn.url = s.URL
	return tn
}

func (tn *tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := request{method: r.Method, path: r.URL.Path, header: r.Header}
	text, err := io.ReadAll(r.Body)
	if err != nil || len(text) > 0 && json.Unmarshal(text, &q.body) != nil {
		tn.t.Errorf("unreadable request body %q: %v", text, err)
	}
	tn.mu.Lock()
	tn.asked = append(tn.asked, q)
	status, body := tn.answer(q)
	for key, values := range tn.header {
		w.Header()[key] = values
	}
	tn.mu.Unlock()
	w.WriteHeader(status)
	io.WriteString(w, body)
}

func (tn *tenant) paths() (out []string) {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	for _, q := range tn.asked {
		out = append(out, q.method+" "+q.path)
	}
	return out
}

// client is a client of this tenant; change alters its options.
func (tn *tenant) client(change ...func(*Options)) *Client {
	tn.t.Helper()
	o := Options{URL: tn.url, AllowHost: strings.TrimPrefix(tn.url, "http://"), Token: token, Doubt: time.Millisecond}
	for _, f := range change {
		f(&o)
	}
	c, err := New(o)
	if err != nil {
		tn.t.Fatal(err)
	}
	tn.t.Cleanup(c.http.CloseIdleConnections)
	return c
}

// always gives the same answer to everything.
func always(status int, body string) func(request) (int, string) {
	return func(request) (int, string) { return status, body }
}

// byPath answers from a table; what isn't there is 404.
func byPath(table map[string]string) func(request) (int, string) {
	return func(q request) (int, string) {
		if body, ok := table[q.path]; ok {
			return http.StatusOK, body
		}
		return http.StatusNotFound, `{"detail":"Not found"}`
	}
}

const (
	casApps     = "/cas/api/v1/discovery/discovered_apps/"
	apiApps     = "/api/v1/discovery/discovered_apps/"
	casUsers    = "/cas/api/v1/discovery/users/"
	casAppUsers = "/cas/api/v1/discovery/app_users/"
	apiUsers    = "/api/v1/discovery/users/"
	apiAppUsers = "/api/v1/discovery/app_users/"
)

// userRows makes the rows of so many good users, beginning with from.
func userRows(from, n int) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"userName":"user%d@contoso.com","lastSeen":1763769600000}`, from+i)
	}
	return strings.Join(rows, ",")
}

func appRows(from, n int) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"appId":%d,"name":"App %d","usersCount":3}`, 10000+from+i, from+i)
	}
	return strings.Join(rows, ",")
}

func list(rows, rest string) string { return `{"data":[` + rows + `]` + rest + `}` }

// wantError checks the kind of an error and that it says what it should, and
// nothing that it shouldn't.
func wantError(t *testing.T, err error, kind httpx.Kind, says ...string) *httpx.Error {
	t.Helper()
	var e *httpx.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T), want a *httpx.Error of kind %s", err, err, kind)
	}
	if e.Kind != kind {
		t.Errorf("kind %s, want %s: %v", e.Kind, kind, err)
	}
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("%q does not say %q", err, s)
		}
	}
	for _, never := range []string{token, "contoso.com", "alice"} {
		if strings.Contains(strings.ReplaceAll(err.Error(), hintURL, ""), never) {
			t.Errorf("%q shows %q", err, never)
		}
	}
	return e
}
