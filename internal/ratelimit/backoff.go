package ratelimit

import "time"

// Backoff says how long to pause between attempts: twice as long each time, up to
// a maximum, and shortened at random by up to half, so that clients that failed
// together don't come back together. The zero value pauses 1 s, 2 s, 4 s … up to
// a minute.
type Backoff struct {
	Base time.Duration // pause after the first failure, before jitter; 0: 1 s
	Max  time.Duration // longest pause; 0: 1 min
}

// Delay returns the pause after a failure that so many others preceded (0: the
// first). rnd gives numbers in [0,1); nil takes Jitter.
func (b Backoff) Delay(failed int, rnd func() float64) time.Duration {
	if rnd == nil {
		rnd = Jitter
	}
	longest := orDefault(b.Max, time.Minute)
	d := min(orDefault(b.Base, time.Second), longest)
	for i := 0; i < failed && d != longest; i++ {
		d = min(2*d, longest)
	}
	return d - time.Duration(rnd()*float64(d)/2)
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
