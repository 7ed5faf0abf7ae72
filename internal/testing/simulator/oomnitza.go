package simulator

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxURL is how long a request's address may be, as common servers have it.
const maxURL = 8000

// call is one request to Oomnitza under way.
type call struct {
	s        *Simulator
	req      *http.Request
	header   http.Header // of the answer
	query    url.Values
	body     []byte
	ident    string
	variants Variants
	faults   *Faults
	r        *reply
	resource *resource
}

// Oomnitza is the REST API v3 of the tenant: apps, people and assignments.
func (s *Simulator) Oomnitza() http.Handler {
	all := listResources()
	return s.wrapUnkind("oomnitza", func(w http.ResponseWriter, req *http.Request) {
		s.log.oomnitza.noteArrival(s.clock(), s.opts.Window)
		c := &call{s: s, req: req, header: w.Header(), r: newReply(), variants: s.Variants(), faults: s.faults.Load()}
		f := s.answerOomnitza(c, all)
		route := "other"
		if c.resource != nil {
			route = c.resource.path
		}
		s.log.oomnitza.noteAnswer(req.Method+" "+route, c.r.seenStatus(f))
		c.r.deliverReply(w, f)
	})
}

// answerOomnitza lets a request through the door and to its resource.
func (s *Simulator) answerOomnitza(c *call, all []resource) fate {
	p := &c.faults.Oomnitza
	body, err := readBody(c.req)
	pauseFor(c.req.Context(), p.Latency)
	c.body = body
	switch {
	case err != nil:
		c.answerError(http.StatusBadRequest, "The body could not be read")
		return fateNone
	case s.answerLogin(c):
		return fateNone
	case c.req.Header.Get("Authorization2") != s.opts.OomnitzaToken:
		c.answerError(http.StatusUnauthorized, "Authentication failed: the token is not valid")
		return fateNone
	}
	if n := s.oomnitzaSeen.Add(1); p.ExpireTokenAfter > 0 && n > int64(p.ExpireTokenAfter) {
		c.answerError(http.StatusUnauthorized, "Authentication failed: the token has expired")
		return fateNone
	}
	l := &c.variants.Unkind.Lists
	if l.denyRequest(l.DenyOomnitzaAt, int(s.oomnitzaSeen.Load()), func(status int) { c.answerError(status, "Authentication failed") }) {
		return fateNone
	}
	f := fateNone
	if p.anyFault() {
		id := hashText(hashText(hashText(2, c.req.Method), c.req.URL.RequestURI()), body)
		if f = s.dice.throwDice(seed(s.opts.Seed), p, id); p.strikesBefore(f, id, c.header, c.r) {
			return f
		}
	}
	s.routeOomnitza(c, all)
	return f
}

func readBody(req *http.Request) ([]byte, error) {
	if req.ContentLength == 0 {
		return nil, nil
	}
	if n := req.ContentLength; n > 0 && n < 32<<20 {
		body := make([]byte, n)
		_, err := io.ReadFull(req.Body, body)
		return body, err
	}
	return io.ReadAll(io.LimitReader(req.Body, 32<<20))
}

// routeOomnitza checks a request against the contract and serves it.
func (s *Simulator) routeOomnitza(c *call, all []resource) {
	path, known := c.req.URL.Path, false
	c.resource, c.ident, known = findResource(all, c.req.Method, path)
	if c.req.Method == http.MethodDelete {
		s.violations.addViolation("Oomnitza: DELETE " + path)
	}
	query, err := url.ParseQuery(c.req.URL.RawQuery)
	c.query = query
	switch {
	case s.serveConnector(c):
	case len(c.req.RequestURI) > maxURL:
		c.refuseUnknown(http.StatusRequestURITooLong, "the address is longer than "+strconv.Itoa(maxURL)+" characters")
	case c.resource == nil && known:
		c.refuseUnknown(http.StatusMethodNotAllowed, "Method not allowed")
	case c.resource == nil:
		c.refuseUnknown(http.StatusNotFound, "Not found")
	case err != nil:
		c.refuseUnknown(http.StatusBadRequest, "the query is not well encoded")
	default:
		if err := c.resource.checkQuery(query); err != nil {
			c.refuseUnknown(http.StatusBadRequest, err.Error())
			return
		}
		if !c.onRecord() && (c.req.Method == http.MethodGet || c.writeAllowed()) {
			c.resource.serve(s, c)
		}
	}
	if c.variants.CSRF {
		c.header["X-Csrf-Token"] = []string{s.csrfToken()}
	}
}

