package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
)

// loopback is the only address that anything here listens on.
const loopback = "127.0.0.1"

// port is a port to listen on and how the operator changes it.
type port struct {
	Number   int
	Variable string // environment variable, e.g. "TEMPORAL_PORT"
	Purpose  string // what listens there, e.g. "the Temporal server"
}

// addr is the address that the port has on this machine.
func (p port) addr() string { return hostPort(p.Number) }

// url is where a browser or client finds what listens on the port.
func (p port) url() string { return "http://" + p.addr() }

func hostPort(number int) string { return net.JoinHostPort(loopback, strconv.Itoa(number)) }

// checkPorts says of every port that can't be had which variable changes it,
// as a usage error. It looks once; another process may still come between.
func checkPorts(ports ...port) error {
	var problems []string
	byNumber := map[int]port{}
	for _, p := range ports {
		other, twice := byNumber[p.Number]
		byNumber[p.Number] = p
		if twice && p.Number != 0 {
			problems = append(problems, fmt.Sprintf("%s and %s are both %d: they need two ports", other.Variable, p.Variable, p.Number))
			continue
		}
		if problem := checkPort(p); problem != "" {
			problems = append(problems, problem)
		}
	}
	if len(problems) > 0 {
		return usagef("%s", strings.Join(problems, "\n"))
	}
	return nil
}

// checkPort returns what is wrong with the port, or "".
func checkPort(p port) string {
	listener, err := net.Listen("tcp", p.addr())
	if err == nil {
		_ = listener.Close()
		return ""
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Sprintf("port %d for %s can't be used (%v): set %s to another", p.Number, p.Purpose, err, p.Variable)
	}
	hint := "a free port"
	if free := nextFree(p.Number); free > 0 {
		hint = strconv.Itoa(free)
	}
	return fmt.Sprintf("port %d is taken, %s needs one: set %s=%s", p.Number, p.Purpose, p.Variable, hint)
}

// nextFree is a free port a little above number, or 0.
func nextFree(number int) int {
	for candidate := number + 1; candidate <= min(number+100, 65535); candidate++ {
		if listener, err := net.Listen("tcp", hostPort(candidate)); err == nil {
			_ = listener.Close()
			return candidate
		}
	}
	return 0
}

// freePorts returns n different ports that were free a moment ago.
func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		listener, err := net.Listen("tcp", hostPort(0))
		if err != nil {
			return nil, fmt.Errorf("looking for a free port: %w", err)
		}
		// Held until all are found, or the same one would come twice.
		defer func() { _ = listener.Close() }()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
