package ratelimit

import (
	"slices"
	"time"
)

// tellWithin is for how long slots are given out after a Snapshot was made that is
// known to be kept. It is a little less than what a successor allows for.
const tellWithin = unseenFor - unseenFor/20

// BeginTelling makes the limiter give out no slot that a successor would not know
// of: a slot has to follow within two seconds upon a Snapshot that is known to be
// kept, by NoteTold. Where there is none, ask receives, and the caller is to have
// a Snapshot kept. Without answer no slot is given out, so that a worker that is
// cut off leaves the budget to whoever takes over. The caller ends the telling
// when its work does.
func (l *Limiter) BeginTelling() (ask <-chan struct{}, end func()) {
	teller := make(chan struct{}, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tellers, l.told = append(l.tellers, teller), -unseenFor // a new work's successor reads none of before
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
	l.told = max(l.told, at.Sub(l.start))
	l.wakeWaiter()
}

// isUntold reports whether a successor would not know of a slot that is given out
// now.
func (l *Limiter) isUntold(now time.Duration) bool {
	return len(l.tellers) > 0 && now-l.told >= tellWithin
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