// writeAllowed checks what every write must carry.
func (c *call) writeAllowed() bool {
	h := c.req.Header
	if h.Get("Oomnitza-Not-Trigger-WF") != "1" {
		c.s.violations.addViolation("Oomnitza: " + c.req.Method + " " + c.resource.path + " would start workflows: no Oomnitza-Not-Trigger-WF")
	}
	if v := h.Get("Oomnitza-Ignore-Meta-Restriction"); v != "" && v != "0" && v != "1" {
		c.refuseUnknown(http.StatusBadRequest, "Oomnitza-Ignore-Meta-Restriction takes 0 or 1")
		return false
	}
	if !strings.HasPrefix(h.Get("Content-Type"), "application/json") {
		c.refuseUnknown(http.StatusUnsupportedMediaType, "the body is not declared as JSON")
		return false
	}
	if c.variants.CSRF && h.Get("X-CSRF-Token") != c.s.csrfToken() {
		c.header["X-Csrf-Token"] = []string{c.s.csrfToken()}
		c.answerError(http.StatusForbidden, "CSRF token missing or incorrect")
		return false
	}
	return true
}

// csrfToken gives the token that writes must echo where the variant demands it.
func (s *Simulator) csrfToken() string {
	return "csrf-" + strconv.FormatUint(seed(s.opts.Seed).drawBits(diceAnonymous, 5, 5), 36)
}

// answerError answers with an error in the form that this tenant uses.
func (c *call) answerError(status int, message string) {
	c.r.setError(status, "")
	before, after := `{"errors": [`, `]}`
	switch c.variants.OomnitzaErrors {
	case "message":
		before, after = `{"message": `, `}`
	case "error":
		before, after = `{"error": `, `}`
	case "detail":
		before, after = `{"detail": `, `}`
	}
	c.r.appendText(before)
	c.r.appendString(message)
	c.r.appendText(after)
}

// refuseWrite answers a create or change that the tenant does not accept; in some
// tenants that comes as a 200.
func (c *call) refuseWrite(status int, message string) {
	if c.variants.ErrorsIn200 {
		c.r.setError(http.StatusOK, `{"errors": [`)
		c.r.appendString(message)
		c.r.appendText("]}")
		return
	}
	c.answerError(status, message)
}

// refuseUnknown refuses what the documented contract does not know, and notes it.
func (c *call) refuseUnknown(status int, message string) {
	c.s.violations.addViolation("Oomnitza: " + c.req.Method + " " + c.req.URL.Path + ": " + message)
	c.answerError(status, message)
}

// readPaging reads the paging of a list.
func (c *call) readPaging(total int) (from, to int, ok bool) {
	number := func(key string, def int) int {
		text := c.query.Get(key)
		if text == "" {
			return def
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return -1
		}
		return n
	}
	const defaultLimit = 200 // [CODE]
	skip, limit := number("skip", 0), number("limit", defaultLimit)
	if skip < 0 || limit < 0 {
		c.refuseUnknown(http.StatusBadRequest, "limit and skip are whole numbers")
		return 0, 0, false
	}
	from = min(skip, total)
	to = min(from+min(limit, c.variants.MaxLimit), total)
	if !c.variants.NoTotalCount {
		c.header["X-Total-Count"] = []string{strconv.Itoa(total)}
	}
	return from, to, true
}

// readFilter reads the filter of a list over the given fields.
func (c *call) readFilter(known map[string]bool) (*filter, bool) {
	text := c.query.Get("filter")
	if text == "" {
		return nil, true
	}
	if c.tripsOver(text) {
		return nil, false
	}
	f, err := parseFilter(text, known)
	if err != nil {
		c.refuseUnknown(http.StatusBadRequest, "filter: "+err.Error())
		return nil, false
	}
	return f, true
}
