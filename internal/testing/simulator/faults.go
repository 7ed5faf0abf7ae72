package simulator

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Faults say what goes wrong. Shares are of 0 to 1. Whether a request is hit
// follows from the seed, from what it asks for and from how often it was asked
// before: the same session meets the same faults in whatever order it works,
// and a repeated request gets a new throw.
type Faults struct {
	Defender PeerFaults
	Oomnitza PeerFaults

	BadUsers float64 // share of user rows that cannot be used; always the same ones
	BadApps  float64 // share of app rows that cannot be used; always the same ones

	RefuseAssign float64 // share of (app, person) that a bulk assignment refuses; always the same ones
	RefusePeople float64 // share of people who cannot be created
	RefuseSaaS   float64 // share of apps that cannot be created

	// Drift is the chance that, before a page past the first is served, rows
	// of that list move: some of an app's users get new activity, or in a list
	// of apps a new one appears.
	Drift     float64
	DriftRows int // users that move at a time (3)

	// Poisoned apps, by Defender's app id: "500" or "malformed", always.
	Poisoned map[string]string
}

// PeerFaults are those of one peer's door.
type PeerFaults struct {
	Latency          time.Duration // before every answer
	RateLimited      float64       // answered 429 whatever the budget
	RetryAfter       int           // seconds in 429's Retry-After; 0: no header
	RetryInBody      bool          // 429's body tells the seconds
	ServerErrors     float64       // answered 500, 502, 503 or 504
	DropBefore       float64       // connection closed, nothing done
	DropAfter        float64       // all done, connection closed without an answer
	Truncated        float64       // the body ends early, within whole HTTP
	CutOff           float64       // the connection ends in the middle of the body
	Malformed        float64       // the body is not JSON
	HTML             float64       // a login page, 200
	ExpireTokenAfter int           // authorised requests after which the token is refused; 0: never
	MaxPerRequest    int           // a request is hit at most so often in a row; 0: no bound
}

// SetFaults changes what goes wrong from now on. The count for
// ExpireTokenAfter starts anew.
func (s *Simulator) SetFaults(f Faults) {
	if f.DriftRows == 0 {
		f.DriftRows = 3
	}
	s.faults.Store(&f)
	s.switched.Add(1)
	s.defenderSeen.Store(0)
	s.oomnitzaSeen.Store(0)
}

// Faults gives what goes wrong now.
func (s *Simulator) Faults() Faults { return *s.faults.Load() }

// anyFault reports whether a request may be hit at all.
func (p *PeerFaults) anyFault() bool {
	return p.RateLimited > 0 || p.ServerErrors > 0 || p.DropBefore > 0 || p.DropAfter > 0 || p.Truncated > 0 ||
		p.CutOff > 0 || p.Malformed > 0 || p.HTML > 0
}

// fate is what happens to one request.
type fate uint8

const (
	fateNone fate = iota
	fateRateLimited
	fateServerError
	fateDropBefore
	fateDropAfter
	fateTruncated
	fateCutOff
	fateMalformed
	fateHTML
)

// dice counts how often each request was asked, for throws that do not depend
// on the order of different requests.
type dice struct {
	mu    sync.Mutex
	tries map[uint64]int
}

// throwDice decides a request's fate from what identifies it.
func (d *dice) throwDice(s seed, p *PeerFaults, request uint64) fate {
	d.mu.Lock()
	if d.tries == nil {
		d.tries = map[uint64]int{}
	}
	try := d.tries[request]
	d.tries[request]++
	d.mu.Unlock()
	if p.MaxPerRequest > 0 && try >= p.MaxPerRequest {
		return fateNone
	}
	u := scaleToUnit(s.drawBits(diceFault, request, uint64(try)))
	for f, share := range []float64{fateRateLimited: p.RateLimited, fateServerError: p.ServerErrors, fateDropBefore: p.DropBefore,
		fateDropAfter: p.DropAfter, fateTruncated: p.Truncated, fateCutOff: p.CutOff, fateMalformed: p.Malformed, fateHTML: p.HTML} {
		if u < share {
			return fate(f)
		}
		u -= share
	}
	return fateNone
}

// strikesBefore carries out a fate that needs no answer of the tenant's own.
// It reports whether the reply is settled.
func (p *PeerFaults) strikesBefore(f fate, request uint64, h http.Header, r *reply) bool {
	switch f {
	case fateRateLimited:
		r.setError(http.StatusTooManyRequests, "")
		throttleReply(h, r, p, max(p.RetryAfter, 1))
	case fateServerError:
		status := []int{500, 502, 503, 504}[mixBits(request)%4]
		r.setError(status, `{"error": "`+http.StatusText(status)+`"}`)
	case fateHTML:
		h["Content-Type"] = []string{"text/html; charset=utf-8"}
		r.setError(http.StatusOK, "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in to your account</body></html>")
	case fateDropBefore:
		r.status = 0
	default:
		return false
	}
	return true
}

// throttleReply fills in a 429 with what it tells of the wait.
func throttleReply(h http.Header, r *reply, p *PeerFaults, seconds int) {
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(seconds))
	}
	r.body = append(r.body[:0], `{"error": {"message": "Request was throttled.`...)
	if p.RetryInBody {
		r.appendText(" Expected available in ", strconv.Itoa(seconds), " seconds.")
	}
	r.appendText(`"}}`)
}

// seenStatus is the status that the client will see of a reply; 0 when it
// sees none, or an answer that breaks off.
func (r *reply) seenStatus(f fate) int {
	if f == fateDropAfter || f == fateCutOff {
		return 0
	}
	return r.status
}

// deliverReply sends the reply as its fate has it. Without a whole answer it ends
// in a panic by which net/http closes the connection.
func (r *reply) deliverReply(w http.ResponseWriter, f fate) {
	defer r.freeBuffer()
	switch f {
	case fateTruncated:
		r.body = r.body[:len(r.body)*2/3]
	case fateMalformed:
		r.body = append(r.body[:len(r.body)/2], `,,"\x`...)
	case fateCutOff:
		h := w.Header()
		h["Content-Type"] = jsonType
		h["Content-Length"] = []string{strconv.Itoa(len(r.body))}
		w.WriteHeader(r.status)
		_, _ = w.Write(r.body[:len(r.body)/2])
		_ = http.NewResponseController(w).Flush() // what can't be flushed is lost as well
	}
	if r.seenStatus(f) == 0 {
		panic(http.ErrAbortHandler)
	}
	r.sendReply(w)
}

// pauseFor waits for an artificial latency, or until the client has gone.
func pauseFor(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
