// Command tenants serves the two simulated tenants, Defender's and Oomnitza's,
// and a port to control them by. See package simulator for what they do.
//
// With --state it goes on, when started again, with what Oomnitza held and with
// the day that Defender showed.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"defendersync/internal/testing/simulator"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := runTenants(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// runTenants serves the tenants until ctx ends.
func runTenants(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	set, err := parseSettings(args, stderr)
	if err != nil {
		if errors.Is(err, errHelp) {
			return exitOK
		}
		fmt.Fprintln(stderr, "tenants:", err)
		return exitUsage
	}
	if set.makeFor != "" {
		if err := makeCertificates(set.certificates, set.makeFor, time.Now()); err != nil {
			fmt.Fprintln(stderr, "tenants:", err)
			return exitFailed
		}
		return exitOK
	}
	doors, err := openDoors(set)
	if err != nil {
		fmt.Fprintln(stderr, "tenants:", err)
		return exitUsage
	}
	sim, restored, err := openSimulator(set)
	if err != nil {
		for _, d := range doors {
			_ = d.listener.Close() // nothing was served yet
		}
		fmt.Fprintln(stderr, "tenants:", err)
		return exitFailed
	}
	announceDoors(stdout, sim, doors, restored, set.state)
	if err := serveDoors(ctx, sim, doors, set.state); err != nil {
		fmt.Fprintln(stderr, "tenants:", err)
		return exitFailed
	}
	return exitOK
}

// door is one address that is served.
type door struct {
	flag     string
	name     string
	listener net.Listener
	handler  func(*simulator.Simulator) http.Handler
	secure   *tls.Config // nil: plain HTTP
}

// scheme is how the door is asked.
func (d door) scheme() string {
	if d.secure != nil {
		return "https"
	}
	return "http"
}

// line is the listener, with TLS where the door has it.
func (d door) line() net.Listener {
	if d.secure != nil {
		return tls.NewListener(d.listener, d.secure)
	}
	return d.listener
}

// openDoors takes the three addresses, or tells plainly which is taken.
func openDoors(set settings) ([]door, error) {
	secure, err := loadCertificate(set.certificates)
	if err != nil {
		return nil, err
	}
	doors := []door{
		{flag: "--defender-addr", name: "Defender", handler: (*simulator.Simulator).Defender, secure: secure},
		{flag: "--oomnitza-addr", name: "Oomnitza", handler: (*simulator.Simulator).Oomnitza, secure: secure},
		{flag: "--control-addr", name: "Control", handler: (*simulator.Simulator).Control},
	}
	for i, addr := range []string{set.defenderAddr, set.oomnitzaAddr, set.controlAddr} {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			for _, d := range doors[:i] {
				_ = d.listener.Close() // the error that matters is the other
			}
			if errors.Is(err, syscall.EADDRINUSE) {
				return nil, fmt.Errorf("address %s is taken by another process; choose another with %s", addr, doors[i].flag)
			}
			return nil, fmt.Errorf("%s: %w", doors[i].flag, err)
		}
		doors[i].listener = l
	}
	return doors, nil
}

func announceDoors(w io.Writer, sim *simulator.Simulator, doors []door, restored bool, state string) {
	st := sim.Status()
	how := "new"
	if restored {
		how = "continued from " + state
	}
	fmt.Fprintf(w, "Simulated tenants (%s): %d apps, %d people, seed %d; Defender's clock shows %s\n",
		how, st.Apps, st.People, st.Seed, st.Now.Format(time.RFC3339))
	for _, d := range doors {
		fmt.Fprintf(w, "%-8s  %s://%s\n", d.name, d.scheme(), d.listener.Addr())
	}
	fmt.Fprintln(w, "ready")
}

// serveDoors answers until ctx ends or a server fails, saving as it goes.
func serveDoors(ctx context.Context, sim *simulator.Simulator, doors []door, state string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, len(doors))
	servers := make([]*http.Server, len(doors))
	for i, d := range doors {
		servers[i] = &http.Server{Handler: d.handler(sim), ReadHeaderTimeout: 10 * time.Second}
		go func() {
			if err := servers[i].Serve(d.line()); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("serve %s: %w", d.name, err)
				cancel()
			}
		}()
	}
	err := keepSaving(ctx, sim, state)
	shutServers(servers)
	select {
	case serveErr := <-failed:
		err = errors.Join(err, serveErr)
	default:
	}
	if state != "" {
		err = errors.Join(err, saveState(sim, state))
	}
	return err
}

// shutServers lets requests under way finish for a moment, then cuts them off.
func shutServers(servers []*http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for _, s := range servers {
		if s.Shutdown(ctx) != nil {
			_ = s.Close() // they had their time
		}
	}
}
