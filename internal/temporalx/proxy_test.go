package temporalx

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

// TestAProxyThatKeepsTemporalAwayIsNamed connects in a process of its own, since Go reads
// HTTPS_PROXY once.
func TestAProxyThatKeepsTemporalAwayIsNamed(t *testing.T) {
	if os.Getenv("DEFENDERSYNC_TEST_PROXIED") != "" {
		_, err := Dial(t.Context(), Options{Environ: []string{"TEMPORAL_ADDRESS=temporal.invalid:7233"}, Logger: zerolog.Nop()})
		fmt.Println("DIALLED", err)
		return
	}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer proxy.Close()
	dial := func(variables ...string) string {
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		command.Env = append(append(os.Environ(), "DEFENDERSYNC_TEST_PROXIED=1", "HTTPS_PROXY="+proxy.URL, "https_proxy=", "no_proxy="), variables...)
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	if out := dial("NO_PROXY="); !strings.Contains(out, "the proxy of HTTPS_PROXY does not let this through") {
		t.Errorf("it says %s", out)
	}
	if out := dial("NO_PROXY=temporal.invalid"); strings.Contains(out, "HTTPS_PROXY") || !strings.Contains(out, "nothing answers there") {
		t.Errorf("past the proxy it says %s", out)
	}
}
