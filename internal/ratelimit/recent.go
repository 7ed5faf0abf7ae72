package ratelimit

import (
	"math"
	"time"

	"defendersync/internal/contract"
)

const (
	// maxBuckets bounds how finely a window is told.
	maxBuckets = 60
	// unseenFor is how long a worker may have gone on sending after the last
	// Recent that it could tell. Checkpoints are a second apart.
	unseenFor = 2 * time.Second
)

// source is the requests of an earlier holder, as this limiter counts them.
type source struct {
	told    contract.BudgetHolder
	buckets []bucket // ascending
}

// bucket is requests that leave the log together.
type bucket struct {
	expires time.Duration
	count   int
}

// Snapshot tells the requests of the last window; now is the time of day.
// Slots that are taken but not known to be used count as used now.
func (l *Limiter) Snapshot(now time.Time) contract.RecentRequests {
	if l.limit <= 0 {
		return contract.RecentRequests{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.sinceStart()
	l.log.dropUntil(at - l.hold)
	l.countOthers(at)
	own := contract.BudgetHolder{ID: l.id, At: now.Round(0).UTC(), Step: max(l.hold/maxBuckets, 1), Over: l.closed && l.pending == 0}
	counts := make([]int, maxBuckets)
	counts[0] = l.pending
	used := 0
	for _, t := range l.log.all() {
		i := min(int((at-t)/own.Step), maxBuckets-1)
		counts[i]++
		used = max(used, i)
	}
	own.Counts = counts[:used+1]
	if !own.Over {
		l.refillTokens(at)
		own.Saved = math.Round(l.tokens*100) / 100
	}
	r := contract.RecentRequests{Holders: []contract.BudgetHolder{own}}
	for _, o := range l.others {
		r.Holders = append(r.Holders, o.told)
	}
	return r
}

// Restore takes over the window of those who held the budget before. What they
// sent counts from the latest moment it may have been sent at, and nothing is
// saved up, so that no window sees more than the budget. What this limiter
// told itself it knows better, and leaves out; the same Recent may come again.
func (l *Limiter) Restore(r contract.RecentRequests) {
	if l.limit <= 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range r.Holders {
		if known := l.others[h.ID]; h.ID == l.id || known != nil && !h.At.After(known.told.At) {
			continue
		}
		if o := l.adoptHolder(h); len(o.buckets) > 0 {
			l.others[h.ID] = o
			l.tokens, l.filled = 0, max(l.sinceStart(), l.filled)
		}
	}
}

// adoptHolder turns what a holder told into buckets by this limiter's clock.
func (l *Limiter) adoptHolder(h contract.BudgetHolder) *source {
	now, wall := l.sinceStart(), time.Now()
	o := &source{told: h}
	add := func(at time.Time, count int) {
		// The future is another machine's clock: it was sent by now.
		age := max(wall.Sub(at), 0)
		if count > 0 && age < l.hold {
			o.buckets = append(o.buckets, bucket{now - age + l.hold, min(count, l.limit)})
		}
	}
	known := 0
	for i := min(len(h.Counts), maxBuckets) - 1; i >= 0; i-- {
		// Only buckets that are not older than their place says: a step of
		// nonsense can't move them forward.
		add(h.At.Add(-time.Duration(i)*max(h.Step, 0)), h.Counts[i])
		known += max(h.Counts[i], 0)
	}
	if !h.Over {
		unseen := min(max(wall.Sub(h.At), 0), unseenFor)
		more := math.Ceil(min(max(h.Saved, 0), l.capacity) + l.rate*float64(unseen))
		add(h.At.Add(unseen), min(int(more), max(l.limit-known, 0)))
	}
	return o
}

// countOthers counts the requests of earlier holders that are still in the
// window, and says when the next of them leaves it.
func (l *Limiter) countOthers(now time.Duration) (count int, next time.Duration) {
	next = forever
	for id, o := range l.others {
		for len(o.buckets) > 0 && o.buckets[0].expires <= now {
			o.buckets = o.buckets[1:]
		}
		if len(o.buckets) == 0 {
			delete(l.others, id)
			continue
		}
		next = min(next, o.buckets[0].expires)
		for _, b := range o.buckets {
			count += b.count
		}
	}
	return count, next
}
