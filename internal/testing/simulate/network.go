package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"time"

	"defendersync/internal/httpx"
)

// The hosts of the two tenants. Nothing is ever sent to them.
const (
	defenderHost = "contoso.us3.portal.cloudappsecurity.com"
	oomnitzaHost = "contoso.oomnitza.com"
)

// network carries the requests of workers to the tenants, within the process
// and in virtual time. What becomes of a request follows from the world's seed,
// from what it asks and from how often that was asked before.
type network struct {
	*conductor
	world   *World
	dice    dice
	tenants map[string]http.Handler // by host
	trace   *trace
	stats   *Stats
	windows map[string]*window // by host: when requests were written
	fetched map[uint64]fetched // pages of Defender that came whole, since the session began
	again   int                // those that came again although a worker had long had time to record them
	thrice  int                // those of them that had come twice before
	asked   map[uint64]history // by request
	storms  []storm
	calm    bool // nothing goes wrong from here on
	opening bool // a session is being opened, where little may go wrong
	spent   map[string]int
	deaths  []time.Time   // of workers, in this session
	onWrite func(*worker) // hears of every request that is written
}

// fetched is a page of Defender that came whole.
type fetched struct {
	at    time.Time // the latest time
	times int       // how often, but for the opening of the session
}

// history is what became of a request so far.
type history struct {
	times    int // how often it was written
	unlucky  int // faults in a row
	denied   bool
	previous *answer // what the tenant answered last
	seen     time.Time
	by       *worker // to whom
}

// storm is a time in which every request to a tenant meets the same fault.
type storm struct {
	host  string
	until time.Time
	fault *fault
}

func newNetwork(w *World, tenants map[string]http.Handler, t *trace, stats *Stats) *network {
	return &network{
		conductor: newConductor(), world: w, dice: dice(w.Seed), tenants: tenants, trace: t, stats: stats,
		windows: map[string]*window{defenderHost: {}, oomnitzaHost: {}}, fetched: map[uint64]fetched{}, asked: map[uint64]history{}, spent: map[string]int{},
	}
}

// line is one worker's way to the tenants: an http.RoundTripper.
type line struct {
	*network
	worker *worker
}

// exchange is one request on its way.
type exchange struct {
	line
	req    *http.Request
	body   []byte
	key    uint64
	nth    int     // how often it was asked before
	before *answer // what the tenant answered before
	answer chan answer
}

// RoundTrip implements http.RoundTripper.
func (l line) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		_ = req.Body.Close() // it is in memory
	}
	x := &exchange{line: l, req: req, body: body, answer: make(chan answer, 1)}
	x.key = requestKey(req.Method, req.URL.String(), body)
	l.queueSend(x.key, x.beginSend)
	select {
	case a := <-x.answer:
		if err := req.Context().Err(); err != nil {
			return nil, err
		}
		if a.err != nil {
			return nil, a.err
		}
		return a.toResponse(req), nil
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
}

// requestKey tells a request by what it asks.
func requestKey(method, url string, body []byte) uint64 {
	return mixBits(hashOf(method, url) ^ mixBits(hashOf(body)))
}

// takeTurnOf lets calls take their turns, those of one moment in the order of what
// they ask.
func (n *network) takeTurnOf(ctx context.Context, call httpx.Call) {
	var body []byte
	if call.Body != nil {
		body, _ = json.Marshal(call.Body) // else the call fails by itself
	}
	n.takeTurn(ctx, requestKey(call.Method, call.URL, body))
}

// beginSend writes the request, unless its fate is not to leave.
func (x *exchange) beginSend() {
	if x.req.Context().Err() != nil || x.worker.dead {
		return
	}
	h := x.asked[x.key]
	x.nth = h.times
	h.times++
	f := x.drawFate(h)
	if f == nil {
		h.unlucky = 0
	} else {
		h.unlucky++
		if f.denies {
			h.denied, x.worker.denied = true, time.Now()
		}
		x.stats.countFault(x.stormPrefix(f) + f.name)
	}
	x.asked[x.key] = h
	x.trace.noteEvent("ask", x.key, uint64(x.nth), f.traceNumber())
	x.tellRequest("→ %s", f)
	there, back := x.drawDelays()
	if f != nil && f.unsent {
		x.doAfter(there+f.lag(x), func() { x.deliverAnswer(answer{err: f.broken}, f) })
		return
	}
	if hook := httptrace.ContextClientTrace(x.req.Context()); hook != nil && hook.WroteRequest != nil {
		hook.WroteRequest(httptrace.WroteRequestInfo{})
	}
	x.windows[x.req.URL.Host].addRequest(time.Now())
	x.stats.Requests++
	if x.onWrite != nil {
		x.onWrite(x.worker)
	}
	if f == nil {
		x.doAfter(there, func() { x.landRequest(back, nil) })
		return
	}
	f.strikeSent(x, there, back)
}

