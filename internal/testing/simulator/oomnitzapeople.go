package simulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

var personFilterFields = personTypes.listFields()

// listPeople answers GET /api/v3/users. [DOC]
func (s *Simulator) listPeople(c *call) {
	f, ok := c.readFilter(personFilterFields)
	if !ok {
		return
	}
	by, ok := c.readSort(personFilterFields)
	if !ok {
		return
	}
	t := s.oom
	t.peopleMu.RLock()
	defer t.peopleMu.RUnlock()
	found := selectRecords(f, len(t.people), t.findPeople, func(n int) bool {
		return f.matchRecord(t.people[n].sourceFields(n), c.variants.CaseMatters)
	})
	found = s.lagging.shownPeople(c, found)
	if by != "" {
		slices.SortStableFunc(found, func(x, y int) int {
			return compareValues(t.people[x].sourceFields(x)(by), t.people[y].sourceFields(y)(by))
		})
		c.reverseIfDescending(found)
	}
	from, to, ok := c.readPaging(len(found))
	if !ok {
		return
	}
	c.r.appendText("[")
	for i, n := range found[from:to] {
		if i > 0 {
			c.r.appendText(", ")
		}
		c.appendPerson(n, t.people[n])
	}
	c.r.appendText("]")
}

// findPeople looks a value up in the indexes; the caller holds the lock.
func (t *tenant) findPeople(field, value string) ([]int, bool) {
	switch field {
	case "username":
		if n, ok := t.byUser[foldName(value)]; ok {
			return []int{n}, true
		}
		return nil, true
	case "email":
		return slices.Clone(t.byEmail[foldName(value)]), true
	}
	return nil, false
}

// sourceFields gives a person's fields to a filter.
func (p *person) sourceFields(n int) source {
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
	r.appendText(`{"user_id": `)
	c.appendID(n+personBase, true)
	for _, f := range []struct{ key, value string }{{"username", p.Username}, {"email", p.Email}, {"first_name", p.First},
		{"last_name", p.Last}, {"full_name", p.Full}, {"created_by", p.CreatedBy}, {"changed_by", p.ChangedBy},
		{"position", p.Position}, {"external_id", p.External}} {
		r.appendText(`, "`, f.key, `": `)
		r.appendString(f.value)
	}
	r.appendText(`, "role": `)
	r.appendInt(int64(p.Role))
	r.appendText(`, "suspended": `, strconv.FormatBool(p.Suspended), `, "creation_date": `)
	r.appendInt(p.Created)
	r.appendText(`, "change_date": `)
	r.appendInt(p.Changed)
	r.appendText(`, "email_subscription": true, `)
	c.appendGone(p)
	r.appendText(`, "uid": `)
	r.appendInt(int64(n + personBase))
	r.appendText("}")
}

// getPerson answers GET /api/v3/users/{id}. [DOC]
func (s *Simulator) getPerson(c *call) {
	n, ok := s.oom.personNumber(c.ident)
	if !ok {
		c.answerError(http.StatusNotFound, "There is no such user")
		return
	}
	s.oom.peopleMu.RLock()
	defer s.oom.peopleMu.RUnlock()
	c.appendPerson(n, s.oom.people[n])
}

// createPerson answers POST /api/v3/users. User names are unique, the role
// must exist. [DOC HC:360060978854]
func (s *Simulator) createPerson(c *call) {
	object, err := personTypes.decodeBody(c.body, nil)
	if err != nil {
		c.refuseUnknown(http.StatusBadRequest, err.Error())
		return
	}
	now := s.Now().Unix()
	p := &person{CreatedBy: s.TokenUser(), Created: now, ChangedBy: s.TokenUser(), Changed: now}
	p.setFields(object)
	switch {
	case strings.TrimSpace(p.Username) == "":
		c.refuseWrite(http.StatusBadRequest, "username is required")
		return
	case !slices.Contains(s.opts.Roles, p.Role):
		c.refuseWrite(http.StatusBadRequest, "role: there is no role "+strconv.Itoa(p.Role))
		return
	case s.PersonRefused(p.Username):
		c.refuseWrite(http.StatusBadRequest, "This user cannot be created")
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
		s.refuseConflict(c, "User with this username already exists",
			!other.unanswered && other.CreatedBy == s.TokenUser() && other.Username == p.Username && other.Sent == "" && !s.lagging.hidesPerson(at))
		return
	}
	p.unanswered = c.req.Context().Err() != nil
	n := t.addPerson(p)
	s.lagging.madePerson(c, n)
	t.updateCounts(func(k *Counts) { k.PeopleCreated++ })
	if c.variants.Unkind.People.NoEcho {
		c.r.appendText(`{"user_id": `)
		c.appendID(n+personBase, true)
		c.r.appendText("}")
		return
	}
	c.appendPerson(n, p)
}

// patchPerson answers PATCH /api/v3/users/{id}. The user name stays. [DOC
// HC:360023748434]
func (s *Simulator) patchPerson(c *call) {
	object, err := personTypes.decodeBody(c.body, nil)
	if err != nil {
		c.refuseUnknown(http.StatusBadRequest, err.Error())
		return
	}
	n, ok := s.oom.personNumber(c.ident)
	if !ok {
		c.answerError(http.StatusNotFound, "There is no such user")
		return
	}
	t := s.oom
	t.peopleMu.Lock()
	defer t.peopleMu.Unlock()
	changed := *t.people[n]
	name, email := changed.Username, changed.Email
	changed.setFields(object)
	switch {
	case changed.Username != name:
		s.violations.addViolation("Oomnitza: a username was changed")
		c.refuseWrite(http.StatusBadRequest, "username cannot be edited")
		return
	case !slices.Contains(s.opts.Roles, changed.Role):
		c.refuseWrite(http.StatusBadRequest, "role: there is no role "+strconv.Itoa(changed.Role))
		return
	}
	changed.ChangedBy, changed.Changed = s.TokenUser(), s.Now().Unix()
	t.people[n] = &changed
	if foldName(email) != foldName(changed.Email) {
		t.byEmail[foldName(email)] = slices.DeleteFunc(t.byEmail[foldName(email)], func(at int) bool { return at == n })
		t.byEmail[foldName(changed.Email)] = append(t.byEmail[foldName(changed.Email)], n)
	}
	t.updateCounts(func(k *Counts) { k.PeoplePatched++ })
	c.appendPerson(n, &changed)
}

// setFields takes over what a body has.
func (p *person) setFields(object map[string]any) {
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
