package ratelimit

import "time"

// queue is a list of times in ascending order, taken off at its front.
type queue struct {
	at   []time.Duration
	head int
}

func (q *queue) len() int { return len(q.at) - q.head }

func (q *queue) push(t time.Duration) { q.at = append(q.at, t) }

func (q *queue) first() (time.Duration, bool) {
	if q.len() == 0 {
		return 0, false
	}
	return q.at[q.head], true
}

func (q *queue) all() []time.Duration { return q.at[q.head:] }

// dropUntil takes off all times up to and including t.
func (q *queue) dropUntil(t time.Duration) {
	for q.head < len(q.at) && q.at[q.head] <= t {
		q.head++
	}
	// Moved down only when half is gone, so that the cost per time is constant
	// and the space stays that of a window.
	if q.head > 0 && q.head*2 >= len(q.at) {
		n := copy(q.at, q.at[q.head:])
		q.at, q.head = q.at[:n], 0
	}
}
