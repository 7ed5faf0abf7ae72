package simulator

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Defender is the portal API of the discovery tenant: streams, discovered
// apps and the users of an app.
func (s *Simulator) Defender() http.Handler { return s.wrapUnkind("defender", s.serveDefender) }

func (s *Simulator) serveDefender(w http.ResponseWriter, req *http.Request) {
	arrival := s.clock()
	s.log.defender.noteArrival(arrival, s.opts.Window)
	w.Header()["Date"] = []string{s.Now().Format(http.TimeFormat)}
	r := newReply()
	route, f := s.answerDefender(req, arrival, w.Header(), r)
	status := r.seenStatus(f)
	if f == fateNone && status == http.StatusOK && r.page.stream != "" && req.Context().Err() == nil {
		s.log.noteServed(r.page, r.rows)
	}
	s.log.defender.noteAnswer(req.Method+" "+route, status)
	if slow := s.Variants().Unkind.Lists.Trickle; slow > 0 && r.page.app != "" && status == http.StatusOK {
		r.deliverSlowly(req.Context(), w, slow)
		return
	}
	r.deliverReply(w, f)
}

// answerDefender lets a request through the door and to its resource.
func (s *Simulator) answerDefender(req *http.Request, arrival time.Time, h http.Header, r *reply) (string, fate) {
	route := defenderRoute(req.URL.Path)
	faults := s.faults.Load()
	p := &faults.Defender
	if !s.admitDefender(req, p, arrival, h, r) {
		pauseFor(req.Context(), p.Latency)
		return route, fateNone
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, 1<<20))
	pauseFor(req.Context(), p.Latency)
	if err != nil {
		s.defenderError(r, http.StatusBadRequest, "The body could not be read")
		return route, fateNone
	}
	f := fateNone
	if p.anyFault() {
		id := hashText(hashText(1, req.URL.Path), body)
		if f = s.dice.throwDice(seed(s.opts.Seed), p, id); p.strikesBefore(f, id, h, r) {
			return route, f
		}
	}
	s.routeDefender(route, req, body, arrival, faults, h, r)
	return route, f
}

// admitDefender checks the token, then the budget.
func (s *Simulator) admitDefender(req *http.Request, p *PeerFaults, arrival time.Time, h http.Header, r *reply) bool {
	if req.Header.Get("Authorization") != "Token "+s.opts.DefenderToken {
		s.defenderError(r, http.StatusUnauthorized, "Invalid token")
		return false
	}
	if n := s.defenderSeen.Add(1); p.ExpireTokenAfter > 0 && n > int64(p.ExpireTokenAfter) {
		s.defenderError(r, http.StatusForbidden, "Permission denied")
		return false
	}
	v := s.Variants()
	l := &v.Unkind.Lists
	if l.denyRequest(l.DenyDefenderAt, int(s.defenderSeen.Load()), func(status int) { s.defenderError(r, status, "Permission denied") }) {
		return false
	}
	wait, ok := s.budget.takePlace(arrival)
	if !ok {
		r.setError(http.StatusTooManyRequests, "")
		throttleReply(h, r, p, int((wait+time.Second-1)/time.Second))
	}
	return ok
}

// defenderRoute names what a path asks for, without its prefix.
func defenderRoute(path string) string {
	for _, prefix := range []string{"/cas/api/v1/", "/api/v1/", "/cas/api/", "/api/"} {
		if rest, ok := strings.CutPrefix(path, prefix); ok {
			return strings.TrimSuffix(rest, "/")
		}
	}
	return "other"
}

func (s *Simulator) routeDefender(route string, req *http.Request, body []byte, arrival time.Time, faults *Faults, h http.Header, r *reply) {
	w := s.world
	w.mu.RLock()
	v := w.variants
	w.mu.RUnlock()
	path := req.URL.Path
	cas := strings.HasPrefix(path, "/cas/api/v1/")
	known := cas && v.Prefix != "api" || strings.HasPrefix(path, "/api/v1/") && v.Prefix != "cas"
	method := http.MethodPost
	switch {
	case path == "/api/discovery/streams/" || path == "/cas/api/discovery/streams/":
		known, method = true, http.MethodGet
	case route == "discovery/users":
		known = known && (v.Users == "both" || v.Users == "users")
	case route == "discovery/app_users":
		known = known && (v.Users == "both" || v.Users == "app_users")
	case route != "discovery/discovered_apps":
		known = false
		s.violations.addViolation("Defender has no such resource: " + req.Method + " " + path)
	}
	switch {
	case known && s.strayRoute(&v.Unkind.Lists, path, h, r):
	case !known:
		s.defenderError(r, http.StatusNotFound, "Not found")
	case !strings.HasSuffix(path, "/"):
		s.violations.addViolation("Defender's paths end in a slash: " + path)
		h.Set("Location", path+"/")
		s.defenderError(r, http.StatusMovedPermanently, "Moved")
	case req.Method != method:
		s.violations.addViolation("Defender does not take " + req.Method + " " + path)
		s.defenderError(r, http.StatusMethodNotAllowed, "Method not allowed")
	case method == http.MethodGet:
		s.serveStreams(r)
	default:
		s.serveList(route, body, arrival, faults, h, r)
	}
}

