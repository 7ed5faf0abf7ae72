package simulator

import (
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// listRequest is the body of a discovery list. [CODE]
type listRequest struct {
	stream    string
	timeframe int
	skip      int
	limit     int
	sort      string
	direction string
	app       string
	frameText bool   // the timeframe came as a text
	stray     string // a key that no client was seen to send
}

// parseListRequest reads a body; keys are case-sensitive, numbers may come as
// strings, as the portal sends them. [CODE]
func parseListRequest(body []byte) (listRequest, string) {
	q := listRequest{timeframe: retention, limit: pageRows, direction: "asc"}
	wrong := ""
	number := func(raw []byte, to *int, name string) {
		n, ok := rawInt(raw)
		if !ok || n < 0 {
			wrong = name + " is not a number"
		}
		*to = int(n)
	}
	sc := &scan{b: body}
	err := sc.eachField(func(key, raw []byte) {
		switch string(key) {
		case "streamId":
			q.stream = rawText(raw)
		case "timeframe":
			number(raw, &q.timeframe, "timeframe")
			q.frameText = raw[0] == '"'
		case "skip":
			number(raw, &q.skip, "skip")
		case "limit":
			number(raw, &q.limit, "limit")
		case "sortField":
			q.sort = rawText(raw)
		case "sortDirection":
			q.direction = rawText(raw)
		case "appId":
			q.app = rawText(raw)
		case "filters", "performAsyncTotal":
		default:
			q.stray = string(key)
		}
	})
	switch {
	case err != nil || sc.checkEnd() != nil:
		wrong = "The body is not JSON"
	case !slices.Contains([]int{7, 30, retention}, q.timeframe):
		wrong = "timeframe is not one of 7, 30, 90"
	case q.direction != "asc" && q.direction != "desc":
		wrong = "sortDirection is not valid"
	}
	q.limit = min(q.limit, pageRows)
	return q, wrong
}

// sortField translates a sort field as this tenant spells it into ours; "" is
// none that it takes. [CODE]
func sortField(spelling, field string, users bool) string {
	newer := map[string]string{"name": "name", "lastSeen": "lastSeen", "users": "users", "": "name"}
	older := map[string]string{"name": "name", "lastUsed": "lastSeen", "usersCount": "users", "": "name"}
	if users {
		newer = map[string]string{"lastSeen": "lastSeen", "": "lastSeen"}
		older = map[string]string{"lastUsed": "lastSeen", "": "lastSeen"}
	}
	if to, ok := newer[field]; ok && spelling != "old" {
		return to
	}
	if spelling == "new" {
		return ""
	}
	return older[field]
}

// serveList answers a page of apps or of an app's users.
func (s *Simulator) serveList(route string, body []byte, arrival time.Time, faults *Faults, h http.Header, r *reply) {
	q, wrong := parseListRequest(body)
	w := s.world
	ofApps := route == "discovery/discovered_apps"
	v := s.Variants()
	if wrong != "" || q.stray != "" {
		s.violations.addViolation("Defender: the body of " + route + " has what no client sends: " + wrong + q.stray)
	}
	stream, known := w.streamIndex(q.stream)
	field := sortField(v.Sort, q.sort, !ofApps)
	switch {
	case wrong != "":
	case !known:
		wrong = "streamId is not valid"
	case v.Frame != "any" && q.frameText != (v.Frame == "text"):
		wrong = "timeframe is not of the right type"
	case field == "":
		wrong = "sortField is not valid"
	case !ofApps && q.app == "":
		wrong = "appId is not valid"
	}
	if wrong != "" {
		s.defenderError(r, http.StatusBadRequest, wrong)
		return
	}
	order := field + " " + q.direction
	r.page = pageKey{stream: q.stream, sort: order, timeframe: q.timeframe, skip: q.skip, limit: q.limit}
	if !ofApps {
		r.page.app = q.app
	}
	s.log.notePage(r.page, arrival)
	if s.refusesPage(&v.Unkind.Lists, q, ofApps, h, r) {
		return
	}
	if kind := faults.Poisoned[q.app]; kind != "" && !ofApps {
		s.poisonReply(kind, r)
		return
	}
	if faults.Drift > 0 && q.skip > 0 {
		s.driftList(stream, q, ofApps, faults)
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	if v.IgnoreSkip {
		q.skip = 0
	}
	since := startTimeframe(s.Now().UnixMilli(), q.timeframe)
	switch {
	case stream >= w.opts.Streams:
		w.wrapRows(r, q, 0, listPage{}, func(int) {})
	case ofApps:
		w.appsPage(r, stream, q, since, order, faults, s.shuffles.Add(1))
	default:
		w.usersPage(r, stream, q, since, faults, s.shuffles.Add(1))
	}
}

func (s *Simulator) poisonReply(kind string, r *reply) {
	if kind == "malformed" {
		r.setError(http.StatusOK, `{"data": [{"userName": "eve@contoso.com", "lastSeen": 17`)
		return
	}
	s.defenderError(r, http.StatusInternalServerError, "Internal server error")
}

func (w *world) appsPage(r *reply, stream int, q listRequest, since int64, sort string, faults *Faults, nth uint64) {
	order, stats := w.appOrder(stream, since, sort)
	key := func(i int) uint64 { return uint64(w.apps[order[i]].id) }
	page := w.variants.Unkind.Lists.pickPage(q, len(order), true, sort == "lastSeen desc", nth, key)
	w.wrapRows(r, q, len(order), page, func(i int) {
		ai := order[page.rows[i]]
		w.appendApp(r, stream, int(ai), stats[ai], faults, nth)
	})
}

// listBuffers are for lists of a single page, which are not kept.
var listBuffers = sync.Pool{New: func() any { b := make([]seen, 0, pageRows); return &b }}

func (w *world) usersPage(r *reply, stream int, q listRequest, since int64, faults *Faults, nth uint64) {
	ai, ok := w.appIndex(q.app)
	if !ok {
		w.wrapRows(r, q, 0, listPage{}, func(int) {})
		return
	}
	buf := listBuffers.Get().(*[]seen)
	defer listBuffers.Put(buf)
	rows := w.listUsers((*buf)[:0], stream, ai, since)
	if q.direction == "asc" && q.sort != "" {
		rows = slices.Clone(rows)
		slices.Reverse(rows)
	}
	page := w.variants.Unkind.Lists.pickPage(q, len(rows), false, true, nth, func(i int) uint64 { return uint64(rows[i].k) })
	perm := w.slotPerm(ai)
	w.wrapRows(r, q, len(rows), page, func(i int) {
		row := rows[page.rows[i]]
		w.appendUser(r, stream, ai, row, perm.mapIndex(int(row.k)), since, faults)
	})
}

// wrapRows wraps rows as every list of the portal API does. [DOC]
func (w *world) wrapRows(r *reply, q listRequest, total int, page listPage, row func(int)) {
	l := &w.variants.Unkind.Lists
	r.rows = len(page.rows)
	r.appendText(`{"data": [`)
	for i := range page.rows {
		if i > 0 {
			r.body = append(r.body, ',', ' ')
		}
		row(i)
	}
	r.appendText("]")
	if w.variants.HasNext != "missing" {
		skip := q.skip - l.Overlap*(q.skip/pageRows)
		r.appendText(`, "hasNext": `, strconv.FormatBool(l.tellsMore(skip+r.rows < page.end && r.rows > 0)))
	}
	r.appendText(`, "max": 100`)
	switch w.variants.Total {
	case "exact":
		l.appendTotal(r, total)
	case "approximate": // [DOC]
		l.appendTotal(r, total+int(mixBits(uint64(q.skip)+uint64(total))%7)-3)
	}
	r.appendText(`, "moreThanTotal": false}`)
}
