package ratelimit

import "time"

// Backoff says how long to pause between tries: twice as long each time, up to
// a cap, and shortened at random by up to half, so that clients which failed
// together don't come back together. The zero value pauses 1 s, 2 s, 4 s … up
// to a minute.
type Backoff struct {
	Base time.Duration // pause after the first failure, before jitter; 0: 1 s
	Max  time.Duration // longest pause; 0: 1 min
}

// Delay is the pause after the given number of earlier failures (0 after the
// first). rnd gives numbers in [0,1); nil takes Jitter.
func (b Backoff) Delay(attempt int, rnd func() float64) time.Duration {
	base, limit := b.Base, b.Max
	if base <= 0 {
		base = time.Second
	}
	if limit <= 0 {
		limit = time.Minute
	}
	if rnd == nil {
		rnd = Jitter
	}
	d := min(base, limit)
	for range max(attempt, 0) {
		if d > limit/2 {
			d = limit
			break
		}
		d *= 2
	}
	return d - time.Duration(rnd()*float64(d)/2)
}
