package httpx

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"defendersync/internal/lease"
)

func TestNothingIsSentForWorkThatMayBeAnothers(t *testing.T) {
	var got atomic.Int64
	peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { got.Add(1); _, _ = w.Write([]byte("{}")) }))
	defer peer.Close()
	ctx, held := lease.Begin(t.Context(), time.Hour)
	defer held.End()
	if _, err := Do(ctx, peer.Client(), Call{Peer: "peer", Op: "ask", URL: peer.URL}); err != nil || got.Load() != 1 {
		t.Fatalf("while the lease lasts: %v, %d requests", err, got.Load())
	}
	held.End()
	lost, gone := lease.Begin(t.Context(), 0)
	defer gone.End()
	if _, err := Do(lost, peer.Client(), Call{Peer: "peer", Op: "ask", URL: peer.URL}); !errors.Is(err, context.Canceled) {
		t.Errorf("with a lost lease: %v", err)
	}
	// Work that must end by itself may go on in a context that does not.
	if _, err := Do(context.WithoutCancel(lost), peer.Client(), Call{Peer: "peer", Op: "ask", URL: peer.URL}); KindOf(err) != KindStopping || !errors.Is(err, lease.ErrLost) {
		t.Errorf("with a lost lease, in a context that goes on: %v", err)
	}
	if got.Load() != 1 {
		t.Errorf("%d requests were sent, not one", got.Load())
	}
}
