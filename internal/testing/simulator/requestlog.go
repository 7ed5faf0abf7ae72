package simulator

import (
	"sync"
	"time"
)

// Log is what was asked of the tenants since the start or the last
// ResetRequests.
type Log struct {
	Routes   map[string]int // requests by peer, method and route: "defender POST discovery/users"
	Statuses map[string]int // answers by peer and status: "oomnitza 409"; 0: connection dropped
	Defender Usage
	Oomnitza Usage
	Pages    []Page // Defender's lists, page by page, in the order of their first request
}

// Usage is how densely one peer was asked.
type Usage struct {
	Requests    int       // that arrived
	RateLimited int       // of those, answered 429
	MaxInWindow int       // the most that arrived within any one window
	InFlight    int       // the most that were answered at the same time
	First, Last time.Time // arrivals, by the real clock
}

// Page is one page of one of Defender's lists and what became of the requests
// for it.
type Page struct {
	Stream    string
	App       string // id; empty: the list of apps
	Timeframe int
	Sort      string // field and direction
	Skip      int
	Limit     int         // rows that were asked for
	Asked     []time.Time // arrivals that were let through to the list
	Served    int         // whole answers
	Rows      int         // of the last answer
}

type pageKey struct {
	stream, app, sort string
	timeframe, skip   int
	limit             int
}

// requestLog counts requests. Its parts have locks of their own so that the
// two peers do not wait for each other.
type requestLog struct {
	length   time.Duration
	defender peerLog
	oomnitza peerLog

	mu    sync.Mutex
	pages map[pageKey]*Page
	order []*Page
}

type peerLog struct {
	mu       sync.Mutex
	usage    Usage
	inFlight int
	recent   []time.Time
	routes   map[string]int
	statuses map[int]int
}

func newRequestLog(length time.Duration) *requestLog {
	l := &requestLog{length: length}
	l.resetPages()
	return l
}

func (l *requestLog) resetPages() {
	l.mu.Lock()
	l.pages, l.order = map[pageKey]*Page{}, nil
	l.mu.Unlock()
	for _, p := range []*peerLog{&l.defender, &l.oomnitza} {
		p.mu.Lock()
		p.usage, p.recent = Usage{}, nil
		p.routes, p.statuses = map[string]int{}, map[int]int{}
		p.mu.Unlock()
	}
}

// noteArrival notes a request.
func (p *peerLog) noteArrival(now time.Time, length time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recent = append(dropBefore(p.recent, now.Add(-length)), now)
	p.usage.MaxInWindow = max(p.usage.MaxInWindow, len(p.recent))
	p.inFlight++
	p.usage.InFlight = max(p.usage.InFlight, p.inFlight)
	p.usage.Requests++
	if p.usage.First.IsZero() {
		p.usage.First = now
	}
	p.usage.Last = now
}

// noteAnswer notes what comes of a request, before the client knows.
func (p *peerLog) noteAnswer(route string, status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inFlight--
	p.routes[route]++
	p.statuses[status]++
	if status == 429 {
		p.usage.RateLimited++
	}
}

// notePage notes that a page is about to be served.
func (l *requestLog) notePage(key pageKey, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.pages[key]
	if p == nil {
		p = &Page{Stream: key.stream, App: key.app, Timeframe: key.timeframe, Sort: key.sort, Skip: key.skip, Limit: key.limit}
		l.pages[key] = p
		l.order = append(l.order, p)
	}
	p.Asked = append(p.Asked, at)
}

// noteServed notes that a page goes out whole.
func (l *requestLog) noteServed(key pageKey, rows int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.pages[key]; p != nil {
		p.Served++
		p.Rows = rows
	}
}

// Requests tells what was asked of both tenants.
func (s *Simulator) Requests() Log {
	out := Log{Routes: map[string]int{}, Statuses: map[string]int{}}
	out.Defender = s.log.defender.copyTo("defender ", &out)
	out.Oomnitza = s.log.oomnitza.copyTo("oomnitza ", &out)
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	out.Pages = make([]Page, len(s.log.order))
	for i, p := range s.log.order {
		out.Pages[i] = *p
		out.Pages[i].Asked = append([]time.Time(nil), p.Asked...)
	}
	return out
}

func (p *peerLog) copyTo(peer string, out *Log) Usage {
	p.mu.Lock()
	defer p.mu.Unlock()
	for route, n := range p.routes {
		out.Routes[peer+route] = n
	}
	for status, n := range p.statuses {
		out.Statuses[peer+statusText(status)] = n
	}
	return p.usage
}

// ResetRequests forgets the requests seen so far; the budget's window stays.
func (s *Simulator) ResetRequests() { s.log.resetPages() }
