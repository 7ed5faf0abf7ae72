package simulator

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTheControlIsForThisMachineOnly(t *testing.T) {
	s := New(Options{Apps: 5, People: 5, Pairs: 10})
	ask := func(method, path, host string, header http.Header) int {
		r := httptest.NewRequest(method, path, strings.NewReader(`{"BadUsers":1}`))
		r.Host = host
		for name, values := range header {
			r.Header[name] = values
		}
		w := httptest.NewRecorder()
		s.Control().ServeHTTP(w, r)
		return w.Code
	}
	for _, host := range []string{"localhost:7313", "127.0.0.1:7313", "[::1]:7313", "127.0.0.1"} {
		if code := ask(http.MethodGet, "/status", host, nil); code != http.StatusOK {
			t.Errorf("%s: %d", host, code)
		}
	}
	foreign := map[string]struct {
		host   string
		header http.Header
	}{
		"a name that leads here":       {"evil.example:7313", nil},
		"no name":                      {"", nil},
		"a name that begins alike":     {"localhost.evil.example", nil},
		"another machine's address":    {"10.0.0.1:7313", nil},
		"a page elsewhere":             {"127.0.0.1:7313", http.Header{"Origin": {"https://evil.example"}}},
		"a page without an origin":     {"127.0.0.1:7313", http.Header{"Origin": {"null"}}},
		"a page of another port":       {"127.0.0.1:7313", http.Header{"Origin": {"http://127.0.0.1:8080"}}},
		"an image of a page elsewhere": {"127.0.0.1:7313", http.Header{"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"no-cors"}}},
	}
	days := s.Status().Days
	for name, f := range foreign {
		for _, route := range []string{"GET /status", "POST /advance?days=1", "PUT /faults", "PUT /variants", "GET /truth", "GET /holdings", "POST /requests/reset", "GET /none"} {
			method, path, _ := strings.Cut(route, " ")
			if code := ask(method, path, f.host, f.header); code != http.StatusForbidden {
				t.Errorf("%s, %s: %d", name, route, code)
			}
		}
	}
	if s.Status().Days != days || s.Faults().BadUsers != 0 {
		t.Error("somebody elsewhere changed the tenants")
	}
}
