package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/rs/zerolog"

	"defendersync/internal/temporalx"
)

// ending is how a worker comes to its end: as told, or because Temporal will
// give it no more work. The second must not pass for a worker that is well: it
// is not ready from then on, and ends with an error, so that whatever runs it
// starts another or raises the alarm.
type ending struct {
	log   zerolog.Logger
	cause chan error // the first one

	mu      sync.Mutex
	health  *temporalx.Health // nil until the worker serves
	refused bool
	over    bool
}

// newEnding listens to what becomes of the polls.
func newEnding(polls *temporalx.Polls, log zerolog.Logger) *ending {
	e := &ending{log: log, cause: make(chan error, 1)}
	polls.Changed, polls.Fatal = e.changed, e.fatal
	return e
}

// watch has the health tell from now on how the worker is.
func (e *ending) watch(h *temporalx.Health) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.health = h
	e.tell()
}

// tell says whether the worker is ready. The lock is held.
func (e *ending) tell() {
	if e.health != nil {
		e.health.SetReady(!e.refused && !e.over)
	}
}

// changed takes in that work is refused, or given out again.
func (e *ending) changed(refused error) {
	e.mu.Lock()
	e.refused = refused != nil
	e.tell()
	e.mu.Unlock()
	if refused != nil {
		e.log.Warn().Err(refused).Msg("Temporal refuses to give out work; the worker ends if that lasts")
	} else {
		e.log.Info().Msg("Temporal gives out work again")
	}
}

// fatal takes in that no more work will come.
func (e *ending) fatal(err error) {
	e.stop()
	select {
	case e.cause <- err:
	default: // one is enough
	}
}

// stop has the health tell that the worker is on its way out.
func (e *ending) stop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.over = true
	e.tell()
}

// wait waits for the end: nil when it was asked for.
func (e *ending) wait(ctx context.Context) error {
	defer e.stop()
	select {
	case <-ctx.Done():
		return nil
	case err := <-e.cause:
		return fmt.Errorf("Temporal gives this worker no more work, so it ends: %w", err)
	}
}
