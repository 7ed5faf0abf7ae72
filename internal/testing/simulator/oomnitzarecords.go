package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Fields of people in a connector's records. [WIRE]
const (
	recordUser  = "USER"
	recordEmail = "EMAIL"
	recordRole  = "PERMISSIONS_ID" // a number, or one as text
	recordSaaS  = "SAAS"
)

// takeRecord makes or changes one person, and assigns them to an app where the
// record has one.
func (s *Simulator) takeRecord(c *call, b *bulk, record map[string]json.RawMessage) error {
	given := person{CreatedBy: s.TokenUser(), ChangedBy: s.TokenUser()}
	for key, to := range map[string]*string{recordUser: &given.Username, recordEmail: &given.Email, "FIRST_NAME": &given.First,
		"LAST_NAME": &given.Last, "POSITION": &given.Position} {
		*to = recordText(record[key])
	}
	if raw, ok := record[recordRole]; ok {
		role, err := strconv.Atoi(recordText(raw))
		if err != nil || !slices.Contains(s.opts.Roles, role) {
			return fmt.Errorf("there is no role %s", recordText(raw))
		}
		given.Role = role
	}
	n, err := s.upsertPerson(b, given)
	if err != nil || n < 0 {
		return err
	}
	if raw, ok := record[recordSaaS]; ok {
		return s.assignRecord(c, n, raw)
	}
	return nil
}

// recordText is a field's text, whether it came as text or as a number.
func recordText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return strings.TrimSpace(string(raw))
}

// upsertPerson makes a person or changes the one whom the fields to go by
// name; -1 where neither is wanted.
func (s *Simulator) upsertPerson(b *bulk, given person) (int, error) {
	t := s.oom
	t.peopleMu.Lock()
	defer t.peopleMu.Unlock()
	n, found := t.findRecord(b.SyncField, &given)
	now := s.Now().Unix()
	switch {
	case found && b.InsertOnly, !found && b.UpdateOnly:
		return -1, nil
	case found:
		changed := *t.people[n]
		changed.mergeGiven(given)
		changed.ChangedBy, changed.Changed = s.TokenUser(), now
		t.people[n] = &changed
		t.updateCounts(func(k *Counts) { k.PeoplePatched++ })
		return n, nil
	case strings.TrimSpace(given.Username) == "":
		return -1, errors.New("USER is required")
	case given.Role == 0:
		return -1, errors.New("PERMISSIONS_ID is required")
	}
	if _, taken := t.byUser[foldName(given.Username)]; taken {
		return -1, errors.New("a user with this username already exists")
	}
	given.Created, given.Changed = now, now
	given.Full = strings.TrimSpace(given.First + " " + given.Last)
	n = t.addPerson(&given)
	t.updateCounts(func(k *Counts) { k.PeopleCreated++ })
	return n, nil
}

// findRecord finds a person by the fields to go by; all of them have to fit.
// Without any, the username is gone by. The caller holds the lock.
func (t *tenant) findRecord(fields []string, given *person) (int, bool) {
	if len(fields) == 0 || slices.Contains(fields, recordUser) {
		n, ok := t.byUser[foldName(given.Username)]
		return n, ok && (!slices.Contains(fields, recordEmail) || foldName(t.people[n].Email) == foldName(given.Email))
	}
	if at := t.byEmail[foldName(given.Email)]; slices.Contains(fields, recordEmail) && given.Email != "" && len(at) > 0 {
		return at[0], true
	}
	return -1, false
}

// mergeGiven puts over a person what a record gives. The username stays, and so does
// the email address, by which other records find them.
func (p *person) mergeGiven(given person) {
	for _, f := range []struct{ to, from *string }{{&p.First, &given.First}, {&p.Last, &given.Last}, {&p.Position, &given.Position}} {
		if *f.from != "" {
			*f.to = *f.from
		}
	}
	if given.Role != 0 {
		p.Role = given.Role
	}
	p.Full = strings.TrimSpace(p.First + " " + p.Last)
}

// assignRecord assigns a person to the app that a record names: by its id, else
// by its name, under which it is made where there is none. [INF]
func (s *Simulator) assignRecord(c *call, n int, raw json.RawMessage) error {
	var app struct {
		ID   string `json:"selected_saas_id"`
		Name string `json:"name"`
	}
	if err := json.Unmarshal(raw, &app); err != nil || app.ID == "" && app.Name == "" {
		return errors.New("SAAS names no app")
	}
	t := s.oom
	_, r := t.findByID(app.ID)
	if r == nil {
		r = s.recordNamed(app.Name)
	}
	if r == nil {
		return fmt.Errorf("there is no SaaS %s", app.ID)
	}
	s.storeSeats(r, r.copyFields().Name, []seat{{person: uint32(n)}}, 1, 0, c.variants.LastVisit == "kept")
	return nil
}

// recordNamed finds an app by its name, or makes it; nil without a name.
func (s *Simulator) recordNamed(name string) *record {
	if strings.TrimSpace(name) == "" {
		return nil
	}
	t := s.oom
	t.saasMu.Lock()
	defer t.saasMu.Unlock()
	if n, ok := t.bySaaS[foldName(name)]; ok {
		return t.saas[n]
	}
	now := s.Now().Unix()
	r := &record{fields: saasFields{Name: name, Source: "connector", Ignored: "0", Linked: "0", CreatedBy: s.TokenUser(), Created: now,
		ChangedBy: s.TokenUser(), Changed: now}}
	t.addSaaS(r)
	t.updateCounts(func(k *Counts) { k.SaaSCreated++ })
	return r
}
