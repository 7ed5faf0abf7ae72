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

func TestPortsThatAreSuggestedWorkTogether(t *testing.T) {
	for try := range 20 { // of neighbours, which other processes may take at any moment
		first, ports, release := takeNeighbours(t)
		err := CheckPorts(ports...)
		release()
		if err == nil {
			t.Fatal("taken ports are no problem")
		}
		suggested := regexp.MustCompile(`set ([A-Z])_PORT=(\d+)`).FindAllStringSubmatch(err.Error(), -1)
		seen := map[string]bool{}
		for _, p := range ports {
			seen[strconv.Itoa(p.Number)] = true
		}
		for _, s := range suggested {
			if seen[s[2]] {
				t.Errorf("from %d on, %s is suggested twice or one of those asked for:\n%v", first, s[2], err)
			}
			seen[s[2]] = true
		}
		if len(suggested) == 3 {
			return
		}
		t.Logf("try %d: no three suggestions: %v", try, err)
	}
	t.Error("never were there three suggestions")
}

// takeNeighbours listens on a port and on one right after it where that is free, and
// asks for them, for the one that follows, and for the first once more.
func takeNeighbours(t *testing.T) (first int, ports []Port, release func()) {
	t.Helper()
	first = takePort(t)
	next, err := net.Listen("tcp", HostPort(first+1))
	release = func() {
		if err == nil {
			_ = next.Close()
		}
	}
	return first, []Port{
		{Number: first, Variable: "A_PORT", Purpose: "the first"},
		{Number: first + 1, Variable: "B_PORT", Purpose: "the second"},
		{Number: first + 2, Variable: "C_PORT", Purpose: "the third"},
		{Number: first, Variable: "D_PORT", Purpose: "the fourth"},
	}, release
}
