package httpx

import "sync/atomic"

// confirmElsewhere is how often in a row a login page or a redirect has to come
// before it counts as the peer's usual answer. That takes several seconds, in which
// a gateway may be back.
const confirmElsewhere = 4

// ConfirmShape is the same for an answer of an unknown shape.
const ConfirmShape = 3

// Confirmer decides when an answer is believed that means a wrong setting if it
// keeps coming, and nothing if it comes once. It remembers whether other requests
// succeeded meanwhile. Its zero value is ready; it is safe for concurrent use.
type Confirmer struct{ succeeded atomic.Int64 }

// NoteSuccess notes a request that succeeded.
func (c *Confirmer) NoteSuccess() { c.succeeded.Add(1) }

// BeginRequest begins a request, which may be sent several times.
func (c *Confirmer) BeginRequest() Confirmation { return Confirmation{confirmer: c} }

// Confirmation is the answers to one request.
type Confirmation struct {
	confirmer *Confirmer
	seen      int   // answers in doubt so far
	succeeded int64 // requests that had succeeded at the first of them
}

// AskAgain reports whether an answer is in doubt, so that the request is to be sent
// again; tries counts the pauses so far, for a back-off. An answer that has come as
// often as e.Confirmations says is believed. If another request succeeded meanwhile,
// the settings are right and the answer is merely bad: e becomes KindBadAnswer.
func (c *Confirmation) AskAgain(e *Error) (tries int, again bool) {
	if e.Confirmations == 0 {
		return 0, false
	}
	if c.seen == 0 {
		c.succeeded = c.confirmer.succeeded.Load()
	}
	if c.seen++; c.seen < e.Confirmations {
		return c.seen - 1, true
	}
	c.seen = 0
	if c.confirmer.succeeded.Load() != c.succeeded {
		e.Kind = KindBadAnswer
	}
	return 0, false
}
