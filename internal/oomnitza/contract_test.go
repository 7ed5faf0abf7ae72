package oomnitza

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"defendersync/internal/saas"
	"defendersync/internal/testing/openapi"
)

// allowed is what the client may send: our own copy of the documented
// contract, as far as we use it, and the one extension that we make.
type allowed struct {
	method, path string   // {} stands for one segment
	query        []string // keys
	body         map[string]string
	required     []string
	list         bool // the body is a list of such objects
}

var saasFields = map[string]string{
	"saas_name": "string", "source": "string", "hash": "boolean", "ignored": "string", "changedate": "string", "changedby": "string",
	"creationdate": "string", "createdby": "string", "linked": "string", "link_key": "string",
	"category": "string", "publisher": "string", "url": "string", "visited": "integer",
}

var saasRequired = []string{"saas_name", "source", "hash", "ignored", "changedate", "changedby", "creationdate", "createdby", "linked", "link_key"}

var usedCalls = []allowed{
	{method: "GET", path: "/api/v3/saas", query: []string{"limit", "skip", "filter", "sortby"}},
	{method: "POST", path: "/api/v3/saas", body: saasFields, required: saasRequired},
	{method: "GET", path: "/api/v3/saas/{}"},
	{method: "PATCH", path: "/api/v3/saas/{}", body: saasFields, required: saasRequired},
	{method: "GET", path: "/api/v3/saas/{}/users"},
	{method: "POST", path: "/api/v3/saas/{}/users", list: true, required: []string{"user_id", "assign"},
		body: map[string]string{"user_id": "string", "assign": "boolean", "last_visit": "integer"}}, // last_visit: our extension
	{method: "GET", path: "/api/v3/users", query: []string{"limit", "skip", "filter"}},
	{method: "POST", path: "/api/v3/users", required: []string{"username"},
		body: map[string]string{"username": "string", "email": "string", "first_name": "string", "last_name": "string", "role": "integer", "suspended": "boolean"}},
}

// everything makes the client do all that it can, with awkward values, and
// returns the requests.
func everything(t *testing.T) []seen {
	t.Helper()
	odd := "Größe \"x\" & 'y' \\ ?#%+/ 日本"
	current := saas.Record{ID: odd, Name: odd}
	steps := []struct {
		handler http.HandlerFunc
		do      func(*Client) error
	}{
		{paging(1200, 500, true), func(c *Client) error {
			_, err := c.FindSaaS(t.Context(), nil, []string{odd, "Dropbox"})
			return err
		}},
		{tenant(staff(), records(odd)), func(c *Client) error {
			_, err := c.FindSaaS(t.Context(), []string{"defender-app:1", odd}, []string{odd})
			return err
		}},
		{answer(200, `{"saas_id": "7"}`), func(c *Client) error {
			_, err := c.CreateSaaS(t.Context(), saas.Record{Name: odd, Source: "s", Category: odd, Vendor: odd, Website: odd, LinkKey: "k", ActiveUsers: 5})
			return err
		}},
		{answer(200, `{"saas_id": "7"}`), func(c *Client) error {
			_, err := c.CreateSaaS(t.Context(), saas.Record{Name: odd})
			return err
		}},
		{answer(200, someSaaS), func(c *Client) error { _, err := c.GetSaaS(t.Context(), odd); return err }},
		{answer(200, someSaaS), func(c *Client) error {
			return c.PatchSaaS(t.Context(), current, saas.Record{Name: "n", Source: "s", Category: "c", Vendor: "p", Website: "u", LinkKey: "k", ActiveUsers: 5})
		}},
		{answer(200, someSaaS), func(c *Client) error { return c.PatchSaaS(t.Context(), current, saas.Record{ActiveUsers: 1}) }},
		{tenant(staff(), records("a")), func(c *Client) error {
			_, err := c.FindPeople(t.Context(), []string{odd, "eve@example.com"})
			return err
		}},
		{answer(200, `{"user_id": "1"}`), func(c *Client) error {
			_, err := c.CreatePerson(t.Context(), saas.Person{Username: odd, Email: odd, FirstName: odd, LastName: odd, Role: 25, Restricted: true})
			return err
		}},
		{answer(200, `{"user_id": "1"}`), func(c *Client) error {
			_, err := c.CreatePerson(t.Context(), saas.Person{Username: "bare"})
			return err
		}},
		{tenant(staff(), records("a")), func(c *Client) error {
			return c.EachPerson(t.Context(), func([]saas.Person) error { return nil })
		}},
		{tenant(staff(), records("a")), func(c *Client) error { _, err := c.PeopleWithRole(t.Context(), 25); return err }},
		{tenant(staff(), records("a")), func(c *Client) error { return c.Check(t.Context()) }},
		{tenant(staff(), records("a")), func(c *Client) error { _, _, err := c.FiltersIgnoreCase(t.Context()); return err }},
		{seats(30, 100, false), func(c *Client) error { return c.Assigned(t.Context(), odd, func(Assigned) error { return nil }) }},
		{seats(30, 100, false), func(c *Client) error { return c.Seats(t.Context(), odd, func(Seat) error { return nil }) }},
		{paging(1200, 500, true), func(c *Client) error {
			for _, err := range c.AllSaaS(t.Context()) {
				if err != nil {
					return err
				}
			}
			return nil
		}},
		{answer(200, `{}`), func(c *Client) error {
			_, err := c.Assign(t.Context(), odd, []Assignment{{UserID: "1", LastActivity: time.Unix(1795000000, 0)}, {UserID: odd}})
			return err
		}},
	}
	var all []seen
	for i, s := range steps {
		f, c := newFake(t, s.handler)
		if err := s.do(c); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		all = append(all, f.requests()...)
	}
	return all
}

