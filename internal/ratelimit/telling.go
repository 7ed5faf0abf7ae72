package ratelimit

import (
	"slices"
	"time"
)

// A worker gives out slots for some time after a Snapshot that is known to be kept. It
// says in the Snapshot for how long, since its successor has to count for that time what
// it does not see.
const (
	// unseenFor is for how long where a Snapshot is kept at once, and where it does not
	// say.
	unseenFor = 2 * time.Second
	// maxUnseen is for how long at most.
	maxUnseen = 10 * time.Second
	// keepings is how many times what it takes to have a Snapshot kept: the next one
	// is on its way for that long, too.
	keepings = 3
)

// BeginTelling makes the limiter give out no slot that a successor would not know
// of: a slot has to follow soon upon a Snapshot that is known to be kept, by NoteTold:
// within two seconds, or longer where that takes long. Where there is none, ask
// receives, and the caller is to have a Snapshot kept. Without answer no slot is given
// out, so that a worker that is cut off leaves the budget to whoever takes over. The
// caller ends the telling when its work does.
func (l *Limiter) BeginTelling() (ask <-chan struct{}, end func()) {
	teller := make(chan struct{}, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tellers, l.told = append(l.tellers, teller), -maxUnseen // a new work's successor reads none of before
	return teller, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.tellers = slices.DeleteFunc(l.tellers, func(c chan struct{}) bool { return c == teller })
		l.wakeWaiter()
	}
}

// NoteTold says that a Snapshot is kept that was made at a time or later.
func (l *Limiter) NoteTold(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	told := at.Sub(l.start)
	if told < l.told {
		return
	}
	l.told = told
	if told >= l.promised {
		l.allowed = l.unseen
	}
	l.promise(min(max(keepings*(l.sinceStart()-told), unseenFor), maxUnseen))
	l.wakeWaiter()
}

// promise says in Snapshots from now on for how long slots are given out after them. A
// longer time has to be kept before it is used.
func (l *Limiter) promise(unseen time.Duration) {
	if unseen > l.unseen {
		l.promised = l.sinceStart()
	}
	l.unseen, l.allowed = unseen, min(l.allowed, unseen)
}

// isUntold reports whether a successor would not know of a slot that is given out
// now. That is a little sooner than the successor allows for.
func (l *Limiter) isUntold(now time.Duration) bool {
	return len(l.tellers) > 0 && now-l.told >= l.allowed-l.allowed/20
}

// askTellers asks for a Snapshot that is kept. One note is enough for each.
func (l *Limiter) askTellers() {
	for _, teller := range l.tellers {
		select {
		case teller <- struct{}{}:
		default:
		}
	}
}

// maxLate is by how much a task may be late and its time still be taken as a clock's.
const maxLate = 2 * time.Second

// FollowClock makes Snapshot and Restore count by a clock that all workers see,
// which showed theirs a moment ago, rather than by that of this machine. What was
// sent is then as old for one worker as for the other, however their clocks differ.
// Of several readings the one that was on its way for the shortest time counts, so
// long as the clocks are not set.
func (l *Limiter) FollowClock(theirs time.Time) {
	if theirs.IsZero() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	skew := theirs.Round(0).Sub(time.Now().Round(0))
	if !l.clocked || skew > l.skew || skew < l.skew-maxLate {
		l.skew, l.clocked = skew, true
	}
}