// drawDelays are how long a request is on its way, there and back.
func (x *exchange) drawDelays() (there, back time.Duration) {
	h := x.dice.rollFor("delay", x.key, uint64(x.nth))
	base := float64(x.world.Latency)
	there = time.Duration(base * (0.2 + toUnit(h)*0.6))
	back = time.Duration(base * (0.2 + toUnit(mixBits(h))*0.6))
	if fallsWithin(mixBits(h^1), x.world.Slow) {
		back += time.Duration(toUnit(mixBits(h^2)) * float64(30*time.Second))
	}
	return there + time.Duration(h%999)*time.Nanosecond + time.Microsecond, back + time.Duration(h>>32%999)*time.Nanosecond + time.Microsecond
}

// landRequest has the tenant see the request, and then delivers its answer.
func (x *exchange) landRequest(back time.Duration, f *fault) {
	if x.worker.dead && fallsWithin(x.dice.rollFor("lost with its worker", x.key, uint64(x.nth)), 0.5) {
		return
	}
	a := x.visitTenant(f.hidesAnswer() || x.worker.dead || x.req.Context().Err() != nil)
	if f != nil {
		a = f.spoil(x, a)
		if f.lands == 1 && !f.late {
			back += f.lag(x)
		}
	}
	if !a.neverComes() {
		x.doAfter(back, func() { x.deliverAnswer(a, f) })
	}
}

// visitTenant has the tenant see the request once. Unseen says that the client will
// not see the answer, for which a tenant takes a request whose context is over.
func (x *exchange) visitTenant(unseen bool) answer {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if unseen {
		cancel()
	}
	req := x.req.Clone(ctx)
	req.Body, req.RequestURI, req.Host = io.NopCloser(bytes.NewReader(x.body)), x.req.URL.RequestURI(), x.req.URL.Host
	req.ContentLength = int64(len(x.body))
	a := serveRequest(x.tenants[x.req.URL.Host], req)
	x.trace.noteEvent("land", x.key, uint64(a.status), hashOf(a.body))
	h := x.asked[x.key]
	kept := a
	x.before, h.previous, h.seen, h.by = h.previous, &kept, time.Now(), x.worker
	x.asked[x.key] = h
	return a
}

// deliverAnswer hands the answer to the client, if it is still there.
func (x *exchange) deliverAnswer(a answer, f *fault) {
	x.trace.noteEvent("answer", x.key, uint64(x.nth), uint64(a.status), hashOf(a.body))
	x.tellRequest("← %d %v", a.status, a.err)
	if x.worker.dead {
		return
	}
	if f == nil && a.status == http.StatusOK && x.req.URL.Host == defenderHost && x.req.Context().Err() == nil {
		x.cameWhole()
	}
	x.answer <- a
}

// tellRequest tells of the request in the story, where one is wanted.
func (x *exchange) tellRequest(format string, args ...any) {
	if !x.trace.tellsStory() {
		return
	}
	body := string(x.body)
	if len(body) > 300 {
		body = body[:300] + "…"
	}
	x.trace.tellLine("%-7s #%d w%d %s %s %s", fmt.Sprintf(format, args...), x.nth, x.worker.id, x.req.Method, strings.TrimPrefix(x.req.URL.String(), "https://"), body)
}

// recordedWithin is how soon a page that came is written and recorded where
// nothing is in the way.
const recordedWithin = 10 * time.Second

// cameWhole notes a page of Defender, and whether it had come to a worker that
// died so long after that it must have been recorded.
func (x *exchange) cameWhole() {
	f, before := x.fetched[x.key]
	died := slices.IndexFunc(x.deaths, f.at.Before)
	if before && died >= 0 && x.deaths[died].Sub(f.at) > recordedWithin {
		x.again++
		if f.times > 1 {
			x.thrice++
		}
	}
	if f.at = time.Now(); !x.opening {
		f.times++
	}
	x.fetched[x.key] = f
}

// newSession forgets what the session before asked for.
func (n *network) newSession() {
	clear(n.fetched)
	clear(n.spent)
	n.again, n.thrice, n.deaths = 0, 0, nil
}

// window counts requests in a sliding minute.
type window struct {
	recent []time.Time
	most   int
}

func (w *window) addRequest(now time.Time) {
	for len(w.recent) > 0 && !w.recent[0].After(now.Add(-time.Minute)) {
		w.recent = w.recent[1:]
	}
	w.recent = append(w.recent, now)
	w.most = max(w.most, len(w.recent))
}
