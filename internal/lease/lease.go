// Package lease ends work that somebody else may have been given meanwhile.
//
// Whoever hands out the work takes it back from a holder that has not been heard
// of for some time, and gives it to another. The holder has to stop sooner than
// that, and by itself: it may be cut off from whoever could tell it, or have been
// frozen. So a [Lease] is held for a limited time from when the latest sign of life
// was sent that has been acknowledged, and ends the context of the work otherwise.
//
// A timer ends the lease. A process that was frozen wakes up with its timer due and
// its next request on the way; so what sends requests asks [Lease.Check] before
// each of them.
package lease

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrLost is the cause of a context whose lease has ended.
var ErrLost = errors.New("no heartbeat was acknowledged in time, so another worker may have been given the work")

// Lease is the right to go on with some work. It is safe for concurrent use. A nil
// Lease never ends.
type Lease struct {
	length time.Duration
	work   context.Context // ends with the lease
	cancel context.CancelCauseFunc
	timer  *time.Timer

	mu        sync.Mutex
	renewed   time.Time // when the latest acknowledged sign of life was sent
	confirmed bool      // one was acknowledged
	lost      bool
}

type leaseKey struct{}

// Begin begins a lease that ends length from now unless it is renewed. The context
// carries it, and ends with ErrLost as its cause when the lease does. End it when
// the work is over.
func Begin(ctx context.Context, length time.Duration) (context.Context, *Lease) {
	l := &Lease{length: length, renewed: time.Now()}
	ctx, l.cancel = context.WithCancelCause(context.WithValue(ctx, leaseKey{}, l))
	l.work = ctx
	l.mu.Lock() // the timer may be due before it is known here
	defer l.mu.Unlock()
	l.timer = time.AfterFunc(length, func() { _ = l.Check() })
	return ctx, l
}

// Of returns the lease that a context carries; nil when it carries none.
func Of(ctx context.Context) *Lease {
	l, _ := ctx.Value(leaseKey{}).(*Lease)
	return l
}

// Renew lets the lease begin anew at the moment at which a sign of life was sent
// that has now been acknowledged. A lease that is lost stays lost.
func (l *Lease) Renew(sent time.Time) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isOver() {
		return
	}
	l.confirmed = true
	if sent.After(l.renewed) {
		l.renewed = sent
	}
	if !l.isOver() {
		l.timer.Reset(l.length - l.age())
	}
}

// Length is how long the lease lasts unless it is renewed.
func (l *Lease) Length() time.Duration { return l.length }

// AfterEnd has f called when the lease or its work ends, unless stop is called first.
func (l *Lease) AfterEnd(f func()) (stop func() bool) { return context.AfterFunc(l.work, f) }

// Check returns ErrLost when the lease has ended, whether or not its timer has
// noticed.
func (l *Lease) Check() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isOver() {
		return ErrLost
	}
	return nil
}

// isOver ends a lease that is too old. It needs the lock.
func (l *Lease) isOver() bool {
	if !l.lost && l.age() >= l.length {
		l.lost = true
		l.timer.Stop()
		l.cancel(ErrLost)
	}
	return l.lost
}

// age is the time since the lease was renewed, by the clock that has run the
// farther: the monotonic one stands still while a machine sleeps, the other one
// can be set.
func (l *Lease) age() time.Duration {
	now := time.Now()
	return max(now.Sub(l.renewed), now.Round(0).Sub(l.renewed.Round(0)))
}

// IsLost reports whether the lease was found to have ended.
func (l *Lease) IsLost() bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

// IsRenewedSince reports whether a sign of life was acknowledged that was sent at a
// time or later.
func (l *Lease) IsRenewedSince(t time.Time) bool {
	if l == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.confirmed && !l.lost && !l.renewed.Before(t)
}

// End ends the lease with the work; it is not lost by that.
func (l *Lease) End() {
	if l == nil {
		return
	}
	l.timer.Stop()
	l.cancel(nil)
}
