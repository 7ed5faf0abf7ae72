package simulator

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
)

// AnswerSwitches say what HTTP answers of either tenant look like. They are a
// layer before both tenants: an answer is spoilt on its way, or given in the
// tenant's place.
type AnswerSwitches struct {
	Rules []AnswerRule // the first that fits a request holds
}

// AnswerRule spoils answers.
type AnswerRule struct {
	As    string // how: a name in AnswerForms
	Peer  string // "defender" or "oomnitza"; "" both
	Route string // what "METHOD /path" is to contain; "" anything
	From  int    // the first request of those that is hit, counted from 1; 0: the first
	Times int    // how many are hit from there; 0: all
	Stick bool   // what was hit once is hit whenever the same is asked for again
}

// AnswerForms are the names of all forms, sorted.
func AnswerForms() []string {
	var out []string
	for name := range replaced {
		out = append(out, name)
	}
	for name := range spoilt {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// answerCounts counts the requests that rules looked at.
type answerCounts struct {
	mu    sync.Mutex
	seen  map[AnswerRule]int
	stuck map[string]bool
}

// ruleHits decides whether a rule holds for a request of the given route and key.
func (c *answerCounts) ruleHits(r AnswerRule, peer, route, key string) bool {
	if r.Peer != "" && r.Peer != peer || !strings.Contains(route, r.Route) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen, c.stuck = map[AnswerRule]int{}, map[string]bool{}
	}
	key = fmt.Sprint(r, key)
	if c.stuck[key] {
		return true
	}
	c.seen[r]++
	n := c.seen[r] - max(r.From, 1)
	hit := n >= 0 && (r.Times == 0 || n < r.Times)
	if hit && r.Stick {
		c.stuck[key] = true
	}
	return hit
}

// wrapUnkind puts the layer before a tenant.
func (s *Simulator) wrapUnkind(peer string, tenant http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		rules := s.Variants().Unkind.Answers.Rules
		if len(rules) == 0 {
			tenant(w, req)
			return
		}
		body, _ := io.ReadAll(io.LimitReader(req.Body, 32<<20)) // what is cut off the tenant sees as well
		req.Body = io.NopCloser(strings.NewReader(string(body)))
		route := req.Method + " " + req.URL.Path
		for _, r := range rules {
			if s.answers.ruleHits(r, peer, route, req.URL.RequestURI()+string(body)) {
				s.spoilAnswer(r, w, req, body, tenant)
				return
			}
		}
		tenant(w, req)
	}
}

// spoilAnswer answers as a rule has it.
func (s *Simulator) spoilAnswer(r AnswerRule, w http.ResponseWriter, req *http.Request, body []byte, tenant http.HandlerFunc) {
	if give, ok := replaced[r.As]; ok {
		give(s, w, req, body)
		return
	}
	change, ok := spoilt[r.As]
	if !ok {
		http.Error(w, "the simulator knows no answer "+r.As, http.StatusNotImplemented)
		return
	}
	rec := httptest.NewRecorder()
	tenant(rec, req)
	for key, values := range rec.Header() {
		w.Header()[key] = values
	}
	change(w, rec.Code, rec.Body.Bytes())
}

// rulesAnywhere makes rules of one form for the answers that may be asked for again:
// what Defender lists, and what is read from Oomnitza.
func rulesAnywhere(form string, from, times int) []AnswerRule {
	return []AnswerRule{
		{As: form, Peer: "defender", From: from, Times: times},
		{As: form, Peer: "oomnitza", Route: "GET /api/v3/users", From: from, Times: times},
		{As: form, Peer: "oomnitza", Route: "GET /api/v3/saas/", From: from, Times: times},
		{As: form, Peer: "oomnitza", Route: "PATCH", From: from, Times: times},
	}
}

// answerWorlds spoil answers one by one, so that a session has to get over
// them; all of them, where they can be read all the same; and one app's list of
// users for good, so that the app is all that may be lost.
func answerWorlds() []World {
	set := func(rules ...AnswerRule) func(*Options) {
		return func(o *Options) { o.Variants.Unkind.Answers.Rules = rules }
	}
	var out []World
	for _, form := range []string{"byte order mark", "compressed twice", "UTF-16", "not a number", "Latin-1"} {
		out = append(out, World{"every answer: " + form, set(AnswerRule{As: form}), Exact})
	}
	group := func(name string, forms ...string) {
		var rules []AnswerRule
		for i, form := range forms {
			rules = append(rules, rulesAnywhere(form, 2*i+3, 1)...)
		}
		out = append(out, World{name, set(rules...), Exact})
	}
	group("single answers: lengths that lie", "length too long", "length too short", "length huge", "length negative", "garbage")
	group("single answers: nothing in them", "empty", "null", "no content", "duplicate keys", "another charset")
	group("single answers: bombs", "bomb of text", "bomb of rows", "bomb of nesting", "bomb of headers", "bomb of chunks")
	group("single answers: web pages", "redirect to a login", "redirect within", "login page", "login page as JSON", "outage page")
	group("single answers: echoes", "echo")
	group("single answers: too many requests", "429 date", "429 RFC 850", "429 asctime", "429 Unix", "429 Unix ms", "429 fraction", "429 unit",
		"429 two headers", "429 past", "429 skewed", "429 body")
	// In one stream, so that what is lost of an app is not half of it.
	alone := func(rule AnswerRule) func(*Options) {
		return func(o *Options) { o.Streams, o.Variants.Unkind.Answers.Rules = 1, []AnswerRule{rule} }
	}
	for _, form := range []string{"bomb of text", "echo", "outage page"} {
		out = append(out, World{"for good, one app's users in Defender: " + form,
			alone(AnswerRule{As: form, Peer: "defender", Route: "users", From: 4, Times: 1, Stick: true}), Loud})
	}
	for _, form := range []string{"bomb of text", "bomb of rows"} {
		out = append(out, World{"for good, one app's users in Oomnitza: " + form,
			alone(AnswerRule{As: form, Peer: "oomnitza", Route: "GET /api/v3/saas/", From: 4, Times: 1, Stick: true}), Loud})
	}
	return out
}