// defenderError fills in an error in the form that this tenant uses.
func (s *Simulator) defenderError(r *reply, status int, message string) {
	r.setError(status, "")
	switch s.Variants().Errors {
	case "object":
		r.appendText(`{"error": {"message": "`, message, `"}}`)
	case "boolean":
		r.appendText(`{"filters": [{"error": "`, message, `", "errorMessageCode": "CONSOLE_FORMS_NOT_VALID_VALUE", "errorMessageParams": {}}], "error": true}`)
	default:
		r.appendText(`{"detail": "`, message, `", "correlation_id": "d0a34b91-0000-0000-0000-db8ca7c10460"}`)
	}
}

// streamID gives the 24 hex digits that name a stream.
func (w *world) streamID(stream int) string {
	h := w.seed.drawBits(diceApp, uint64(stream), 77)
	id := strconv.FormatUint(h, 16) + strconv.FormatUint(mixBits(h), 16) + "0000000000"
	return "5" + id[:23]
}

// The streams that OddStreams adds come after the live ones.
const (
	oddSnapshot = iota
	oddNoUsers
	oddStreams
)

// streamIndex finds a stream; known is false for what no list tells of.
func (w *world) streamIndex(id string) (stream int, known bool) {
	n := w.opts.Streams
	if w.opts.OddStreams {
		n += oddStreams
	}
	for s := range n {
		if w.streamID(s) == id {
			return s, true
		}
	}
	return 0, false
}

// serveStreams lists the continuous reports. [DOC]
func (s *Simulator) serveStreams(r *reply) {
	w := s.world
	w.mu.RLock()
	defer w.mu.RUnlock()
	n := w.opts.Streams
	if w.opts.OddStreams {
		n += oddStreams
	}
	before, after := `{"streams": [`, "]}"
	switch w.variants.Streams {
	case "data":
		before = `{"data": [`
	case "array":
		before, after = "[", "]"
	case "object":
		before, after, n = "", "", 1
	}
	r.appendText(before)
	for i := range n {
		if i > 0 {
			r.appendText(", ")
		}
		w.appendStream(r, i, s.Now())
	}
	r.appendText(after)
}

func (w *world) appendStream(r *reply, i int, now time.Time) {
	streamType, logType, entities, name := "3", "0", "[1, 2]", w.streamName(i)
	switch i - w.opts.Streams {
	case oddSnapshot:
		streamType, name = "5", "Snapshot of spring"
	case oddNoUsers:
		streamType, entities, name = "1", "[2]", "Branch firewall"
	default:
		if i > 0 && !w.isView(i) {
			streamType, logType, entities = "1", "195", "[1, 2, 3]"
		}
	}
	iso := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
	r.appendText(`{"_id": "`, w.streamID(i), `", "displayName": "`, name, `", "streamType": `, streamType, `, "logType": `, logType)
	if i == 1 {
		r.appendText(`, "builtInStreamType": 1`)
	}
	r.appendText(`, "anonymizeUsers": `, strconv.FormatBool(i < w.variants.Anonymous), `, "anonymizeMachines": false, "globalAggregated": false`,
		`, "snapshotData": `, strconv.FormatBool(streamType == "5"), `, "receiverType": "ftp"`,
		`, "created": "2023-03-01T08:00:00.000Z", "lastModified": "`, iso(now.Add(-time.Hour)),
		`", "lastDataReceived": "`, iso(now.Add(-20*time.Minute)), `", "lastAlertProcessingTime": `,
		strconv.FormatInt(now.Add(-time.Hour).UnixMilli(), 10),
		`, "supportedEntityTypes": `, entities, `, "supportedTrafficTypes": [1, 2, 3], "timeFrames": [7, 30, 90]}`)
}