func TestEveryRequestKeepsToTheContract(t *testing.T) {
	used := map[int]bool{}
	for _, r := range everything(t) {
		i := slices.IndexFunc(usedCalls, func(a allowed) bool { return a.method == r.method && samePath(a.path, r.path) })
		if i < 0 {
			t.Errorf("%s %s is not part of the contract", r.method, r.path)
			continue
		}
		used[i] = true
		for _, problem := range usedCalls[i].check(r) {
			t.Errorf("%s %s: %s", r.method, r.path, problem)
		}
	}
	for i, a := range usedCalls {
		if !used[i] {
			t.Errorf("%s %s is never used", a.method, a.path)
		}
	}
}

// samePath matches a path against a pattern.
func samePath(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	return slices.EqualFunc(want, got, func(w, g string) bool { return w == g || (strings.HasPrefix(w, "{") && g != "") })
}

// check finds what a request has that the contract doesn't.
func (a allowed) check(r seen) (problems []string) {
	for key, values := range r.query {
		if !slices.Contains(a.query, key) || len(values) != 1 || values[0] == "" {
			problems = append(problems, fmt.Sprintf("query %s=%q", key, values))
		}
	}
	if a.body == nil {
		if r.body != "" {
			problems = append(problems, "a body that nobody reads")
		}
		return problems
	}
	objects := []map[string]any{{}}
	var err error
	if a.list {
		err = json.Unmarshal([]byte(r.body), &objects)
	} else {
		err = json.Unmarshal([]byte(r.body), &objects[0])
	}
	if err != nil || len(objects) == 0 {
		return append(problems, fmt.Sprintf("body %s: %v", r.body, err))
	}
	for _, o := range objects {
		for _, key := range a.required {
			if _, ok := o[key]; !ok {
				problems = append(problems, "no "+key)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(o)) {
			if want := a.body[key]; want == "" || !openapi.HasType(o[key], want) {
				problems = append(problems, fmt.Sprintf("%s is %v, want %q", key, o[key], want))
			}
		}
	}
	return problems
}

func TestTheContractNoticesWhatIsWrong(t *testing.T) {
	ok := `{"saas_name": "a", "source": "", "hash": true, "ignored": "", "changedate": "", "changedby": "", "creationdate": "", "createdby": "", "linked": "", "link_key": ""}`
	if p := usedCalls[1].check(seen{body: ok}); len(p) != 0 {
		t.Fatalf("a good request is refused: %v", p)
	}
	for name, r := range map[string]seen{
		"a missing field":   {body: strings.Replace(ok, `"hash": true, `, "", 1)},
		"a field of a type": {body: strings.Replace(ok, `true`, `"true"`, 1)},
		"an unknown field":  {body: strings.Replace(ok, `{`, `{"x": 1, `, 1)},
		"an unknown query":  {body: ok, query: map[string][]string{"x": {"1"}}},
		"an empty body":     {},
	} {
		if len(usedCalls[1].check(r)) == 0 {
			t.Errorf("%s is not noticed", name)
		}
	}
	if len(usedCalls[0].check(seen{query: map[string][]string{"filter": {""}}})) == 0 {
		t.Error("an empty query parameter is not noticed")
	}
}
