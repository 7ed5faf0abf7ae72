package simulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

var personFilterFields = personTypes.known()

// listPeople answers GET /api/v3/users. [DOC]
func (s *Simulator) listPeople(c *call) {
	f, ok := c.filter(personFilterFields)
	if !ok {
		return
	}
	by, ok := c.sortby(personFilterFields)
	if !ok {
		return
	}
	t := s.oom
	t.peopleMu.RLock()
	defer t.peopleMu.RUnlock()
	found := selected(f, len(t.people), t.findPeople, func(n int) bool {
		return f.match(t.people[n].source(n), c.variants.CaseMatters)
	})
	found = s.lagging.shownPeople(c, found)
	if by != "" {
		slices.SortStableFunc(found, func(x, y int) int { return order(t.people[x].source(x)(by), t.people[y].source(y)(by)) })
		c.reverse(found)
	}
	from, to, ok := c.list(len(found))
	if !ok {
		return
	}
	c.r.text("[")
	for i, n := range found[from:to] {
		if i > 0 {
			c.r.text(", ")
		}
		c.appendPerson(n, t.people[n])
	}
	c.r.text("]")
}

// findPeople looks a value up in the indexes; the caller holds the lock.
func (t *tenant) findPeople(field, value string) ([]int, bool) {
	switch field {
	case "username":
		if n, ok := t.byUser[fold(value)]; ok {
			return []int{n}, true
		}
		return nil, true
	case "email":
		return slices.Clone(t.byEmail[fold(value)]), true
	}
	return nil, false
}

// source gives a person's fields to a filter.
func (p *person) source(n int) source {
	return func(field string) string {
		switch field {
		case "username":
			return p.Username
		case "email":
			return p.Email
		case "first_name":
			return p.First
		case "last_name":
			return p.Last
		case "full_name":
			return p.Full
		case "role":
			return strconv.Itoa(p.Role)
		case "suspended":
			return strconv.FormatBool(p.Suspended)
		case "created_by":
			return p.CreatedBy
		case "creation_date":
			return strconv.FormatInt(p.Created, 10)
		case "change_date":
			return strconv.FormatInt(p.Changed, 10)
		case "position":
			return p.Position
		case "external_id":
			return p.External
		case "user_id", "uid":
			return strconv.Itoa(n + personBase)
		}
		return ""
	}
}

// appendPerson appends a User object as documented. [DOC]
func (c *call) appendPerson(n int, p *person) {
	r := c.r
	r.text(`{"user_id": `)
	c.id(n+personBase, true)
	for _, f := range []struct{ key, value string }{{"username", p.Username}, {"email", p.Email}, {"first_name", p.First},
		{"last_name", p.Last}, {"full_name", p.Full}, {"created_by", p.CreatedBy}, {"changed_by", p.ChangedBy},
		{"position", p.Position}, {"external_id", p.External}} {
		r.text(`, "`, f.key, `": `)
		r.string(f.value)
	}
	r.text(`, "role": `)
	r.int(int64(p.Role))
	r.text(`, "suspended": `, strconv.FormatBool(p.Suspended), `, "creation_date": `)
	r.int(p.Created)
	r.text(`, "change_date": `)
	r.int(p.Changed)
	r.text(`, "email_subscription": true, `)
	c.appendGone(p)
	r.text(`, "uid": `)
	r.int(int64(n + personBase))
	r.text("}")
}

// getPerson answers GET /api/v3/users/{id}. [DOC]
func (s *Simulator) getPerson(c *call) {
	n, ok := s.oom.personNumber(c.ident)
	if !ok {
		c.fail(http.StatusNotFound, "There is no such user")
		return
	}
	s.oom.peopleMu.RLock()
	defer s.oom.peopleMu.RUnlock()
	c.appendPerson(n, s.oom.people[n])
}

