package simulator

import (
	"os"
	"strings"
	"testing"
)

// TestTheGuardIsTheOneOfTheLocalRun: the local run is a module of its own and
// imports nothing of this one, so the guard against foreign pages stands in
// both. What one of them learns, the other has to learn as well.
func TestTheGuardIsTheOneOfTheLocalRun(t *testing.T) {
	rules := func(path string) string {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, body, ok := strings.Cut(string(source), "// isLocal reports")
		if !ok {
			t.Fatalf("%s has no isLocal", path)
		}
		return body
	}
	if rules("localonly.go") != rules("../../../deployments/local/localonly/localonly.go") {
		t.Error("internal/testing/simulator/localonly.go and deployments/local/localonly/localonly.go judge hosts and origins in different ways")
	}
}
