package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"defendersync/internal/temporalx"
)

// readiness is what /readyz answers.
func readiness(h *temporalx.Health) int {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	return w.Code
}

func TestAWorkerThatGetsNoMoreWorkIsNotReadyAndEndsWithWhy(t *testing.T) {
	polls := temporalx.NewPolls()
	e, h := newEnding(polls, zerolog.Nop()), temporalx.NewHealth("")
	if readiness(h) != http.StatusServiceUnavailable {
		t.Error("it is ready before it serves")
	}
	e.setHealth(h)
	if readiness(h) != http.StatusOK {
		t.Error("it is not ready")
	}
	polls.Changed(errors.New("no access"))
	if readiness(h) != http.StatusServiceUnavailable {
		t.Error("it is ready while work is refused")
	}
	polls.Changed(nil)
	if readiness(h) != http.StatusOK {
		t.Error("it is not ready again")
	}
	e.fail(errors.New("the namespace is gone"))
	e.fail(errors.New("another poller says so too"))
	polls.Changed(nil)
	if readiness(h) != http.StatusServiceUnavailable {
		t.Error("it is ready after the end")
	}
	err := e.awaitEnd(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the namespace is gone") || strings.Contains(err.Error(), "\n") {
		t.Errorf("it ends with %v", err)
	}
}

func TestAWorkerThatIsToldToStopEndsWell(t *testing.T) {
	e, h := newEnding(temporalx.NewPolls(), zerolog.Nop()), temporalx.NewHealth("")
	e.setHealth(h)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.awaitEnd(ctx); err != nil || readiness(h) != http.StatusServiceUnavailable {
		t.Errorf("it ends with %v", err)
	}
}
