package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/sessions"
	"defendersync/internal/versions"
)

const (
	// firstSilence is how long a session may be silent before that is reported,
	// and tellSilence how often it is reported again.
	firstSilence = 10 * time.Second
	tellSilence  = time.Minute
	// lastSilence is how long a session may be silent before it is no longer
	// followed. It keeps waiting for a worker by itself.
	lastSilence = 10 * time.Minute
)

// stillness decides when to report that a session has been silent.
type stillness struct {
	since time.Time // of the latest progress
	told  time.Time
}

// checkSilence reports whether it is time to say that a session is silent, and
// whether to stop following it.
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

// following says which session is followed, and how.
type following struct {
	session, run string
	patience     time.Duration   // how long it may be silent
	progress     *progressWriter // nil: its progress is for people alone
}

// errSilent is the reason for which a session is no longer followed.
var errSilent = errors.New("no progress was reported")

// followSession shows a session's progress until it ends, and returns its
// result. An interrupt stops the following, never the session.
func (c commands) followSession(ctx context.Context, conn connection, f following) (contract.SessionResult, error) {
	type ending struct {
		result contract.SessionResult
		err    error
	}
	ended := make(chan ending, 1)
	go func() {
		r, err := conn.sessionReader().ReadResult(ctx, f.session, f.run)
		ended <- ending{r, err}
	}()
	view := c.newView(conn.settings.Defender.RequestsPerMinute, conn.timeZone())
	defer view.endLine()
	tick := time.NewTicker(viewEvery)
	defer tick.Stop()
	quiet := stillness{since: time.Now()}
	var pickup time.Time
	for {
		select {
		case e := <-ended:
			if e.err != nil && ctx.Err() != nil {
				return contract.SessionResult{}, f.errStopped()
			}
			return e.result, e.err
		case <-tick.C:
			if pickup.IsZero() {
				pickup = conn.findPickup(ctx, f.session, f.run)
			}
			p, err := conn.sessionReader().ReadProgress(ctx, pickup)
			silent := errors.Is(err, sessions.ErrSilent)
			if err != nil && !silent {
				return contract.SessionResult{}, fmt.Errorf("stopped following session %s, which continues: %w", f.session, err)
			}
			tell, over := quiet.checkSilence(!silent, time.Now())
			if tell {
				view.printLine(conn.describeSilence(ctx, f.session, f.run, quiet.since))
			}
			if over || silent && time.Since(quiet.since) >= f.patience {
				return contract.SessionResult{}, fmt.Errorf("stopped following session %s, which keeps waiting: %w for %s", f.session, errSilent, formatDuration(time.Since(quiet.since)))
			}
			if silent {
				continue
			}
			if f.progress == nil || !c.terminal.out { // else they would share the terminal
				view.showProgress(p)
			}
			if err := f.progress.writeProgress(viewProgress(f.session, f.run, view.moveOn(p)), c.now()); err != nil {
				return contract.SessionResult{}, err
			}
		case <-ctx.Done():
			return contract.SessionResult{}, f.errStopped()
		}
	}
}

// errStopped is the error of who no longer follows a session.
func (f following) errStopped() error {
	return fmt.Errorf("stopped following session %s, which continues", f.session)
}

// findPickup returns when a worker picked a session up; zero if none has, or if
// that is unknown.
func (c connection) findPickup(ctx context.Context, sessionID, run string) time.Time {
	if o, err := c.sessionReader().FindOpen(ctx, sessionID, run); err == nil && o != nil {
		return o.PickedUp
	}
	return time.Time{}
}

// describeSilence says what a silent session waits for.
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
	var version versions.Version
	if o != nil {
		version = o.Version
	}
	return fmt.Sprintf("no worker has reported its progress for %s: %s", formatDuration(time.Since(since)), c.sessionReader().HintFor(version))
}
