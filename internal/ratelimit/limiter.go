package ratelimit

import (
	"context"
	"crypto/rand"
	"errors"
	"math"
	"sync"
	"time"
)

// ErrStopped is what errors.Is finds in the error of a wait that Stop ended.
var ErrStopped = errors.New("the limiter was stopped")

// Stopped is the error of a request that was not sent because the process is
// going down. It matches ErrStopped.
type Stopped struct{}

// Error says so.
func (*Stopped) Error() string { return ErrStopped.Error() }

// Is matches ErrStopped.
func (*Stopped) Is(target error) bool { return target == ErrStopped }

const (
	// marginShare is the part of the window added to it (0.5 %): it covers the
	// difference between the time a request is written and the time the peer
	// counts it, and keeps 99.5 % of the budget.
	marginShare = 200
	// burstShare is the part of the budget that may be saved up (a third), so
	// that a pause of up to a third of the window is caught up and a longer
	// one does not become a flood.
	burstShare = 3
)

// Limiter is a request budget: at most so many requests in any window of time,
// wherever the peer lets its window begin. Two rules hold at once. A log of
// the requests of the last window is the promise: a slot is free only when a
// request that old has left the log. A token bucket spreads the slots evenly,
// so that a window is not spent in its first second.
//
// Slots are handed out in the order they are asked for. A Limiter is safe for
// concurrent use.
type Limiter struct {
	id       string // tells this limiter's requests from others' in a Recent
	limit    int    // requests per window; <= 0: no budget
	window   time.Duration
	hold     time.Duration // how long a request stays in the log: window and margin
	rate     float64       // tokens per nanosecond
	capacity float64
	start    time.Time // origin of the clock below

	turn    chan struct{} // held by the one waiter that is next
	changed chan struct{} // wakes that waiter when a slot came free early
	stopped chan struct{}

	mu      sync.Mutex
	closed  bool
	log     queue              // when each request was sent
	pending int                // granted, not yet known to be sent
	others  map[string]*source // requests of earlier holders of the budget
	tokens  float64
	filled  time.Duration // when tokens was right
	pauses  pauses
	stats   Stats
}

// Stats counts what a limiter did since it was made.
type Stats struct {
	Granted int           // slots handed out
	Waited  time.Duration // time that requests waited for their slot, summed
	Pauses  int           // times that Pause lengthened a pause
	Paused  time.Duration // by how much, summed
}

// NewLimiter returns a budget of perWindow requests in any window. With
// perWindow <= 0 there is no budget, and only Pause and Stop hold a request
// back. It begins with one token, as though the budget had just been used up
// elsewhere: another process may have held it until a moment ago.
func NewLimiter(perWindow int, window time.Duration) *Limiter {
	hold := window + window/marginShare
	l := &Limiter{
		id: rand.Text()[:10], limit: perWindow, window: window, hold: hold, start: time.Now(),
		turn: make(chan struct{}, 1), changed: make(chan struct{}, 1), stopped: make(chan struct{}),
		others: map[string]*source{}, tokens: 1,
	}
	if perWindow > 0 {
		l.rate = float64(perWindow) / float64(max(hold, 1))
		l.capacity = max(1, float64(perWindow)/burstShare)
	}
	return l
}

// Ticket is a slot of the budget. Exactly what became of it must be told,
// once the request is over at the latest: Sent or Drop.
type Ticket struct {
	l    *Limiter
	done bool // guarded by l.mu
}

// WaitForSlot takes a slot that counts as used now. It returns a *Stopped error after
// Stop, and the context's error when that ended first.
func (l *Limiter) WaitForSlot(ctx context.Context) error {
	t, err := l.AcquireSlot(ctx)
	if err == nil {
		t.MarkSent()
	}
	return err
}

