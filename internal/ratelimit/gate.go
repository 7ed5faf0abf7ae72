package ratelimit

import (
	"context"
	"sync"
	"time"
)

// Outcome is what a finished request tells of its peer's load.
type Outcome int

// The outcomes that Gate.Release takes.
const (
	// OutcomeOK: answered in good time, whatever the answer said.
	OutcomeOK Outcome = iota
	// OutcomeCongested: 429, 5xx, no answer, or one that was long in coming.
	OutcomeCongested
	// OutcomeNeutral: it tells nothing, since the request was given up by us.
	OutcomeNeutral
)

// Gate bounds how many requests are in flight to a peer that does not publish
// what it bears. The bound starts at its maximum, is halved (never below 1)
// when a request meets congestion, and grows by one for every full bound of
// requests that meet none: additive increase, multiplicative decrease. Waiters
// go in the order in which they came. A Gate is safe for concurrent use.
type Gate struct {
	mu       sync.Mutex
	max      int
	limit    int // the bound now
	inFlight int
	streak   int // good outcomes since the bound last changed
	spared   int // outcomes of requests that were in flight at the last halving
	pauses   pauses
	opener   *time.Timer // lets waiters in when a pause ends
	waiters  []chan struct{}
}

// NewGate returns a gate for at most max requests in flight; fewer than 1
// means 1.
func NewGate(max int) *Gate {
	if max < 1 {
		max = 1
	}
	return &Gate{max: max, limit: max}
}

// AcquirePlace waits for a place; whoever gets one must Release it. It returns
// ctx's error if that ends first.
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
		panic("pace: Release without Acquire")
	}
	g.inFlight--
	g.adjustLimit(o)
	g.admitWaiters()
}

// Pause lets nobody in for d, and for LongestPause at most, because the peer
// asked for it. Requests in flight are not touched, and a longer pause is not
// shortened.
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

// Shorten ends a pause at the latest so long from now; with 0, at once.
func (g *Gate) Shorten(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pauses.shortenPause(time.Now(), d) {
		g.openAt(g.pauses.until)
		g.admitWaiters()
	}
}

// openAt lets waiters in at a time.
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

// Paused tells the pause that is on, in UTC.
func (g *Gate) Paused() (since, until time.Time, on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pauses.currentPause(time.Now())
}

// OnPause has listen called whenever a pause begins or gets longer.
func (g *Gate) OnPause(listen func(since, until time.Time)) { g.pauses.onPause(listen) }

// CurrentLimit is the bound as it is now.
func (g *Gate) CurrentLimit() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.limit
}

// adjustLimit moves the bound. Requests that left before the last halving meet the
// same congestion that caused it, so they don't halve again.
func (g *Gate) adjustLimit(o Outcome) {
	spared := g.spared > 0
	if spared {
		g.spared--
	}
	switch o {
	case OutcomeOK:
		if g.streak++; g.streak >= g.limit && g.limit < g.max {
			g.limit, g.streak = g.limit+1, 0
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
	return g.inFlight < g.limit && !time.Now().Before(g.pauses.until)
}

// admitWaiters lets waiters in while there is room.
func (g *Gate) admitWaiters() {
	for len(g.waiters) > 0 && g.hasRoom() {
		close(g.waiters[0])
		g.waiters = g.waiters[1:]
		g.inFlight++
	}
}

// leaveQueue takes a waiter out of the queue, or gives back the place that it got
// at the very moment it gave up.
func (g *Gate) leaveQueue(place chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, w := range g.waiters {
		if w == place {
			g.waiters = append(g.waiters[:i], g.waiters[i+1:]...)
			return
		}
	}
	g.inFlight--
	g.admitWaiters()
}
