package mailing

import (
	"context"
	"errors"
	"time"
)

// errSessionBegan is why the reading of Defender is interrupted.
var errSessionBegan = errors.New("a session began")

// runBetweenSessions does work that reads Defender while no session runs: both
// live on one request budget, and a session comes first. When a session begins,
// the work is interrupted, and done anew once the session has ended.
func (m Mailer) runBetweenSessions(ctx context.Context, t *Tracker, work func(context.Context) error) error {
	every := m.SessionEvery
	if every <= 0 {
		every = 3 * time.Second
	}
	for {
		if err := m.awaitSessionEnd(ctx, t, every); err != nil {
			return err
		}
		err := m.runUntilSession(ctx, every, work)
		if !errors.Is(err, errSessionBegan) {
			return err
		}
	}
}

// runUntilSession does the work; errSessionBegan when a session interrupted it.
func (m Mailer) runUntilSession(ctx context.Context, every time.Duration, work func(context.Context) error) error {
	working, cancel := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for sleep(working, every) {
			if runs, err := m.SessionRuns(working); runs && err == nil {
				cancel(errSessionBegan)
			}
		}
	}()
	err := work(working)
	if cause := context.Cause(working); err != nil && errors.Is(cause, errSessionBegan) {
		err = cause
	}
	cancel(nil)
	<-watched
	return err
}

// awaitSessionEnd returns once no session runs.
func (m Mailer) awaitSessionEnd(ctx context.Context, t *Tracker, every time.Duration) error {
	for {
		runs, err := m.SessionRuns(ctx)
		if err != nil || !runs {
			return err
		}
		t.showDoing("waiting for the running session to end, since this report reads Defender")
		if !sleep(ctx, every) {
			return ctx.Err()
		}
	}
}
