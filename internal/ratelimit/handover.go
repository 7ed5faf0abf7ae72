package ratelimit

import (
	"math"
	"slices"
	"time"

	"defendersync/internal/contract"
)

// maxBuckets bounds into how many parts a window is divided.
const maxBuckets = 60

// source is the requests of an earlier holder of the budget, by this limiter's
// clock.
type source struct {
	told    contract.BudgetHolder
	buckets []bucket // those that leave the window first come first
}

// bucket is requests that leave the window together.
type bucket struct {
	expires time.Duration
	count   int
}

// Snapshot returns the requests of the last window, for a process that takes the
// budget over; now is the time of day. Slots that are taken and not known to be
// used count as used now.
func (l *Limiter) Snapshot(now time.Time) contract.RecentRequests {
	if !l.budgeted {
		return contract.RecentRequests{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.sinceStart()
	l.dropExpired(at)
	l.countOthers(at)
	own := contract.BudgetHolder{ID: l.id, At: now.Add(l.skew).Round(0).UTC(), Step: max(l.hold/maxBuckets, 1), Stopped: l.closed && l.pending == 0}
	own.Counts = l.countBySteps(at, own.Step)
	if l.unseen != unseenFor {
		own.Unseen = l.unseen
	}
	if !own.Stopped {
		l.refillTokens(at)
		own.SavedTokens = math.Round(l.tokens*100) / 100
	}
	r := contract.RecentRequests{Holders: []contract.BudgetHolder{own}}
	for _, o := range l.others {
		r.Holders = append(r.Holders, o.told)
	}
	return r
}

// countBySteps counts the requests of the window by their age in steps, without
// the steps before the oldest request.
func (l *Limiter) countBySteps(at, step time.Duration) []int {
	counts := make([]int, maxBuckets)
	counts[0] = l.pending
	oldest := 0
	for _, t := range l.sent {
		i := min(int((at-t)/step), len(counts)-1)
		counts[i]++
		oldest = max(oldest, i)
	}
	return counts[:oldest+1]
}

// Restore counts the requests of those who held the budget before. Each counts
// from the latest moment at which it may have been sent, and no token is saved
// up, so that no window sees more than the budget. This limiter's own requests
// are left out, since it knows them better. The same requests may come again.
func (l *Limiter) Restore(r contract.RecentRequests) {
	if !l.budgeted {
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

// adoptHolder turns a holder's requests into buckets by this limiter's clock.
func (l *Limiter) adoptHolder(h contract.BudgetHolder) *source {
	now, wall := l.sinceStart(), time.Now().Add(l.skew)
	o := &source{told: h}
	add := func(at time.Time, count int) {
		// A time to come is due to another machine's clock: it was sent by now.
		age := max(wall.Sub(at), 0)
		if count > 0 && age < l.hold {
			o.buckets = append(o.buckets, bucket{now - age + l.hold, min(count, l.limit)})
		}
	}
	unseen := min(max(wall.Sub(h.At), 0), max(unseenFor, min(h.Unseen, maxUnseen)))
	known := 0 // of those that it told, which left it no room while it was not seen
	counts := h.Counts[:min(len(h.Counts), maxBuckets)]
	for i, count := range slices.Backward(counts) {
		// A step that makes no sense must not move requests forward.
		step := max(h.Step, 0)
		add(h.At.Add(-time.Duration(i)*step), count)
		if time.Duration(i+1)*step+unseen < l.hold {
			known += max(count, 0)
		}
	}
	if !h.Stopped {
		more := math.Ceil(min(max(h.SavedTokens, 0), l.capacity) + l.rate*float64(unseen))
		add(h.At.Add(unseen), min(int(more), max(l.limit-known, 0)))
	}
	return o
}

// countOthers counts the requests of earlier holders that are still in the
// window, and tells when the next of them leaves it.
func (l *Limiter) countOthers(now time.Duration) (count int, next time.Duration) {
	next = forever
	for id, o := range l.others {
		o.buckets = slices.DeleteFunc(o.buckets, func(b bucket) bool { return b.expires <= now })
		if len(o.buckets) == 0 {
			delete(l.others, id)
		}
		for _, b := range o.buckets {
			count += b.count
			next = min(next, b.expires)
		}
	}
	return count, next
}
