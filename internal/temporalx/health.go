package temporalx

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
)

// Health serves the liveness and readiness of the process. It starts as not ready.
type Health struct {
	address string
	ready   atomic.Bool
	reason  atomic.Pointer[string] // why it is not ready; nil: it has not been told
}

// notReady is the reason of a worker, which knows no other.
const notReady = "starting, stopping, or Temporal gives it no work"

// NewHealth prepares the endpoint for an address; "" turns it off.
func NewHealth(address string) *Health { return &Health{address: address} }

// SetReady sets what /readyz reports.
func (h *Health) SetReady(ready bool) { h.ready.Store(ready) }

// SetNotReady has /readyz report that the process is not ready, and why, in words
// without secrets.
func (h *Health) SetNotReady(reason string) {
	h.reason.Store(&reason)
	h.ready.Store(false)
}

// IsReady returns what /readyz reports.
func (h *Health) IsReady() bool { return h.ready.Load() }

// ServeHTTP answers /healthz with 200 while the process is alive, and /readyz with
// 200 while it is ready and 503 otherwise.
func (h *Health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, text := http.StatusOK, "ok\n"
	switch r.URL.Path {
	case "/healthz":
	case "/readyz":
		if !h.ready.Load() {
			status, text = http.StatusServiceUnavailable, "not ready: "+h.explainNotReady()+"\n"
		}
	default:
		status, text = http.StatusNotFound, "not found: use /healthz or /readyz\n"
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

func (h *Health) explainNotReady() string {
	if reason := h.reason.Load(); reason != nil {
		return *reason
	}
	return notReady
}

// Serve serves both until the context ends. Without an address it returns at once.
func (h *Health) Serve(ctx context.Context) error {
	return listenAndServe(ctx, "HEALTH_ADDRESS", h.address, h)
}
