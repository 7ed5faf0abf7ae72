package localonly

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestForeignHostsAndOriginsAreRefused(t *testing.T) {
	reached := 0
	h := Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
	ask := func(method, host string, header http.Header) int {
		r := httptest.NewRequest(method, "/status", nil)
		r.Host = host
		for name, values := range header {
			r.Header[name] = values
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	own := []string{"localhost", "LOCALHOST:8233", "localhost:8233", "127.0.0.1", "127.0.0.1:8233", "127.1.2.3:80", "[::1]", "[::1]:8233", "::1", "[::ffff:127.0.0.1]:80"}
	for _, host := range own {
		if code := ask(http.MethodGet, host, nil); code != http.StatusOK {
			t.Errorf("host %q: %d", host, code)
		}
	}
	foreign := []string{"", ":8233", "evil.example", "evil.example:8233", "localhost.evil.example", "127.0.0.1.evil.example", "localhost.", "127.0.0.1:80:90", "0.0.0.0:8233", "10.0.0.1", "169.254.169.254",
		"[::]:80", "0x7f.1", "127.1", "2130706433", "localhost evil", "foo.localhost", "[::1%25eth0].evil"}
	for _, host := range foreign {
		if code := ask(http.MethodGet, host, nil); code != http.StatusForbidden {
			t.Errorf("host %q: %d", host, code)
		}
	}
	const host = "127.0.0.1:8233"
	for name, header := range map[string]http.Header{
		"its own page":        {"Origin": {"http://127.0.0.1:8233"}, "Sec-Fetch-Site": {"same-origin"}},
		"a bookmark":          {"Sec-Fetch-Site": {"none"}, "Sec-Fetch-Mode": {"navigate"}},
		"a link":              {"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}},
		"a link of a port by": {"Sec-Fetch-Site": {"same-site"}, "Sec-Fetch-Mode": {"navigate"}},
	} {
		if code := ask(http.MethodGet, host, header); code != http.StatusOK {
			t.Errorf("%s: %d", name, code)
		}
	}
	before := reached
	for name, header := range map[string]http.Header{
		"a page elsewhere": {"Origin": {"https://evil.example"}}, "a page without origin": {"Origin": {"null"}}, "an empty one": {"Origin": {""}},
		"another port": {"Origin": {"http://127.0.0.1:9000"}}, "another name of this machine": {"Origin": {"http://localhost:8233"}},
		"https": {"Origin": {"https://127.0.0.1:8233"}}, "one that begins alike": {"Origin": {"http://127.0.0.1:8233.evil.example"}},
		"a user in it": {"Origin": {"http://127.0.0.1:8233@evil.example"}}, "two": {"Origin": {"http://127.0.0.1:8233", "http://evil.example"}},
		"an image of a page elsewhere": {"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"no-cors"}},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
			if code := ask(method, host, header); code != http.StatusForbidden {
				t.Errorf("%s, %s: %d", name, method, code)
			}
		}
	}
	form := http.Header{"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}}
	if code := ask(http.MethodPost, host, form); code != http.StatusForbidden || reached != before {
		t.Errorf("a form of a page elsewhere: %d", code)
	}
}

func TestARequestWithoutAHostIsRefused(t *testing.T) {
	s := httptest.NewServer(Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") })))
	defer s.Close()
	for request, want := range map[string]int{"GET / HTTP/1.0\r\n\r\n": http.StatusForbidden, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n": http.StatusBadRequest,
		"GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n": http.StatusForbidden} {
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, request)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || resp.StatusCode != want {
			t.Errorf("%q: %v, %v", request, resp, err)
		}
		_ = conn.Close()
	}
}
