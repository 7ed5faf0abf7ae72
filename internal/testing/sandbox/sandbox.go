// Package sandbox holds both simulated tenants within the process, for tests of
// what talks to them: real clients over HTTP, without a network. A test may
// stand in a tenant's door and answer in its place.
//
// Every wait for a tenant is a virtual one in a bubble of testing/synctest;
// outside of one the sandbox works as well.
package sandbox

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"defendersync/internal/defender"
	"defendersync/internal/oomnitza"
	"defendersync/internal/ratelimit"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// Role is the role with which the sandbox's policy creates people; some
// simulated people have it.
const Role = 25

// Sandbox is both tenants.
type Sandbox struct {
	*simulator.Simulator
	DefenderDoor *Door
	OomnitzaDoor *Door
	HTTP         *http.Client // reaches the doors

	t testing.TB
}

// OpenSandbox opens both tenants until the test ends. The seed is 7 where the options
// name none.
func OpenSandbox(t testing.TB, o simulator.Options) *Sandbox {
	t.Helper()
	if o.Seed == 0 {
		o.Seed = 7
	}
	s := &Sandbox{t: t, Simulator: simulator.New(o)}
	ways := map[string]*pipes{}
	s.DefenderDoor = openDoor(t, ways, "127.0.0.1", s.Defender())
	s.OomnitzaDoor = openDoor(t, ways, "127.0.0.2", s.Oomnitza())
	s.HTTP = &http.Client{
		Timeout:       time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{MaxIdleConnsPerHost: 16, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			way, ok := ways[addr]
			if !ok {
				return nil, net.ErrClosed
			}
			return way.dialPipe(ctx)
		}},
	}
	t.Cleanup(s.HTTP.CloseIdleConnections)
	return s
}

// Policy returns rules by which every simulated user with an address is a
// person.
func (s *Sandbox) Policy() saas.Policy {
	return saas.Policy{
		DefaultRole: Role, IntegrationUser: s.Options().TokenUser, UsernameFormat: saas.FormatEmail, Overlap: 72 * time.Hour,
		FullEvery: 7 * saas.Day, Heartbeat: 15 * time.Second, GiveUp: time.Hour, MaxRetryApps: 50,
	}
}

// Clients are what a worker talks to the tenants with.
type Clients struct {
	Defender *defender.Client
	Limiter  *ratelimit.Limiter // Defender's; it lets everything through at once
	Oomnitza *oomnitza.Client
}

// NewClients makes clients as a worker has them that has talked to nobody yet.
func (s *Sandbox) NewClients() Clients {
	s.t.Helper()
	limiter := ratelimit.NewLimiter(0, time.Minute)
	from, err := defender.New(defender.Options{URL: s.DefenderDoor.URL, AllowHost: "127.0.0.1", Token: s.Options().DefenderToken,
		Limiter: limiter, HTTP: s.HTTP, Doubt: time.Millisecond})
	if err != nil {
		s.t.Fatal(err)
	}
	to, err := oomnitza.New(oomnitza.Options{URL: s.OomnitzaDoor.URL, Token: s.Options().OomnitzaToken, Concurrency: 8, HTTP: s.HTTP})
	if err != nil {
		s.t.Fatal(err)
	}
	return Clients{from, limiter, to}
}

// CheckContract fails the test for every request that broke a vendor's contract.
func (s *Sandbox) CheckContract() {
	s.t.Helper()
	for _, v := range s.Violations() {
		s.t.Error(v)
	}
}

// Door is a tenant's address.
type Door struct {
	URL   string
	guard atomic.Pointer[Guard]
}

// Guard sees a request before the tenant does. It returns true when it has
// answered itself.
type Guard func(http.ResponseWriter, *http.Request) bool

// Post puts a guard into the door in place of the one before; nil: nobody.
func (d *Door) Post(g Guard) {
	if g == nil {
		g = func(http.ResponseWriter, *http.Request) bool { return false }
	}
	d.guard.Store(&g)
}

func openDoor(t testing.TB, ways map[string]*pipes, host string, tenant http.Handler) *Door {
	d := &Door{URL: "http://" + host}
	d.Post(nil)
	ways[host+":80"] = newPipes()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !(*d.guard.Load())(w, r) {
			tenant.ServeHTTP(w, r)
		}
	}))
	_ = server.Listener.Close() // of the network
	server.Listener = ways[host+":80"]
	server.Start()
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return d
}

// AnswerDown is a Guard: it answers everything as a tenant does that is out.
func AnswerDown(w http.ResponseWriter, r *http.Request) bool {
	_, _ = io.Copy(io.Discard, r.Body)
	w.WriteHeader(http.StatusServiceUnavailable)
	return true
}

// AnswerStatus returns a Guard that answers everything with a status.
func AnswerStatus(status int) Guard {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(status)
		return true
	}
}

// BreakDown makes the tenant answer 503 to the requests from the first to the
// last given, whatever they are. It returns how many were answered so.
func (d *Door) BreakDown(first, last int64) (refused *atomic.Int64) {
	var seen atomic.Int64
	refused = &atomic.Int64{}
	d.Post(func(w http.ResponseWriter, req *http.Request) bool {
		if n := seen.Add(1); n < first || n > last {
			return false
		}
		refused.Add(1)
		return AnswerDown(w, req)
	})
	return refused
}
