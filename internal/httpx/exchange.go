package httpx

import (
	"errors"
	"time"
)

// Exchange is one attempt at a request, for whoever counts them. A request that is sent
// again is another one. It names no address and nothing that was sent.
type Exchange struct {
	Peer  string        // who was asked: "Defender"
	Began time.Time     // when it was sent
	Took  time.Duration // until the answer was read, or there was none to be had
	Kind  Kind          // how it failed; "": it did not
	Ended bool          // the caller gave it up, so it tells nothing of the peer
}

// NewExchange describes an attempt that has just ended, by the error that Do returned.
func NewExchange(peer string, began time.Time, err error) Exchange {
	x := Exchange{Peer: peer, Began: began, Took: time.Since(began)}
	var e *Error
	if errors.As(err, &e) {
		x.Kind = e.Kind
	} else {
		x.Ended = err != nil
	}
	return x
}
