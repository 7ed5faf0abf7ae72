package oomnitza

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"defendersync/internal/httpx"
	"defendersync/internal/ratelimit"
)

const testToken = "token-of-a-test"

// seen is a request that the fake tenant got.
type seen struct {
	method string
	path   string
	query  url.Values
	header http.Header
	body   string
}

// fields decodes the body as an object.
func (s seen) fields(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(s.body), &v); err != nil {
		t.Fatalf("%s %s: body %q: %v", s.method, s.path, s.body, err)
	}
	return v
}

// fake is a tenant that answers as a test says and remembers what it got.
type fake struct {
	*httptest.Server
	mu   sync.Mutex
	seen []seen
}

// requests are those it got so far.
func (f *fake) requests() []seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]seen(nil), f.seen...)
}

// only is the one request it got.
func (f *fake) only(t *testing.T) seen {
	t.Helper()
	got := f.requests()
	if len(got) != 1 {
		t.Fatalf("%d requests were made, want one: %v", len(got), got)
	}
	return got[0]
}

// newFake starts a tenant and a client for it that doesn't dawdle.
func newFake(t *testing.T, handler http.HandlerFunc) (*fake, *Client) {
	t.Helper()
	f := &fake{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		f.mu.Lock()
		f.seen = append(f.seen, seen{r.Method, r.URL.EscapedPath(), r.URL.Query(), r.Header.Clone(), string(body)})
		f.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		handler(w, r)
	}))
	t.Cleanup(f.Close)
	c, err := New(Options{URL: f.URL, Token: testToken, HTTP: f.Client(), Concurrency: 4})
	if err != nil {
		t.Fatal(err)
	}
	hasten(c)
	return f, c
}

// hasten cuts the client's own pauses.
func hasten(c *Client) {
	c.throttle = ratelimit.Backoff{Base: time.Millisecond, Max: time.Millisecond}
	c.quick = ratelimit.Backoff{Base: time.Millisecond, Max: time.Millisecond}
}

// answer is a handler that always says the same.
func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// inTurn answers the first request with the first handler, and so on; the last
// one stays.
func inTurn(handlers ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	n := 0
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		h := handlers[min(n, len(handlers)-1)]
		n++
		mu.Unlock()
		h(w, r)
	}
}

// drop closes the connection without an answer.
func drop(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// selecting is a handler of a list that applies a filter of the form field IN
// ["a","b"] as a tenant does, and pages.
func selecting(rows []map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		out := []map[string]any{}
		for _, row := range rows {
			if matches(q.Get("filter"), row) {
				out = append(out, row)
			}
		}
		w.Header().Set("X-Total-Count", strconv.Itoa(len(out)))
		skip, _ := strconv.Atoi(q.Get("skip"))
		limit, _ := strconv.Atoi(q.Get("limit"))
		out = out[min(skip, len(out)):]
		writeJSON(w, out[:min(limit, len(out))])
	}
}

// matches applies a filter that the client is known to send.
func matches(filter string, row map[string]any) bool {
	if filter == "" {
		return true
	}
	if field, value, ok := strings.Cut(filter, " eq "); ok {
		return fmt.Sprint(row[field]) == value
	}
	field, list, ok := strings.Cut(filter, " IN ")
	if !ok {
		return false
	}
	var values []string
	if json.Unmarshal([]byte(list), &values) != nil {
		return false
	}
	for _, v := range values {
		if strings.EqualFold(v, fmt.Sprint(row[field])) {
			return true
		}
	}
	return false
}

func writeJSON(w io.Writer, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

// wantKind checks what an error means.
func wantKind(t *testing.T, err error, want httpx.Kind) {
	t.Helper()
	if err == nil || httpx.KindOf(err) != want {
		t.Errorf("got error %v of kind %q, want kind %q", err, httpx.KindOf(err), want)
	}
	if err != nil && strings.Contains(err.Error(), testToken) {
		t.Errorf("the error tells the token: %v", err)
	}
}

// wantText checks that an error says something.
func wantText(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if err == nil || !strings.Contains(err.Error(), p) {
			t.Errorf("error %v does not say %q", err, p)
		}
	}
}
