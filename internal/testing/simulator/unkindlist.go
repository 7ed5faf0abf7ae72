package simulator

import (
	"bytes"
	"cmp"
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// concernsList reports whether a switch is about a list.
func concernsList(which string, apps bool) bool { return which == "" || (which == "apps") == apps }

// listPage is what a page shows of a list.
type listPage struct {
	rows []int // places of its rows in the list as it should be
	end  int   // how many rows the list seems to have
}

// pickPage picks the rows of a page out of a list of n rows; key tells a row, and
// byTime that the list was to descend by time.
func (l *ListSwitches) pickPage(q listRequest, n int, apps, byTime bool, nth uint64, key func(int) uint64) listPage {
	p := listPage{end: n}
	if l.Cut > 0 && concernsList(l.CutOf, apps) {
		p.end = min(n, l.Cut)
	}
	order := l.orderRows(n, apps, byTime, nth, key)
	skip := q.skip
	if l.Overlap > 0 {
		skip -= l.Overlap * (skip / pageRows)
	}
	if l.HasNext == "again" && skip >= p.end {
		skip = max(p.end-1, 0) / pageRows * pageRows
	}
	from, to := min(skip, p.end), min(skip+q.limit, p.end)
	for i := from; i < to; i++ {
		at := i
		if order != nil {
			at = order[i]
		}
		p.rows = append(p.rows, at)
	}
	return p
}

// orderRows gives the order in which a list's rows come; nil: as they should.
func (l *ListSwitches) orderRows(n int, apps, byTime bool, nth uint64, key func(int) uint64) []int {
	if l.Sort == "" || !concernsList(l.SortOf, apps) || !byTime && l.Sort != "shuffled" && l.Sort != "other" {
		return nil
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	switch l.Sort {
	case "ascending":
		slices.Reverse(order)
	case "shuffled":
		return rand.New(rand.NewPCG(nth, uint64(n))).Perm(n)
	case "slight":
		for i := 7; i+1 < n; i += 40 {
			order[i], order[i+1] = order[i+1], order[i]
		}
	default:
		slices.SortFunc(order, func(a, b int) int { return cmp.Compare(mixBits(key(a)), mixBits(key(b))) })
	}
	if l.Sort == "in-page" {
		for page := range slices.Chunk(order, pageRows) {
			slices.Sort(page)
		}
	}
	return order
}

// appendTotal adds what a list says of its length.
func (l *ListSwitches) appendTotal(r *reply, total int) {
	switch l.Total {
	case "missing":
		return
	case "zero":
		total = 0
	case "negative":
		total = -1
	case "huge":
		total += 100_000
	case "null":
		r.appendText(`, "total": null`)
		return
	case "text":
		r.appendText(`, "total": "1,234"`)
		return
	}
	r.appendText(`, "total": `)
	r.appendInt(int64(total))
}

// tellsMore gives what a list says of further rows.
func (l *ListSwitches) tellsMore(truly bool) bool {
	switch l.HasNext {
	case "always", "again":
		return true
	case "never":
		return false
	}
	return truly
}

// refusesPage answers a page of a list that can't be had; false: it can.
func (s *Simulator) refusesPage(l *ListSwitches, q listRequest, apps bool, h http.Header, r *reply) bool {
	if l.MaxSkip > 0 && q.skip >= l.MaxSkip {
		s.defenderError(r, http.StatusBadRequest, "skip is too large")
		return true
	}
	if l.BadPage == "" || q.skip != l.BadSkip || !concernsList(l.BadOf, apps) {
		return false
	}
	s.answerAs(l.BadPage, h, r)
	return true
}

// answerAs answers in one of the ways in which an address or a page fails.
func (s *Simulator) answerAs(kind string, h http.Header, r *reply) {
	switch kind {
	case "302":
		h.Set("Location", "https://login.example.com/")
		r.setError(http.StatusFound, "")
	case "html":
		h["Content-Type"] = []string{"text/html; charset=utf-8"}
		r.setError(http.StatusOK, "<!DOCTYPE html><html><head><title>Microsoft Defender</title></head></html>")
	case "json":
		r.setError(http.StatusOK, `{"error": "unknown route"}`)
	case "cut":
		r.setError(http.StatusOK, `{"data": [{"userName": "eve@contoso.com", "lastSeen": 17`)
	case "empty":
		r.setError(http.StatusOK, `{"data": [], "hasNext": true}`)
	case "endless":
		r.setError(http.StatusOK, `{"data": [`+strings.Repeat(`{"userName": "eve@contoso.com", "lastSeen": 1763769600000}, `, 5000)+`{}], "hasNext": true}`)
	case "huge":
		r.setError(http.StatusOK, `{"data": [{"userName": "`+strings.Repeat("e", 17<<20)+`"}], "hasNext": false}`)
	case "shape":
		r.setError(http.StatusOK, `{"data": [`+strings.Repeat(`{"ref": 1}, `, 50)+`{"ref": 2}], "hasNext": false}`)
	default:
		status, _ := strconv.Atoi(kind)
		s.defenderError(r, status, http.StatusText(status))
	}
}

// strayRoute answers a request whose route is not served; false: it is.
func (s *Simulator) strayRoute(l *ListSwitches, path string, h http.Header, r *reply) bool {
	struck := false
	switch l.RouteOf {
	case "users":
		struck = strings.HasSuffix(path, "/discovery/users/")
	case "cas":
		struck = strings.HasPrefix(path, "/cas/api/v1/")
	case "streams":
		struck = path == "/api/discovery/streams/"
	}
	if l.Route == "" || !struck || int(s.routed.Add(1)) <= l.RouteAfter {
		return false
	}
	s.answerAs(l.Route, h, r)
	return true
}

// denyRequest answers the one request that is denied.
func (l *ListSwitches) denyRequest(at, nth int, fail func(status int)) bool {
	if l.Deny == 0 || at == 0 || nth != at {
		return false
	}
	fail(l.Deny)
	return true
}

// deliverSlowly sends a good answer a piece at a time, over a while.
func (r *reply) deliverSlowly(ctx context.Context, w http.ResponseWriter, over time.Duration) {
	const pieces = 20
	defer r.freeBuffer()
	w.Header()["Content-Type"] = jsonType
	w.WriteHeader(r.status)
	out := http.NewResponseController(w)
	for body := bytes.Clone(r.body); len(body) > 0; {
		n := min(len(body), len(r.body)/pieces+1)
		_, _ = w.Write(body[:n]) // a client that has gone away is its own affair
		_ = out.Flush()
		body = body[n:]
		pauseFor(ctx, over/pieces)
	}
}
