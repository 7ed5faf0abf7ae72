package ratelimit

import "time"

// Usage is how much of a budget is used at one moment. Its zero value is that of a
// Limiter without a budget.
type Usage struct {
	Limit   int           // requests per window
	Window  time.Duration // its length
	Own     int           // requests of this Limiter in the last window, those in flight included
	Earlier int           // requests of earlier holders that it still counts
}

// CurrentUsage returns how much of the budget is used.
func (l *Limiter) CurrentUsage() Usage {
	if !l.budgeted {
		return Usage{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.sinceStart()
	l.dropExpired(now)
	earlier, _ := l.countOthers(now)
	return Usage{Limit: l.limit, Window: l.window, Own: l.pending + len(l.sent), Earlier: earlier}
}