// AcquireSlot takes a slot for a request that is about to be sent. Until the
// ticket says when it was, the slot is held: connecting may take long, and the
// peer counts from the moment the request arrives. Errors are those of Wait.
func (l *Limiter) AcquireSlot(ctx context.Context) (*Ticket, error) {
	asked := l.sinceStart()
	select {
	case <-l.stopped:
		return nil, &Stopped{}
	default:
	}
	select {
	case l.turn <- struct{}{}:
	case <-l.stopped:
		return nil, &Stopped{}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-l.turn }()
	for {
		wait, err := l.takeSlot(asked)
		if err != nil {
			return nil, err
		}
		if wait == 0 {
			return &Ticket{l: l}, nil
		}
		if err := l.sleepFor(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// forever is a wait that only news ends.
const forever = time.Duration(math.MaxInt64)

// takeSlot takes a slot if there is one; otherwise it says how long there will be
// none.
func (l *Limiter) takeSlot(asked time.Duration) (wait time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.sinceStart()
	if l.closed {
		return 0, &Stopped{}
	}
	if wait := l.timeToSlot(now); wait > 0 {
		return wait, nil
	}
	if l.limit > 0 {
		l.tokens--
		l.pending++
	}
	l.stats.Granted++
	l.stats.Waited += now - asked
	return 0, nil
}

// timeToSlot is how long there will be no slot; 0 when there is one now.
func (l *Limiter) timeToSlot(now time.Duration) time.Duration {
	if left := l.pauses.until.Sub(l.start) - now; left > 0 && !l.pauses.until.IsZero() {
		return left
	}
	if l.limit <= 0 {
		return 0
	}
	l.log.dropUntil(now - l.hold)
	l.refillTokens(now)
	others, next := l.countOthers(now)
	if l.pending+l.log.len()+others >= l.limit {
		if first, ok := l.log.first(); ok {
			next = min(next, first+l.hold)
		}
		if next == forever {
			return forever // every slot is in flight
		}
		return max(next-now, 1)
	}
	// A hair less than a whole token, as fractions add up inexactly.
	if missing := 1 - l.tokens; missing > 1e-9 {
		return max(time.Duration(math.Ceil(missing/l.rate)), 1)
	}
	return 0
}

func (l *Limiter) refillTokens(now time.Duration) {
	if now > l.filled {
		l.tokens = min(l.capacity, l.tokens+l.rate*float64(now-l.filled))
		l.filled = now
	}
}

func (l *Limiter) sleepFor(ctx context.Context, wait time.Duration) error {
	var elapsed <-chan time.Time
	if wait != forever {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		elapsed = timer.C
	}
	select {
	case <-elapsed:
	case <-l.changed:
	case <-l.stopped:
		return &Stopped{}
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// MarkSent says that the request was written to the connection just now. A request
// that the transport writes again on a new connection counts again.
func (t *Ticket) MarkSent() {
	t.l.mu.Lock()
	defer t.l.mu.Unlock()
	if t.l.limit <= 0 {
		return
	}
	if !t.done {
		t.done = true
		t.l.pending--
	}
	t.l.log.push(t.l.sinceStart())
	t.l.wakeWaiter()
}

// ReturnSlot gives the slot back, if the request was never sent; after Sent it does
// nothing.
func (t *Ticket) ReturnSlot() {
	t.l.mu.Lock()
	defer t.l.mu.Unlock()
	if t.done || t.l.limit <= 0 {
		return
	}
	t.done = true
	t.l.pending--
	t.l.tokens = min(t.l.capacity, t.l.tokens+1)
	t.l.wakeWaiter()
}

// wakeWaiter makes the next waiter look again; one note is enough for it.
func (l *Limiter) wakeWaiter() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// Pause keeps every request back for d, counted from now, and for LongestPause
// at most; a longer pause that is on already stays. What was saved up is
// forgotten: the peer has just said that the budget is used up.
func (l *Limiter) Pause(d time.Duration) {
	l.mu.Lock()
	now, before := time.Now(), l.pauses.until
	until, longer := l.pauses.beginPause(now, d)
	if longer {
		l.stats.Pauses++
		l.stats.Paused += until.Sub(laterOf(before, now))
		l.tokens, l.filled = min(l.tokens, 1), until.Sub(l.start)
	}
	since := l.pauses.since
	l.mu.Unlock()
	if longer {
		l.pauses.tellListener(since, until)
	}
}

// Shorten ends a pause at the latest so long from now; with 0, at once. It is
// for whoever begins anew, and would rather be told again than wait for what
// was said to somebody else.
func (l *Limiter) Shorten(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pauses.shortenPause(time.Now(), d) {
		l.filled = min(l.filled, l.pauses.until.Sub(l.start))
		l.wakeWaiter()
	}
}

// Paused tells the pause that is on, in UTC.
func (l *Limiter) Paused() (since, until time.Time, on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pauses.currentPause(time.Now())
}

// OnPause has listen called whenever a pause begins or gets longer.
func (l *Limiter) OnPause(listen func(since, until time.Time)) { l.pauses.onPause(listen) }

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Stop ends every wait, now and later, with a *Stopped error.
func (l *Limiter) Stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		close(l.stopped)
	}
}

// Stats tells what was done so far.
func (l *Limiter) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stats
}

// sinceStart is the time since the limiter was made, by a clock that never jumps.
func (l *Limiter) sinceStart() time.Duration { return time.Since(l.start) }
