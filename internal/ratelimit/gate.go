package ratelimit

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Outcome is what a finished request tells about its peer's load.
type Outcome int

// The outcomes that ReleasePlace takes.
const (
	// OutcomeOK: answered in good time, whatever the answer said.
	OutcomeOK Outcome = iota
	// OutcomeCongested: 429, 5xx, no answer, or an answer that took long.
	OutcomeCongested
	// OutcomeNeutral: the request tells nothing, since the caller gave it up.
	OutcomeNeutral
)

// Gate bounds how many requests are in flight to a peer that publishes no limit.
// The bound starts at its maximum. A request that meets congestion halves it
// (never below 1); every full bound of requests that meet none raises it by one:
// additive increase, multiplicative decrease. Waiters go in the order in which
// they came. A Gate is safe for concurrent use.
type Gate struct {
	mu       sync.Mutex
	most     int
	limit    int // the bound now
	inFlight int
	streak   int // good outcomes since the bound last changed
	spared   int // outcomes to come of requests that were in flight at the last halving
	pauses   pauses
	opener   *time.Timer // admits waiters when a pause ends
	waiters  []chan struct{}
}

// NewGate returns a gate for at most that many requests in flight, and at least
// one.
func NewGate(most int) *Gate {
	most = max(most, 1)
	return &Gate{most: most, limit: most}
}

// AcquirePlace waits for a place, which its holder must give back by
// ReleasePlace. It returns ctx's error if ctx ends first.
func (g *Gate) AcquirePlace(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.Lock()
	if len(g.waiters) == 0 && g.hasRoom() {
		g.inFlight++
		g.mu.Unlock()
		return nil
	}
	place := make(chan struct{})
	g.waiters = append(g.waiters, place)
	g.mu.Unlock()
	select {
	case <-place:
		return nil
	case <-ctx.Done():
		g.leaveQueue(place)
		return ctx.Err()
	}
}

// ReleasePlace gives a place back and adjusts the bound.
func (g *Gate) ReleasePlace(o Outcome) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inFlight == 0 {
		panic("ratelimit: ReleasePlace without AcquirePlace")
	}
	g.inFlight--
	g.adjustLimit(o)
	g.admitWaiters()
}

// Pause lets no request in for d, and for LongestPause at most, because the peer
// asked for it. Requests in flight go on, and a longer pause is not shortened.
func (g *Gate) Pause(d time.Duration) {
	g.mu.Lock()
	until, longer := g.pauses.beginPause(time.Now(), d)
	if longer {
		g.openAt(until)
	}
	since := g.pauses.since
	g.mu.Unlock()
	if longer {
		g.pauses.tellListener(since, until)
	}
}

// Shorten makes a pause end d from now at the latest; with 0, at once.
func (g *Gate) Shorten(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pauses.shortenPause(time.Now(), d) {
		g.openAt(g.pauses.until)
	}
}

// openAt admits waiters at a time, and no sooner.
func (g *Gate) openAt(at time.Time) {
	if g.opener != nil {
		g.opener.Stop()
	}
	g.opener = time.AfterFunc(time.Until(at), func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.admitWaiters()
	})
}

// Paused returns when the current pause began and ends, in UTC; on is false when
// there is none.
func (g *Gate) Paused() (since, until time.Time, on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pauses.currentPause(time.Now())
}

// OnPause has listen called whenever a pause begins or gets longer.
func (g *Gate) OnPause(listen func(since, until time.Time)) { g.pauses.setListener(listen) }

// CurrentLimit is the bound as it is now.
func (g *Gate) CurrentLimit() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.limit
}

// adjustLimit moves the bound. Requests that were in flight at the last halving
// meet the congestion that caused it, so they don't halve once more.
func (g *Gate) adjustLimit(o Outcome) {
	spared := g.spared > 0
	if spared {
		g.spared--
	}
	switch o {
	case OutcomeOK:
		if g.streak++; g.streak >= g.limit {
			g.limit, g.streak = min(g.limit+1, g.most), 0
		}
	case OutcomeCongested:
		g.streak = 0
		if !spared {
			g.limit = max(g.limit/2, 1)
			g.spared = g.inFlight
		}
	}
}

// hasRoom reports whether another request may leave.
func (g *Gate) hasRoom() bool {
	return g.inFlight < g.limit && g.pauses.timeLeft(time.Now()) == 0
}

// admitWaiters lets waiters in while there is room.
func (g *Gate) admitWaiters() {
	for len(g.waiters) > 0 && g.hasRoom() {
		close(g.waiters[0])
		g.waiters = g.waiters[1:]
		g.inFlight++
	}
}

// leaveQueue takes a waiter out of the queue, or gives the place back that it got
// at the very moment at which it gave up.
func (g *Gate) leaveQueue(place chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiters, place); i != -1 {
		g.waiters = slices.Delete(g.waiters, i, i+1)
		return
	}
	g.inFlight--
	g.admitWaiters()
}
