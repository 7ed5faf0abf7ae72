package cluster

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"

	"defendersync/internal/testing/harness"
)

// Door is one worker's way to both tenants, which notes what it asks for.
type Door struct {
	defender *httptest.Server
	oomnitza *httptest.Server

	mu       sync.Mutex
	requests []time.Time // that came through, to either tenant
	read     []time.Time // of those, to Defender
}

// newDoor opens a way to an integration's tenants.
func newDoor(in *harness.Integration) *Door {
	d := &Door{}
	d.defender = httptest.NewServer(d.note(in.Sim.Defender(), &d.read))
	d.oomnitza = httptest.NewServer(d.note(in.Sim.Oomnitza(), nil))
	return d
}

// note notes each request before it is let through, once more in also.
func (d *Door) note(next http.Handler, also *[]time.Time) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		d.mu.Lock()
		now := time.Now()
		d.requests = append(d.requests, now)
		if also != nil {
			*also = append(*also, now)
		}
		d.mu.Unlock()
		next.ServeHTTP(w, req)
	})
}

// settings are what sends a worker through the door.
func (d *Door) settings() []string {
	return []string{"DEFENDER_API_URL=" + d.defender.URL, "OOMNITZA_URL=" + d.oomnitza.URL}
}

// countSince counts the requests since a time, and tells when the last one was.
func (d *Door) countSince(t time.Time) (n int, last time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, at := range d.requests {
		if !at.Before(t) {
			n, last = n+1, at
		}
	}
	return n, last
}

// close shuts the door behind a worker that has ended.
func (d *Door) close() {
	for _, s := range []*httptest.Server{d.defender, d.oomnitza} {
		s.CloseClientConnections()
		s.Close()
	}
}

// firstSince is when the first request came since a time; the present when none has.
func (d *Door) firstSince(t time.Time) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, at := range d.requests {
		if !at.Before(t) {
			return at
		}
	}
	return time.Now()
}

// listRead lists when Defender was asked.
func (d *Door) listRead() []time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.read)
}
