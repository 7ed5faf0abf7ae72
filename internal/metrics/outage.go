package metrics

import (
	"time"

	"defendersync/internal/httpx"
)

// outageGap bounds the time between two requests that counts as outage: pauses between
// attempts take a minute at most, and nobody knows how a peer is that is not asked.
const outageGap = 2 * time.Minute

// outage adds up the time in which a peer was out: from a request that failed to the next
// one that did not. It needs its owner's lock.
type outage struct {
	total time.Duration
	out   bool
	seen  time.Time // until when total counts while the peer is out; before that, when it last answered
}

// note takes in a request. Requests may overlap, and each moment counts once.
func (o *outage) note(x httpx.Exchange) {
	end := x.Began.Add(x.Took)
	switch {
	case x.Ended:
		return
	case !IsOutage(x.Kind):
		if o.out {
			o.total += min(max(end.Sub(o.seen), 0), outageGap)
		}
		o.out, o.seen = false, later(o.seen, end)
		return
	}
	from := later(x.Began, o.seen)
	if o.out {
		o.total += min(max(x.Began.Sub(o.seen), 0), outageGap)
	}
	o.total += max(end.Sub(from), 0)
	o.out, o.seen = true, later(o.seen, end)
}

// IsOutage reports whether a failure is one of the peer as a whole, or of the way there.
func IsOutage(kind httpx.Kind) bool {
	return kind == httpx.KindNetwork || kind == httpx.KindServer || kind == httpx.KindBadAnswer
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
