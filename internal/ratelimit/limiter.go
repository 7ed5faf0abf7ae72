package ratelimit

import (
	"context"
	"crypto/rand"
	"errors"
	"math"
	"sync"
	"time"
)

// ErrStopped is what errors.Is finds in the error of a request that was not
// sent because of Stop.
var ErrStopped = errors.New("the limiter was stopped")

// Stopped is the error of a request that was not sent because the process is
// shutting down. It matches ErrStopped.
type Stopped struct{}

// Error implements error.
func (*Stopped) Error() string { return ErrStopped.Error() }

// Is matches ErrStopped.
func (*Stopped) Is(target error) bool { return target == ErrStopped }

const (
	// marginShare is the part of the window that is added to it (0.5 %). It covers
	// the time between writing a request and the peer's counting it, and leaves
	// 99.5 % of the budget.
	marginShare = 200
	// burstShare is the part of the budget that may be saved up (a third), so
	// that an idle third of a window is caught up with, and a longer idle time
	// does not become a flood.
	burstShare = 3
)

// Limiter is a request budget: at most so many requests in any window of time,
// wherever the peer lets its window begin. Two rules hold at once. A log of the
// requests of the last window guarantees the budget: a slot is free only when a
// request that old has left the log. A token bucket spreads the slots evenly, so
// that a window is not used up in its first second.
//
// Slots are given out in the order in which they are asked for. A Limiter is
// safe for concurrent use.
type Limiter struct {
	id       string // tells this limiter's requests from others' in a Snapshot
	budgeted bool   // false: only Pause and Stop hold a request back
	limit    int    // requests per window
	window   time.Duration
	hold     time.Duration // how long a request stays in the log: the window and the margin
	rate     float64       // tokens per nanosecond
	capacity float64       // most tokens that are saved up
	start    time.Time     // origin of the monotonic clock that the durations below refer to

	turn    chan struct{} // held by the waiter that is next
	changed chan struct{} // wakes that waiter when a slot may have come free early
	stopped chan struct{}

	mu      sync.Mutex
	closed  bool
	sent    []time.Duration    // when each request in the log was sent, in order
	pending int                // slots that are taken, and not known to be used
	others  map[string]*source // requests of earlier holders of the budget
	tokens  float64
	filled  time.Duration // when tokens was brought up to date
	pauses  pauses
	stats   Stats
	skew    time.Duration // see FollowClock
	clocked bool          // there is a clock to follow

	tellers  []chan struct{} // who is asked for a Snapshot that is kept; see BeginTelling
	told     time.Duration   // when the latest one was made that is known to be kept
	allowed  time.Duration   // for how long slots are given out after that
	unseen   time.Duration   // for how long, as Snapshots say now
	promised time.Duration   // since when they say so
}

// Stats counts what a limiter has done since it was made.
type Stats struct {
	Granted int           // slots given out
	Waited  time.Duration // time that requests waited for their slot, summed
	Pauses  int           // times that Pause began or lengthened a pause
	Paused  time.Duration // by how much, summed
}

// NewLimiter returns a budget of perWindow requests in any window; with
// perWindow <= 0 there is no budget. It begins with a single token, as if the
// budget had just been used up: another process may have held it until a moment
// ago.
func NewLimiter(perWindow int, window time.Duration) *Limiter {
	hold := window + window/marginShare
	return &Limiter{
		id: rand.Text()[:10], budgeted: perWindow > 0, limit: perWindow, window: window, hold: hold,
		rate: float64(perWindow) / float64(max(hold, 1)), capacity: max(1, float64(perWindow)/burstShare),
		start: time.Now(), turn: make(chan struct{}, 1), changed: make(chan struct{}, 1), stopped: make(chan struct{}),
		others: map[string]*source{}, tokens: 1, allowed: unseenFor, unseen: unseenFor,
	}
}

// HasBudget reports whether requests are counted at all.
func (l *Limiter) HasBudget() bool { return l.budgeted }

// WaitForSlot takes a slot that counts as used now. Errors are those of
// AcquireSlot.
func (l *Limiter) WaitForSlot(ctx context.Context) error {
	t, err := l.AcquireSlot(ctx)
	if err == nil {
		t.MarkSent()
	}
	return err
}

// AcquireSlot waits for a slot for a request that is about to be sent. It returns
// a *Stopped error after Stop, and ctx's error when ctx ends first.
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

// forever is a wait that only an event ends.
const forever = time.Duration(math.MaxInt64)

// takeSlot takes a slot if one is free. Otherwise it returns how long to wait
// before the next attempt.
func (l *Limiter) takeSlot(asked time.Duration) (wait time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.sinceStart()
	if l.closed {
		return 0, &Stopped{}
	}
	if wait := l.timeToSlot(now); wait != 0 {
		return wait, nil
	}
	if l.budgeted {
		l.tokens--
		l.pending++
	}
	l.stats.Granted++
	l.stats.Waited += now - asked
	return 0, nil
}

// timeToSlot returns how long there will be no slot; 0 when one is free.
func (l *Limiter) timeToSlot(now time.Duration) time.Duration {
	if left := l.pauses.timeLeft(time.Now()); left != 0 {
		return left
	}
	if !l.budgeted {
		return 0
	}
	l.dropExpired(now)
	l.refillTokens(now)
	others, next := l.countOthers(now)
	if l.pending+len(l.sent)+others >= l.limit {
		if len(l.sent) > 0 {
			next = min(next, l.sent[0]+l.hold)
		}
		if next == forever {
			return forever // every slot is in flight
		}
		return next - now
	}
	// A billionth may be missing, since fractions add up inexactly.
	if missing := 1 - l.tokens; missing > 1e-9 {
		return time.Duration(math.Ceil(missing / l.rate))
	}
	if l.isUntold(now) {
		l.askTellers()
		return forever
	}
	return 0
}

// dropExpired takes the requests off the log that the window no longer holds.
func (l *Limiter) dropExpired(now time.Duration) {
	for len(l.sent) > 0 && l.sent[0]+l.hold <= now {
		l.sent = l.sent[1:]
	}
}

// refillTokens adds the tokens of the time since the last call. A pause sets
// filled to a time to come, until which there are none.
func (l *Limiter) refillTokens(now time.Duration) {
	l.tokens = min(l.capacity, l.tokens+l.rate*float64(max(now-l.filled, 0)))
	l.filled = max(l.filled, now)
}

// sleepFor waits, until something changes at the latest.
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

// wakeWaiter makes the next waiter look again. One note is enough for it.
func (l *Limiter) wakeWaiter() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
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

// Stats returns what the limiter has done so far.
func (l *Limiter) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stats
}

// sinceStart is the time since the limiter was made, by a clock that never
// jumps.
func (l *Limiter) sinceStart() time.Duration { return time.Since(l.start) }
