package localrun

import (
	"errors"
	"net"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// takePort listens on a free port until the test ends.
func takePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", HostPort(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().(*net.TCPAddr).Port
}

func TestCheckPortsTellsEveryTakenPortAndItsVariable(t *testing.T) {
	free, err := FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	a, b := takePort(t), takePort(t)
	err = CheckPorts(
		Port{Number: a, Variable: "A_PORT", Purpose: "the first"},
		Port{Number: free[0], Variable: "B_PORT", Purpose: "the second"},
		Port{Number: b, Variable: "C_PORT", Purpose: "the third"},
	)
	var exit *ExitError
	if !errors.As(err, &exit) || exit.Code != ExitUsage {
		t.Fatalf("want a usage error, got %v", err)
	}
	for _, want := range []string{
		"port " + strconv.Itoa(a) + ` is taken, the first needs one: set A_PORT=(\d+|a free port)`,
		"port " + strconv.Itoa(b) + ` is taken, the third needs one: set C_PORT=(\d+|a free port)`,
	} {
		if !regexp.MustCompile(want).MatchString(err.Error()) {
			t.Errorf("%q does not say %s", err, want)
		}
	}
	if strings.Contains(err.Error(), "B_PORT") {
		t.Errorf("the free port is told as taken: %v", err)
	}
}

func TestCheckPortsSeesTwoUsesOfOnePort(t *testing.T) {
	free, err := FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	err = CheckPorts(Port{Number: free[0], Variable: "A_PORT"}, Port{Number: free[0], Variable: "B_PORT"})
	if err == nil || !strings.Contains(err.Error(), "A_PORT and B_PORT are both") {
		t.Errorf("got %v", err)
	}
}

func TestFreePortsAreAllDifferent(t *testing.T) {
	ports, err := FreePorts(20)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, p := range ports {
		if seen[p] {
			t.Errorf("%d comes twice in %v", p, ports)
		}
		seen[p] = true
	}
}
