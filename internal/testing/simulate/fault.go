package simulate

import (
	"fmt"
	"net/http"
	"time"
)

// fault is one thing that can go wrong with a request.
type fault struct {
	name    string
	host    string // the tenant whose requests it hits; "" both
	reading bool   // it hits requests alone that only read
	writing bool   // it hits requests alone that write
	unsent  bool   // the request never leaves
	lands   int    // how often the tenant sees it
	denies  bool   // a denial, which is looked at again but once
	silent  bool   // there is no answer
	broken  error  // what the client sees instead of an answer
	lag     func(*exchange) time.Duration
	late    bool // the lag is before the request lands, not after
	shown   bool // the client sees the answer of a request that landed
	spoil   func(*exchange, answer) answer

	index uint64
}

// traceNumber tells a fault in a trace; 0 is none.
func (f *fault) traceNumber() uint64 {
	if f == nil {
		return 0
	}
	return f.index
}

// String names the fault in a story.
func (f *fault) String() string {
	if f == nil {
		return ""
	}
	return "[" + f.name + "]"
}

// strikeSent carries out a fault of a request that was written.
func (f *fault) strikeSent(x *exchange, there, back time.Duration) {
	switch {
	case f.lands == 0 && f.silent:
	case f.lands == 0:
		x.doAfter(there+back+f.lag(x), func() { x.deliverAnswer(f.spoil(x, answer{err: f.broken}), f) })
	case f.lands > 1:
		x.doAfter(there, func() { x.visitTenant(true) })
		x.doAfter(there+f.lag(x), func() { x.landRequest(back, f) })
	case f.late:
		x.doAfter(there+f.lag(x), func() { x.landRequest(back, f) })
	default:
		x.doAfter(there, func() { x.landRequest(back, f) })
	}
}

// hidesAnswer reports whether the client sees no good answer of a request that landed.
func (f *fault) hidesAnswer() bool { return f != nil && f.lands > 0 && !f.shown }

// neverComes reports whether nothing comes of an answer.
func (a answer) neverComes() bool { return a.status == 0 && a.err == nil }

// stormNow is the one that rages over a tenant; nil: none.
func (x *exchange) stormNow() *fault {
	for _, s := range x.storms {
		if s.host == x.req.URL.Host && time.Now().Before(s.until) && !x.calm {
			return s.fault
		}
	}
	return nil
}

// stormPrefix marks the faults of a storm, which are many.
func (x *exchange) stormPrefix(f *fault) string {
	if x.stormNow() == f {
		return "outage: "
	}
	return ""
}

// drawFate decides what goes wrong with a request; nil: nothing.
func (x *exchange) drawFate(h history) *fault {
	if f := x.stormNow(); f != nil {
		return f
	}
	n := x.network
	if n.calm || x.world.Patience > 0 && h.unlucky >= x.world.Patience {
		return nil
	}
	if n.opening && x.world.Patience > 0 && n.spent[x.req.URL.Host] >= openingFaults {
		return nil
	}
	for i := range allFaults {
		f := &allFaults[i]
		share := x.world.Faults[f.name]
		if share == 0 || !f.mayHit(x, h) {
			continue
		}
		if fallsWithin(x.dice.rollFor(f.name, x.key, uint64(h.times)), share) {
			if n.opening {
				n.spent[x.req.URL.Host]++
			}
			return f
		}
	}
	return nil
}

// openingFaults bounds what may go wrong with a tenant while a session opens in
// a world that is to be survived: opening tries three times, and then fails.
const openingFaults = 2

const (
	// mostLag is for how long a read may lag behind.
	mostLag = time.Minute
	// mostForeignLag is the same of a worker's read behind what another one saw. It is
	// a little less than the worker gives what that one wrote.
	mostForeignLag = 8 * time.Second
)

// boundLag is how far a request may lag behind what was answered to it before.
func (x *exchange) boundLag(h history) time.Duration {
	if h.by != x.worker {
		return mostForeignLag
	}
	return mostLag
}

// mayHit reports whether a fault may hit a request.
func (f *fault) mayHit(x *exchange, h history) bool {
	switch {
	case f.host != "" && f.host != x.req.URL.Host,
		f.reading && !x.onlyReads(), f.writing && x.onlyReads(),
		f.denies && (h.denied || h.unlucky > 0 || x.afterDenial(h)),
		f.name == faultStale && (h.previous == nil || h.previous.status != http.StatusOK || time.Since(h.seen) > x.boundLag(h)):
		return false
	}
	return true
}

// afterDenial reports whether a denial would be the second of a worker's in a
// short time: a tenant that denies many requests is believed.
func (x *exchange) afterDenial(history) bool {
	last := x.worker.denied
	return !last.IsZero() && time.Since(last) < 5*time.Minute
}

// onlyReads reports whether a request only reads.
func (x *exchange) onlyReads() bool {
	return x.req.Method == http.MethodGet || x.req.URL.Host == defenderHost
}

// answerWith is an answer of something between the client and the tenant.
func answerWith(status int, contentType, body string, headers ...string) func(*exchange, answer) answer {
	return func(*exchange, answer) answer {
		h := http.Header{"Content-Type": {contentType}}
		for i := 0; i+1 < len(headers); i += 2 {
			h.Set(headers[i], headers[i+1])
		}
		return answer{status: status, header: h, body: []byte(body), length: int64(len(body))}
	}
}

// answerPage is a web page.
func answerPage(status int, title string, headers ...string) func(*exchange, answer) answer {
	return answerWith(status, "text/html; charset=utf-8", "<!DOCTYPE html>\n<html><head><title>"+title+"</title></head><body><h1>"+title+"</h1></body></html>", headers...)
}

// answerFailure is an error in JSON.
func answerFailure(status int) func(*exchange, answer) answer {
	return answerWith(status, "application/json", fmt.Sprintf(`{"error": %q}`, http.StatusText(status)))
}

// tooMany is a 429 that tells of the wait in a way.
func tooMany(tell func(wait time.Duration, h http.Header) (words string)) func(*exchange, answer) answer {
	return func(x *exchange, _ answer) answer {
		wait := time.Duration(1+x.dice.rollFor("wait", x.key, uint64(x.nth))%40) * time.Second
		h := http.Header{"Content-Type": {"application/json"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}}
		body := []byte(`{"detail": "Request was throttled.` + tell(wait, h) + `"}`)
		return answer{status: http.StatusTooManyRequests, header: h, body: body, length: int64(len(body))}
	}
}

// lagBetween is a lag of a length between two.
func lagBetween(from, to time.Duration) func(*exchange) time.Duration {
	return func(x *exchange) time.Duration {
		return from + time.Duration(toUnit(x.dice.rollFor("lag", x.key, uint64(x.nth)))*float64(to-from))
	}
}
