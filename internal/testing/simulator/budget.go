package simulator

import (
	"sync"
	"time"
)

// window is a request budget over a sliding window, judged at arrival. What is
// refused does not count against it. [INF]
type window struct {
	mu     sync.Mutex
	limit  int
	length time.Duration
	taken  []time.Time // of the last window, oldest first
}

func newWindow(limit int, length time.Duration) *window {
	return &window{limit: limit, length: length}
}

// takePlace takes a request's place in the budget. When there is none it tells how
// long until the next is free.
func (w *window) takePlace(now time.Time) (wait time.Duration, ok bool) {
	if w.limit <= 0 {
		return 0, true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.taken = dropBefore(w.taken, now.Add(-w.length))
	if len(w.taken) >= w.limit {
		return w.taken[len(w.taken)-w.limit].Add(w.length).Sub(now), false
	}
	w.taken = append(w.taken, now)
	return 0, true
}

// dropBefore forgets times up to and including the edge of a window.
func dropBefore(times []time.Time, edge time.Time) []time.Time {
	n := 0
	for n < len(times) && !times[n].After(edge) {
		n++
	}
	if n > 0 && n >= len(times)/2 {
		return append(times[:0], times[n:]...)
	}
	return times[n:]
}
