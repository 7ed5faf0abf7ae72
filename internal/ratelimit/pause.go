package ratelimit

import (
	"sync"
	"time"

	"defendersync/internal/contract"
)

// pauses is what a Limiter and a Gate remember of the current pause. The lock of
// its owner guards all but the listener.
type pauses struct {
	since, until time.Time

	mu     sync.Mutex
	listen func(since, until time.Time)
}

// beginPause begins a pause, or lengthens the current one, to end d after now and
// LongestPause after it at most. It reports false when the current pause ends no
// sooner.
func (p *pauses) beginPause(now time.Time, d time.Duration) (until time.Time, longer bool) {
	until = now.Add(boundWait(d))
	if !until.After(p.until) || !until.After(now) {
		return p.until, false
	}
	if p.timeLeft(now) == 0 {
		p.since = now
	}
	p.until = until
	return until, true
}

// shortenPause makes the pause end d after now at the latest. It reports false
// when it ends sooner anyway.
func (p *pauses) shortenPause(now time.Time, d time.Duration) bool {
	until := now.Add(max(d, 0))
	if !until.Before(p.until) {
		return false
	}
	p.until = until
	return true
}

// timeLeft is how long the pause still takes; 0 when there is none.
func (p *pauses) timeLeft(now time.Time) time.Duration { return max(p.until.Sub(now), 0) }

// currentPause returns the pause that is on.
func (p *pauses) currentPause(now time.Time) (since, until time.Time, on bool) {
	if p.timeLeft(now) == 0 {
		return time.Time{}, time.Time{}, false
	}
	return p.since.Round(0).UTC(), p.until.Round(0).UTC(), true
}

// setListener has listen called for each pause, when it begins or gets longer.
func (p *pauses) setListener(listen func(since, until time.Time)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listen = listen
}

// tellListener calls the listener. The owner's lock must not be held.
func (p *pauses) tellListener(since, until time.Time) {
	p.mu.Lock()
	listen := p.listen
	p.mu.Unlock()
	if listen != nil {
		listen(since.Round(0).UTC(), until.Round(0).UTC())
	}
}

// Pause holds every request back for d, and for LongestPause at most. A longer
// pause that is on already stays. Tokens that were saved up are lost: the peer
// has just said that the budget is used up.
func (l *Limiter) Pause(d time.Duration) {
	l.mu.Lock()
	now := time.Now()
	left := l.pauses.timeLeft(now)
	until, longer := l.pauses.beginPause(now, d)
	if longer {
		l.stats.Pauses++
		l.stats.Paused += until.Sub(now) - left
		l.tokens, l.filled = min(l.tokens, 1), until.Sub(l.start)
	}
	since := l.pauses.since
	l.mu.Unlock()
	if longer {
		l.pauses.tellListener(since, until)
	}
}

// Shorten makes a pause end d from now at the latest; with 0, at once. It is for
// a caller who begins anew and would rather be refused again than wait for what
// somebody else was told.
func (l *Limiter) Shorten(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pauses.shortenPause(time.Now(), d) {
		l.filled = min(l.filled, l.pauses.until.Sub(l.start))
		l.wakeWaiter()
	}
}

// Paused returns when the current pause began and ends, in UTC; on is false when
// there is none.
func (l *Limiter) Paused() (since, until time.Time, on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pauses.currentPause(time.Now())
}

// OnPause has listen called whenever a pause begins or gets longer.
func (l *Limiter) OnPause(listen func(since, until time.Time)) { l.pauses.setListener(listen) }

// Pauser is what takes pauses: a Limiter or a Gate.
type Pauser interface {
	Paused() (since, until time.Time, on bool)
	OnPause(listen func(since, until time.Time))
}

// WaitingFor describes a peer's current pause to an operator; its zero value is
// none.
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
	return contract.Waiting{For: peer + "'s rate limit (HTTP 429)", Since: since, Until: until}
}
