package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"defendersync/internal/temporalx"
)

// checked runs the health check with an environment.
func checked(t *testing.T, environ ...string) (code int, says string) {
	t.Helper()
	var out bytes.Buffer
	code = runCommand(t.Context(), &out, &out, []string{"healthcheck"}, environ)
	return code, out.String()
}

func TestTheHealthcheckFollowsTheWorkersReadiness(t *testing.T) {
	health := temporalx.NewHealth("")
	server := httptest.NewServer(health)
	defer server.Close()
	address := "HEALTH_ADDRESS=" + server.Listener.Addr().String()
	if code, says := checked(t, address); code != 1 || !strings.Contains(says, "answered 503: not ready: starting") || strings.Count(says, "\n") != 1 {
		t.Errorf("before it is ready: %d, %s", code, says)
	}
	health.SetReady(true)
	if code, says := checked(t, address, "HTTP_PROXY=http://127.0.0.1:1"); code != 0 || says != "healthy\n" {
		t.Errorf("once it is ready: %d, %s", code, says)
	}
}

func TestTheHealthcheckSaysWhyNothingCanBeAsked(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	for name, tc := range map[string]struct {
		environ []string
		says    string
	}{
		"no address":      {nil, "set HEALTH_ADDRESS"},
		"a wrong address": {[]string{"HEALTH_ADDRESS=here"}, "HEALTH_ADDRESS"},
		"no worker":       {[]string{"HEALTH_ADDRESS=" + gone.Addr().String()}, "no worker answers"},
	} {
		if code, says := checked(t, tc.environ...); code != 1 || !strings.Contains(says, tc.says) {
			t.Errorf("%s: %d, %s", name, code, says)
		}
	}
}

func TestTheHealthcheckIsBounded(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := askReady(ctx, server.URL)
	if err == nil || !strings.Contains(err.Error(), "did not answer within") {
		t.Errorf("it ends with %v", err)
	}
}

func TestAnEndpointOnAllAddressesIsAskedOnLoopback(t *testing.T) {
	for listen, want := range map[string]string{
		":8081":            "http://127.0.0.1:8081/readyz",
		"0.0.0.0:8081":     "http://127.0.0.1:8081/readyz",
		"[::]:8081":        "http://[::1]:8081/readyz",
		"192.0.2.7:8081":   "http://192.0.2.7:8081/readyz",
		"[2001:db8::1]:80": "http://[2001:db8::1]:80/readyz",
		"localhost:8081":   "http://localhost:8081/readyz",
	} {
		if got := readyURL(listen); got != want {
			t.Errorf("%s is asked at %s, not %s", listen, got, want)
		}
	}
}

func TestTheHealthcheckTakesNoArguments(t *testing.T) {
	var out bytes.Buffer
	if code := runCommand(t.Context(), &out, &out, []string{"healthcheck", "now"}, nil); code != 2 || !strings.Contains(out.String(), `"now"`) {
		t.Errorf("%d, %s", code, out.String())
	}
}
