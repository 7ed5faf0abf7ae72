package ratelimit

import (
	"math"
	"time"
)

const (
	// maxBuckets bounds how finely a window is told.
	maxBuckets = 60
	// unseenFor is how long a worker may have gone on sending after the last
	// Recent that it could tell. Checkpoints are a second apart.
	unseenFor = 2 * time.Second
)

// Recent tells the requests of the last window, so that whoever takes over
// the budget, in another process or on another machine, goes on in the same
// window. It fits a checkpoint: at most 60 small numbers for each process that
// held the budget within the window. The zero value tells of none.
type Recent struct {
	Holders []Holder `json:"holders,omitempty"` // the teller first, then those before it
}

// Holder is the requests of one process.
type Holder struct {
	ID     string        `json:"id"`               // of its limiter
	At     time.Time     `json:"at"`               // when this was told, by the teller's clock
	Step   time.Duration `json:"step"`             // width of a bucket
	Counts []int         `json:"counts,omitempty"` // requests per bucket, the newest first
	Saved  float64       `json:"saved,omitempty"`  // tokens it might have spent after telling
	Over   bool          `json:"over,omitempty"`   // it sent nothing after telling
}

// Settled is the same, told by one who sends nothing any more. Without it a
// successor assumes that the teller was killed and sent for a little longer as
// fast as it was allowed to.
func (r Recent) Settled() Recent {
	if len(r.Holders) == 0 {
		return r
	}
	holders := append([]Holder(nil), r.Holders...)
	holders[0].Over, holders[0].Saved = true, 0
	return Recent{Holders: holders}
}

// source is the requests of an earlier holder, as this limiter counts them.
type source struct {
	told    Holder
	buckets []bucket // ascending
}

// bucket is requests that leave the log together.
type bucket struct {
	expires time.Duration
	count   int
}

// Snapshot tells the requests of the last window; now is the time of day.
// Slots that are taken but not known to be used count as used now.
func (l *Limiter) Snapshot(now time.Time) Recent {
	if l.limit <= 0 {
		return Recent{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.now()
	l.log.dropUntil(at - l.hold)
	l.countOthers(at)
	own := Holder{ID: l.id, At: now.Round(0).UTC(), Step: max(l.hold/maxBuckets, 1), Over: l.closed && l.pending == 0}
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
		l.refill(at)
		own.Saved = math.Round(l.tokens*100) / 100
	}
	r := Recent{Holders: []Holder{own}}
	for _, o := range l.others {
		r.Holders = append(r.Holders, o.told)
	}
	return r
}

// Restore takes over the window of those who held the budget before. What they
// sent counts from the latest moment it may have been sent at, and nothing is
// saved up, so that no window sees more than the budget. What this limiter
// told itself it knows better, and leaves out; the same Recent may come again.
func (l *Limiter) Restore(r Recent) {
	if l.limit <= 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range r.Holders {
		if known := l.others[h.ID]; h.ID == l.id || known != nil && !h.At.After(known.told.At) {
			continue
		}
		if o := l.adopt(h); len(o.buckets) > 0 {
			l.others[h.ID] = o
			l.tokens, l.filled = 0, max(l.now(), l.filled)
		}
	}
}

// adopt turns what a holder told into buckets by this limiter's clock.
func (l *Limiter) adopt(h Holder) *source {
	now, wall := l.now(), time.Now()
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
