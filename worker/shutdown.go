package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/rs/zerolog"

	"defendersync/internal/temporalx"
)

// ending decides when a worker ends: when it is asked to, or when Temporal will
// give it no more work. A worker without work must not look healthy: it is not
// ready from then on, and ends with an error, so that its supervisor restarts it
// or raises an alarm.
type ending struct {
	log   zerolog.Logger
	cause chan error // the first one

	mu      sync.Mutex
	health  *temporalx.Health // nil until the worker serves
	refused bool              // Temporal refuses work at the moment
	over    bool
}

// newEnding follows the outcome of the polls.
func newEnding(polls *temporalx.Polls, log zerolog.Logger) *ending {
	e := &ending{log: log, cause: make(chan error, 1)}
	polls.Changed, polls.Fatal = e.noteRefusal, e.fail
	return e
}

// setHealth names the health that shows from now on whether the worker is ready.
func (e *ending) setHealth(h *temporalx.Health) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.health = h
	e.updateReadiness()
}

// updateReadiness needs the lock.
func (e *ending) updateReadiness() {
	if e.health != nil {
		e.health.SetReady(!e.refused && !e.over)
	}
}

// noteRefusal takes in why Temporal refuses work; nil: it gives work again.
func (e *ending) noteRefusal(refused error) {
	e.mu.Lock()
	e.refused = refused != nil
	e.updateReadiness()
	e.mu.Unlock()
	if refused != nil {
		e.log.Warn().Err(refused).Msg("Temporal refuses to give out work; the worker ends if that lasts")
	} else {
		e.log.Info().Msg("Temporal gives out work again")
	}
}

// fail ends the worker, since no more work will come.
func (e *ending) fail(err error) {
	e.markStopping()
	select {
	case e.cause <- err:
	default: // the first cause is enough
	}
}

// markStopping makes the worker not ready, for good.
func (e *ending) markStopping() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.over = true
	e.updateReadiness()
}

// awaitEnd waits for the end: nil when it was asked for.
func (e *ending) awaitEnd(ctx context.Context) error {
	defer e.markStopping()
	select {
	case <-ctx.Done():
		return nil
	case err := <-e.cause:
		return fmt.Errorf("Temporal gives this worker no more work, so it ends: %w", err)
	}
}
