package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/sessions"
)

const (
	// firstSilence is how long nothing may be heard of a session before that is
	// told, and tellSilence how often it is told again.
	firstSilence = 10 * time.Second
	tellSilence  = time.Minute
	// lastSilence is how long nothing may be heard of a session before it is
	// followed no longer: without a worker it goes on waiting by itself.
	lastSilence = 10 * time.Minute
)

// stillness tells of a session of which nothing is heard, now and then.
type stillness struct {
	since time.Time // when something was last heard
	told  time.Time
}

// checkSilence reports whether it is time to say that nothing is heard, and whether to
// give up.
func (s *stillness) checkSilence(heard bool, now time.Time) (tell, over bool) {
	if heard {
		s.since, s.told = now, time.Time{}
		return false, false
	}
	quiet := now.Sub(s.since)
	tell = quiet >= firstSilence && now.Sub(s.told) >= tellSilence
	if tell {
		s.told = now
	}
	return tell, quiet >= lastSilence
}

// followSession shows a session's progress until it ends and returns its result.
// Being interrupted ends the following, never the session.
func (c commands) followSession(ctx context.Context, conn connection, sessionID, run string) (contract.SessionResult, error) {
	return c.followFor(ctx, conn, sessionID, run, lastSilence)
}

// errSilent is why a session is followed no longer.
var errSilent = errors.New("no progress was reported")

// followFor follows a session for as long as it is silent for no longer.
func (c commands) followFor(ctx context.Context, conn connection, sessionID, run string, patience time.Duration) (contract.SessionResult, error) {
	type ending struct {
		result contract.SessionResult
		err    error
	}
	ended := make(chan ending, 1)
	go func() {
		r, err := conn.sessionReader().ReadResult(ctx, sessionID, run)
		ended <- ending{r, err}
	}()
	view := c.newView()
	defer view.endLine()
	tick := time.NewTicker(viewEvery)
	defer tick.Stop()
	quiet := stillness{since: time.Now()}
	var pickup time.Time
	for {
		select {
		case e := <-ended:
			return e.result, e.err
		case <-tick.C:
			if pickup.IsZero() {
				pickup = conn.findPickup(ctx, sessionID, run)
			}
			p, err := conn.sessionReader().ReadProgress(ctx, pickup)
			silent := errors.Is(err, sessions.ErrSilent)
			if err != nil && !silent {
				return contract.SessionResult{}, fmt.Errorf("stopped following session %s, which continues: %w", sessionID, err)
			}
			tell, over := quiet.checkSilence(!silent, time.Now())
			if tell {
				fmt.Fprintln(c.err, conn.describeSilence(ctx, sessionID, run, quiet.since))
			}
			if over || silent && time.Since(quiet.since) >= patience {
				return contract.SessionResult{}, fmt.Errorf("stopped following session %s, which keeps waiting: %w for %s", sessionID, errSilent, formatDuration(time.Since(quiet.since)))
			}
			if !silent {
				view.showProgress(p)
			}
		case <-ctx.Done():
			return contract.SessionResult{}, fmt.Errorf("stopped following session %s, which continues", sessionID)
		}
	}
}

// findPickup is when a worker picked a session up; zero if none has, or that is not known.
func (c connection) findPickup(ctx context.Context, sessionID, run string) time.Time {
	if o, err := c.sessionReader().FindOpen(ctx, sessionID, run); err == nil && o != nil {
		return o.PickedUp
	}
	return time.Time{}
}

// describeSilence says what a session waits for that tells nothing.
func (c connection) describeSilence(ctx context.Context, sessionID, run string, since time.Time) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	o, err := c.sessionReader().FindOpen(ctx, sessionID, run)
	if err != nil {
		return fmt.Sprintf("its progress has been unknown for %s: %v", formatDuration(time.Since(since)), err)
	}
	if o != nil && o.PickedUp.IsZero() {
		return "no progress yet: " + c.describeOpen(*o)
	}
	return fmt.Sprintf("no worker has reported its progress for %s: %s", formatDuration(time.Since(since)), c.sessionReader().WorkerHint())
}
