package activities

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// pipes is a listener whose connections are within the process, so that in a
// bubble of testing/synctest every wait for a tenant is a virtual one.
type pipes struct {
	calls chan net.Conn
	once  sync.Once
	gone  chan struct{}
}

func newPipes() *pipes { return &pipes{calls: make(chan net.Conn), gone: make(chan struct{})} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.calls <- far:
		return near, nil
	case <-p.gone:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.calls:
		return c, nil
	case <-p.gone:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipes) Close() error {
	p.once.Do(func() { close(p.gone) })
	return nil
}

// Addr implements net.Listener.
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// stillRig is a rig for a bubble of testing/synctest.
func stillRig(t *testing.T, o simulator.Options) *rig {
	t.Helper()
	if o.Seed == 0 {
		o.Seed = 7
	}
	sim := simulator.New(o)
	r := &rig{t: t, sim: sim, defenderAPIToken: sim.Options().DefenderToken}
	ways := map[string]*pipes{}
	open := func(host string, tenant http.Handler) *door {
		d := &door{url: "http://" + host}
		d.set(func(http.ResponseWriter, *http.Request) bool { return false })
		ways[host+":80"] = newPipes()
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if !(*d.guard.Load())(w, req) {
				tenant.ServeHTTP(w, req)
			}
		}))
		_ = s.Listener.Close()
		s.Listener = ways[host+":80"]
		s.Start()
		t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
		return d
	}
	r.defenderAt, r.oomnitzaAt = open("127.0.0.1", sim.Defender()), open("127.0.0.2", sim.Oomnitza())
	r.http = &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{MaxIdleConnsPerHost: 16, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			way, ok := ways[addr]
			if !ok {
				return nil, net.ErrClosed
			}
			return way.dial(ctx, network, addr)
		}}}
	t.Cleanup(r.http.CloseIdleConnections)
	r.policy = saas.Policy{
		DefaultRole: 25, IntegrationUser: sim.Options().TokenUser, UsernameFormat: saas.FormatEmail, Overlap: 72 * time.Hour,
		FullEvery: 7 * saas.Day, Heartbeat: 15 * time.Second, GiveUp: time.Hour, MaxRetryApps: 50,
	}
	r.Activities = r.worker()
	return r
}
