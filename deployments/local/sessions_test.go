package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"defendersync/deployments/local/localrun"
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
	free, err := localrun.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	f, err := startFront(free[0], port, "my space")
	if err != nil {
		t.Fatal(err)
	}
	defer f.stop()
	base := "http://" + localrun.HostPort(free[0])
	for path, wants := range map[string][]string{
		localrun.SessionsPath: {"SyncOutcome", "namespace-workflow-table-columns", `"my space"`, "WorkflowType"},
		"/namespaces":         {"behind /namespaces for " + localrun.HostPort(free[0])},
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
