package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"defendersync/internal/testing/simulator"
)

// screen takes what the command prints, and tells when it is ready.
type screen struct {
	mu    sync.Mutex
	text  bytes.Buffer
	ready chan struct{}
}

func newScreen() *screen { return &screen{ready: make(chan struct{})} }

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(b)
	if strings.Contains(string(b), "ready\n") {
		close(s.ready)
	}
	return len(b), nil
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// start runs the command on free ports; stop ends it as a signal would and
// gives its exit code.
func start(t *testing.T, args ...string) (out *screen, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out = newScreen()
	var complaints bytes.Buffer
	code := make(chan int, 1)
	args = append([]string{"--defender-addr", "127.0.0.1:0", "--oomnitza-addr", "127.0.0.1:0", "--control-addr", "127.0.0.1:0"}, args...)
	go func() { code <- runTenants(ctx, args, out, &complaints) }()
	select {
	case <-out.ready:
	case c := <-code:
		cancel()
		t.Fatalf("ended with %d: %s", c, complaints.String())
	}
	return out, func() int { cancel(); return <-code }
}

func (s *screen) control(t *testing.T) string {
	t.Helper()
	m := regexp.MustCompile(`Control +(\S+)`).FindStringSubmatch(s.String())
	if m == nil {
		t.Fatalf("no address in %q", s.String())
	}
	return m[1]
}

func status(t *testing.T, method, url string) simulator.Status {
	t.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var st simulator.Status
	if err := json.NewDecoder(resp.Body).Decode(&st); err != nil {
		t.Fatal(err)
	}
	return st
}

func TestTheTenantsGoOnAfterARestart(t *testing.T) {
	state := filepath.Join(t.TempDir(), "tenants.json")
	out, stop := start(t, "--state", state, "--apps", "40", "--seed", "5")
	before := status(t, http.MethodPost, out.control(t)+"/advance?days=3&new-apps=2")
	if before.Apps != 46 || before.Days != 3 {
		t.Errorf("status %+v", before)
	}
	if code := stop(); code != exitOK {
		t.Fatalf("exit code %d", code)
	}
	out, stop = start(t, "--state", state, "--budget", "7", "--advance", "1")
	after := status(t, http.MethodGet, out.control(t)+"/status")
	if after.Apps != 47 || after.Days != 4 || after.Seed != 5 || after.Budget != 7 || after.Totals != before.Totals {
		t.Errorf("status %+v", after)
	}
	if d := after.Now.Sub(before.Now); d < 24*time.Hour || d > 25*time.Hour {
		t.Errorf("the clock went on by %v", d)
	}
	if !strings.Contains(out.String(), "continued from "+state) {
		t.Errorf("printed %q", out.String())
	}
	if code := stop(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

func TestTheTenantsAreServedOverTLSWithTheirOwnAuthority(t *testing.T) {
	folder := t.TempDir()
	for range 2 { // the second time, they are there
		if code := runTenants(t.Context(), []string{"--certificates", folder, "--make-certificates", "tenants"}, io.Discard, io.Discard); code != exitOK {
			t.Fatalf("exit code %d", code)
		}
	}
	authority, err := os.ReadFile(filepath.Join(folder, authorityFile))
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(authority)
	out, stop := start(t, "--certificates", folder)
	defer stop()
	m := regexp.MustCompile(`Oomnitza +(https://\S+)`).FindStringSubmatch(out.String())
	if m == nil {
		t.Fatalf("no address in %q", out.String())
	}
	asked := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted, ServerName: "tenants"}}}
	resp, err := asked.Get(m[1] + "/api/v3/mappings?name=SaaS")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized && resp.StatusCode != http.StatusForbidden {
		t.Errorf("a request without a token is answered %d", resp.StatusCode)
	}
	if got := status(t, http.MethodGet, out.control(t)+"/status"); got.Apps == 0 {
		t.Errorf("status %+v", got)
	}
}

func TestWhatIsWrongIsSaidPlainly(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	state := filepath.Join(t.TempDir(), "tenants.json")
	_, stop := start(t, "--state", state)
	stop()
	for name, c := range map[string]struct {
		args []string
		code int
		text string
	}{
		"a taken port":         {[]string{"--oomnitza-addr", taken.Addr().String()}, exitUsage, "is taken by another process; choose another with --oomnitza-addr"},
		"an unknown flag":      {[]string{"--moon"}, exitUsage, "moon"},
		"a stray word":         {[]string{"moon"}, exitUsage, `"moon" is no flag`},
		"a wrong role":         {[]string{"--roles", "a"}, exitUsage, "--roles"},
		"a wrong start":        {[]string{"--start", "today"}, exitUsage, "--start"},
		"a wrong variant":      {[]string{"--variants", `{"Time": "moon"}`}, exitUsage, "moon"},
		"an unknown fault":     {[]string{"--faults", `{"Moon": 1}`}, exitUsage, "--faults"},
		"help":                 {[]string{"--help"}, exitOK, "-defender-addr"},
		"certificates nowhere": {[]string{"--make-certificates", "tenants"}, exitUsage, "--certificates"},
		"no certificates":      {[]string{"--certificates", t.TempDir()}, exitUsage, "--certificates"},
		"another scale":        {[]string{"--state", state, "--apps", "7"}, exitFailed, "delete the file to begin anew"},
		"a state in nowhere":   {[]string{"--state", filepath.Join(state, "x")}, exitFailed, "--state"},
	} {
		t.Run(name, func(t *testing.T) {
			var complaints bytes.Buffer
			args := append([]string{"--defender-addr", "127.0.0.1:0", "--oomnitza-addr", "127.0.0.1:0", "--control-addr", "127.0.0.1:0"}, c.args...)
			if code := runTenants(t.Context(), args, io.Discard, &complaints); code != c.code || !strings.Contains(complaints.String(), c.text) {
				t.Errorf("exit code %d, want %d: %s", code, c.code, complaints.String())
			}
		})
	}
}