// createPerson answers POST /api/v3/users. User names are unique, the role
// must exist. [DOC HC:360060978854]
func (s *Simulator) createPerson(c *call) {
	object, err := personTypes.decode(c.body, nil)
	if err != nil {
		c.violation(http.StatusBadRequest, err.Error())
		return
	}
	now := s.Now().Unix()
	p := &person{CreatedBy: s.opts.TokenUser, Created: now, ChangedBy: s.opts.TokenUser, Changed: now}
	p.set(object)
	switch {
	case strings.TrimSpace(p.Username) == "":
		c.refuse(http.StatusBadRequest, "username is required")
		return
	case !slices.Contains(s.opts.Roles, p.Role):
		c.refuse(http.StatusBadRequest, "role: there is no role "+strconv.Itoa(p.Role))
		return
	case s.PersonRefused(p.Username):
		c.refuse(http.StatusBadRequest, "This user cannot be created")
		return
	case c.refusesPerson(p):
		return
	}
	t := s.oom
	t.peopleMu.Lock()
	defer t.peopleMu.Unlock()
	at, taken := c.storePerson(p)
	if taken {
		other := t.people[at]
		s.conflict(c, "User with this username already exists",
			!other.unanswered && other.CreatedBy == s.opts.TokenUser && other.Username == p.Username && other.Sent == "" && !s.lagging.hidesPerson(at))
		return
	}
	p.unanswered = c.req.Context().Err() != nil
	n := t.addPerson(p)
	s.lagging.madePerson(c, n)
	t.count(func(k *Counts) { k.PeopleCreated++ })
	if c.variants.Unkind.People.NoEcho {
		c.r.text(`{"user_id": `)
		c.id(n+personBase, true)
		c.r.text("}")
		return
	}
	c.appendPerson(n, p)
}

// patchPerson answers PATCH /api/v3/users/{id}. The user name stays. [DOC
// HC:360023748434]
func (s *Simulator) patchPerson(c *call) {
	object, err := personTypes.decode(c.body, nil)
	if err != nil {
		c.violation(http.StatusBadRequest, err.Error())
		return
	}
	n, ok := s.oom.personNumber(c.ident)
	if !ok {
		c.fail(http.StatusNotFound, "There is no such user")
		return
	}
	t := s.oom
	t.peopleMu.Lock()
	defer t.peopleMu.Unlock()
	changed := *t.people[n]
	name, email := changed.Username, changed.Email
	changed.set(object)
	switch {
	case changed.Username != name:
		s.violations.add("Oomnitza: a username was changed")
		c.refuse(http.StatusBadRequest, "username cannot be edited")
		return
	case !slices.Contains(s.opts.Roles, changed.Role):
		c.refuse(http.StatusBadRequest, "role: there is no role "+strconv.Itoa(changed.Role))
		return
	}
	changed.ChangedBy, changed.Changed = s.opts.TokenUser, s.Now().Unix()
	t.people[n] = &changed
	if fold(email) != fold(changed.Email) {
		t.byEmail[fold(email)] = slices.DeleteFunc(t.byEmail[fold(email)], func(at int) bool { return at == n })
		t.byEmail[fold(changed.Email)] = append(t.byEmail[fold(changed.Email)], n)
	}
	t.count(func(k *Counts) { k.PeoplePatched++ })
	c.appendPerson(n, &changed)
}

// set takes over what a body has.
func (p *person) set(object map[string]any) {
	texts := map[string]*string{"username": &p.Username, "email": &p.Email, "first_name": &p.First, "last_name": &p.Last,
		"full_name": &p.Full, "position": &p.Position, "external_id": &p.External}
	for key, value := range object {
		switch v := value.(type) {
		case string:
			if to := texts[key]; to != nil {
				*to = v
			}
		case float64:
			if key == "role" {
				p.Role = int(v)
			}
		case bool:
			if key == "suspended" {
				p.Suspended = v
			}
		}
	}
	if p.Full == "" {
		p.Full = strings.TrimSpace(p.First + " " + p.Last)
	}
}
