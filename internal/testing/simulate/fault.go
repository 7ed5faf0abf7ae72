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

// number tells a fault in a trace; 0 is none.
func (f *fault) number() uint64 {
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

// strike carries out a fault of a request that was written.
func (f *fault) strike(x *exchange, there, back time.Duration) {
	switch {
	case f.lands == 0 && f.silent:
	case f.lands == 0:
		x.after(there+back+f.lag(x), func() { x.deliver(f.spoil(x, answer{err: f.broken}), f) })
	case f.lands > 1:
		x.after(there, func() { x.visit(true) })
		x.after(there+f.lag(x), func() { x.land(back, f) })
	case f.late:
		x.after(there+f.lag(x), func() { x.land(back, f) })
	default:
		x.after(there, func() { x.land(back, f) })
	}
}

// hides reports whether the client sees no good answer of a request that landed.
func (f *fault) hides() bool { return f != nil && f.lands > 0 && !f.shown }

// never reports whether nothing comes of an answer.
func (a answer) never() bool { return a.status == 0 && a.err == nil }

// storm is the one that rages over a tenant; nil: none.
func (x *exchange) storm() *fault {
	for _, s := range x.storms {
		if s.host == x.req.URL.Host && time.Now().Before(s.until) && !x.calm {
			return s.fault
		}
	}
	return nil
}

// storming marks the faults of a storm, which are many.
func (x *exchange) storming(f *fault) string {
	if x.storm() == f {
		return "outage: "
	}
	return ""
}

// fate decides what goes wrong with a request; nil: nothing.
func (x *exchange) fate(h history) *fault {
	if f := x.storm(); f != nil {
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
		if share == 0 || !f.hits(x, h) {
			continue
		}
		if chance(x.dice.roll(f.name, x.key, uint64(h.times)), share) {
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

// mostLag is for how long a read may lag behind.
const mostLag = time.Minute

// hits reports whether a fault may hit a request.
func (f *fault) hits(x *exchange, h history) bool {
	switch {
	case f.host != "" && f.host != x.req.URL.Host,
		f.reading && !x.reads(), f.writing && x.reads(),
		f.denies && (h.denied || h.unlucky > 0 || x.afterDenial(h)),
		f.name == faultStale && (h.previous == nil || h.previous.status != http.StatusOK || time.Since(h.seen) > mostLag):
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

// reads reports whether a request only reads.
func (x *exchange) reads() bool {
	return x.req.Method == http.MethodGet || x.req.URL.Host == defenderHost
}

// said is an answer of something between the client and the tenant.
func said(status int, contentType, body string, headers ...string) func(*exchange, answer) answer {
	return func(*exchange, answer) answer {
		h := http.Header{"Content-Type": {contentType}}
		for i := 0; i+1 < len(headers); i += 2 {
			h.Set(headers[i], headers[i+1])
		}
		return answer{status: status, header: h, body: []byte(body), length: int64(len(body))}
	}
}

// page is a web page.
func page(status int, title string, headers ...string) func(*exchange, answer) answer {
	return said(status, "text/html; charset=utf-8", "<!DOCTYPE html>\n<html><head><title>"+title+"</title></head><body><h1>"+title+"</h1></body></html>", headers...)
}

// failed is an error in JSON.
func failed(status int) func(*exchange, answer) answer {
	return said(status, "application/json", fmt.Sprintf(`{"error": %q}`, http.StatusText(status)))
}

// tooMany is a 429 that tells of the wait in a way.
func tooMany(tell func(wait time.Duration, h http.Header) (words string)) func(*exchange, answer) answer {
	return func(x *exchange, _ answer) answer {
		wait := time.Duration(1+x.dice.roll("wait", x.key, uint64(x.nth))%40) * time.Second
		h := http.Header{"Content-Type": {"application/json"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}}
		body := []byte(`{"detail": "Request was throttled.` + tell(wait, h) + `"}`)
		return answer{status: http.StatusTooManyRequests, header: h, body: body, length: int64(len(body))}
	}
}

// between is a lag of a length between two.
func between(from, to time.Duration) func(*exchange) time.Duration {
	return func(x *exchange) time.Duration {
		return from + time.Duration(unit(x.dice.roll("lag", x.key, uint64(x.nth)))*float64(to-from))
	}
}
