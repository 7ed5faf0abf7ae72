// Package ratelimit keeps a client within what its peer allows. It knows nothing
// of HTTP but the headers and bodies in which a peer asks for a pause, and
// nothing of either vendor.
//
// # A published limit
//
// A [Limiter] is a request budget: at most so many requests in any window of
// time. A caller takes a slot, sends its request and marks it as sent; until
// then the slot is held, because connecting may take long and the peer counts
// from the moment at which the request arrives.
//
//	slot, err := limiter.AcquireSlot(ctx)
//	if err != nil {
//		return err // the context's error, or a *Stopped error when the process ends
//	}
//	defer slot.ReturnSlot() // does nothing once the request is marked as sent
//	…
//	slot.MarkSent() // when the request was written to the connection
//
// A budget outlives the process that uses it. [Limiter.Snapshot] tells the
// requests of the last window, and [Limiter.Restore] counts them in another
// process, so that a worker that takes over goes on in the same window.
//
// # An unpublished limit
//
// A [Gate] bounds the requests that are in flight to a peer that publishes no
// limit: it halves the bound when the peer is congested, and raises it again by
// one at a time (additive increase, multiplicative decrease).
//
// # Pauses
//
// A peer that answers 429 is left alone for as long as it asks: by
// [RetryAfter], which understands every form in which servers say so, and never
// for longer than [LongestPause]. Both a Limiter and a Gate take a Pause, and
// tell an operator about it by [WaitingFor] and [Announce]. [Backoff] spaces the
// attempts of a request that fails for another reason.
package ratelimit
