package temporalx

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
)

// Health answers whether the process lives and whether it works. It is not
// ready to begin with.
type Health struct {
	address string
	ready   atomic.Bool
}

// NewHealth prepares the answers for an address to serve them on.
func NewHealth(address string) *Health { return &Health{address: address} }

// Ready says whether the process works.
func (h *Health) Ready(ready bool) { h.ready.Store(ready) }

// ServeHTTP answers /healthz with 200 as long as the process lives, and
// /readyz with 200 while it works and 503 otherwise.
func (h *Health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, text := http.StatusOK, "ok\n"
	switch r.URL.Path {
	case "/healthz":
	case "/readyz":
		if !h.ready.Load() {
			status, text = http.StatusServiceUnavailable, "not ready: starting, stopping, or Temporal gives it no work\n"
		}
	default:
		status, text = http.StatusNotFound, "there are /healthz and /readyz\n"
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// Serve answers until the context ends. Without an address it returns at once.
func (h *Health) Serve(ctx context.Context) error {
	return listenAndServe(ctx, "HEALTH_ADDRESS", h.address, h)
}
