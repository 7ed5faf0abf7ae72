package localrun

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

func TestTheFrontShowsSessionsAndPassesOnTheRest(t *testing.T) {
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "behind %s for %s", r.URL.Path, r.Host)
	}))
	defer behind.Close()
	target, err := url.Parse(behind.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(target.Port())
	if err != nil {
		t.Fatal(err)
	}
	free, err := FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	f, err := StartFront(free[0], port, "my space")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Stop()
	base := "http://" + HostPort(free[0])
	for path, wants := range map[string][]string{
		SessionsPath:  {`["Start","SyncIntegration","Status","SyncOutcome",`, "namespace-workflow-table-columns", `"my space"`, "WorkflowType"},
		"/namespaces": {"behind /namespaces for " + HostPort(free[0])},
	} {
		answer, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(body), want) {
				t.Errorf("%s lacks %q: %s", path, want, body)
			}
		}
	}
}

func TestTheFrontIsForThisMachineOnly(t *testing.T) {
	reached := false
	behind := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer behind.Close()
	port, err := strconv.Atoi(behind.URL[strings.LastIndexByte(behind.URL, ':')+1:])
	if err != nil {
		t.Fatal(err)
	}
	free, err := FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	f, err := StartFront(free[0], port, "default")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Stop()
	for _, path := range []string{SessionsPath, "/api/v1/namespaces"} {
		for host, origin := range map[string]string{"evil.example": "", HostPort(free[0]): "null"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+HostPort(free[0])+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = host
			if origin != "" {
				req.Header.Set("Origin", origin)
			}
			answer, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
			if answer.StatusCode != http.StatusForbidden || reached {
				t.Errorf("%s as %s from %q: %d", path, host, origin, answer.StatusCode)
			}
		}
	}
}
