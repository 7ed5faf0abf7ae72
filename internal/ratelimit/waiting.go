package ratelimit

import (
	"sync"
	"time"

	"defendersync/internal/contract"
)

func formatTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// pauses is what a Limiter and a Gate remember of the pause that is on. Its
// owner's lock guards it, but for the listener.
type pauses struct {
	since, until time.Time

	mu     sync.Mutex
	listen func(since, until time.Time)
}

// beginPause lengthens the pause to until, which is bounded; false when it was that
// long already.
func (p *pauses) beginPause(now time.Time, d time.Duration) (until time.Time, longer bool) {
	until = now.Add(boundWait(d))
	if !until.After(p.until) || !until.After(now) {
		return p.until, false
	}
	if !now.Before(p.until) {
		p.since = now
	}
	p.until = until
	return until, true
}

// shortenPause ends the pause at the latest so long from now; false when it ends
// sooner anyway.
func (p *pauses) shortenPause(now time.Time, d time.Duration) bool {
	until := now.Add(max(d, 0))
	if !until.Before(p.until) {
		return false
	}
	p.until = until
	return true
}

// currentPause is the pause that is on.
func (p *pauses) currentPause(now time.Time) (since, until time.Time, on bool) {
	if !now.Before(p.until) {
		return time.Time{}, time.Time{}, false
	}
	return p.since.Round(0).UTC(), p.until.Round(0).UTC(), true
}

// onPause has listen called for each pause, when it begins or gets longer.
func (p *pauses) onPause(listen func(since, until time.Time)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listen = listen
}

// tellListener calls the listener. The owner's lock is not held.
func (p *pauses) tellListener(since, until time.Time) {
	p.mu.Lock()
	listen := p.listen
	p.mu.Unlock()
	if listen != nil {
		listen(since.Round(0).UTC(), until.Round(0).UTC())
	}
}

// Pauser is what pauses: a Limiter or a Gate.
type Pauser interface {
	Paused() (since, until time.Time, on bool)
	OnPause(listen func(since, until time.Time))
}

// WaitingFor is the pause of a peer that is on, as a Waiting.
func WaitingFor(peer string, p Pauser) contract.Waiting {
	since, until, on := p.Paused()
	if !on {
		return contract.Waiting{}
	}
	return newWaiting(peer, since, until)
}

// Announce has tell called whenever a pause of the peer begins or gets longer.
func Announce(peer string, p Pauser, tell func(contract.Waiting)) {
	p.OnPause(func(since, until time.Time) { tell(newWaiting(peer, since, until)) })
}

func newWaiting(peer string, since, until time.Time) contract.Waiting {
	return contract.Waiting{For: peer + " answered that there were too many requests", Since: since, Until: until}
}
