package localrun

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
)

// Loopback is the only address that anything here listens on.
const Loopback = "127.0.0.1"

// SessionsPath is where the Web UI's address shows the sync sessions.
const SessionsPath = "/sessions"

// Port is a port to listen on and how the operator changes it.
type Port struct {
	Number   int
	Variable string // environment variable, e.g. "TEMPORAL_PORT"
	Purpose  string // what listens there, e.g. "the Temporal server"
}

// addr is the address that the port has on this machine.
func (p Port) addr() string { return HostPort(p.Number) }

// url is where a browser or client finds what listens on the port.
func (p Port) url() string { return "http://" + p.addr() }

// HostPort is a port's address on this machine.
func HostPort(number int) string { return net.JoinHostPort(Loopback, strconv.Itoa(number)) }

// CheckPorts says of every port that can't be had which variable changes it, and to
// what, as a usage error: whoever follows all of its suggestions has ports that work.
// It looks once; another process may still come between.
func CheckPorts(ports ...Port) error {
	var problems []string
	taken := map[int]bool{} // no suggestion may be one of ours, or suggested before
	for _, p := range ports {
		taken[p.Number] = true
	}
	byNumber := map[int]Port{}
	for _, p := range ports {
		other, twice := byNumber[p.Number]
		byNumber[p.Number] = p
		if twice && p.Number != 0 {
			problems = append(problems, fmt.Sprintf("%s and %s are both %d: they need two ports: set %s=%s", other.Variable, p.Variable, p.Number, p.Variable, suggestPort(p.Number, taken)))
			continue
		}
		if problem := checkPort(p, taken); problem != "" {
			problems = append(problems, problem)
		}
	}
	if len(problems) > 0 {
		return Usagef("%s", strings.Join(problems, "\n"))
	}
	return nil
}

// checkPort returns what is wrong with the port, or "".
func checkPort(p Port, taken map[int]bool) string {
	listener, err := net.Listen("tcp", p.addr())
	if err == nil {
		_ = listener.Close()
		return ""
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Sprintf("port %d for %s can't be used (%v): set %s to another", p.Number, p.Purpose, err, p.Variable)
	}
	return fmt.Sprintf("port %d is taken, %s needs one: set %s=%s", p.Number, p.Purpose, p.Variable, suggestPort(p.Number, taken))
}

// suggestPort returns a free port a little above number for a message, and marks it
// as taken.
func suggestPort(number int, taken map[int]bool) string {
	free := nextFree(number, taken)
	if free == 0 {
		return "a free port"
	}
	taken[free] = true
	return strconv.Itoa(free)
}

// nextFree is a free port a little above number that is none of those, or 0.
func nextFree(number int, besides map[int]bool) int {
	for candidate := number + 1; candidate <= min(number+100, 65535); candidate++ {
		if besides[candidate] {
			continue
		}
		if listener, err := net.Listen("tcp", HostPort(candidate)); err == nil {
			_ = listener.Close()
			return candidate
		}
	}
	return 0
}

// FreePorts returns n different ports that were free a moment ago.
func FreePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		listener, err := net.Listen("tcp", HostPort(0))
		if err != nil {
			return nil, fmt.Errorf("looking for a free port: %w", err)
		}
		// Held until all are found, or the same one would come twice.
		defer func() { _ = listener.Close() }()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
