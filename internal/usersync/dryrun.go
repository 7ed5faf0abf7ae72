package usersync

import (
	"context"
	"strings"
	"sync"
	"time"

	"defendersync/internal/changelist"
	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// rehearsal remembers what a dry run would have written, so that it counts what
// the session would: what one stream creates, the next one finds. It lives in
// the memory of one worker; a dry run that moves to another worker counts some
// things twice. An assignment takes ten bytes, a person some hundred.
type rehearsal struct {
	mu      sync.Mutex
	run     string            // run id of the session
	emails  map[string]string // of the people created, by folded username
	named   map[string]string // folded usernames of the same people, by folded email
	others  map[string]string // usernames of people who were found by another name, by id
	ids     []string          // of people who would be assigned
	places  map[string]uint32 // of those in ids
	records map[string][]drySeat
	totals  map[string]dryTotal // by record
}

// drySeat is an assignment that a dry run would have made.
type drySeat struct {
	person uint32 // place in ids
	last   uint32 // last activity, Unix seconds; 0: none
}

// dryTotal is the number of active users of a record.
type dryTotal struct{ before, now int }

// wrapTarget returns a Target that reads from another and only remembers what is
// written to it, and tells changes. Another session's dry run begins afresh.
func (r *rehearsal) wrapTarget(run string, to Target, changes *changelist.List) *dryTarget {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.run != run {
		r.run, r.emails, r.named, r.others = run, map[string]string{}, map[string]string{}, map[string]string{}
		r.ids, r.places, r.records, r.totals = nil, map[string]uint32{}, map[string][]drySeat{}, map[string]dryTotal{}
	}
	return &dryTarget{Target: to, memory: r, changes: changes}
}

// dryTarget is the Target of a dry run.
type dryTarget struct {
	Target
	memory  *rehearsal
	changes *changelist.List // takes in what would be written; nil: nobody does
}

// ReadAssigned shows also whom the dry run would have assigned.
func (t *dryTarget) ReadAssigned(ctx context.Context, record string, visit func(saas.Assigned) error) (whole bool, err error) {
	whole = true
	if !saas.IsImaginary(record) {
		if whole, err = t.Target.ReadAssigned(ctx, record, visit); err != nil {
			return whole, err
		}
	}
	for _, a := range t.memory.listAssigned(record) {
		if err := visit(a); err != nil {
			return whole, err
		}
	}
	return whole, nil
}

// listAssigned lists whom the dry run would have assigned to a record. Somebody whose
// last activity was raised meanwhile is in it twice.
func (r *rehearsal) listAssigned(record string) (out []saas.Assigned) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, seat := range r.records[record] {
		a := saas.Assigned{UserID: r.ids[seat.person]}
		if seat.last != 0 {
			a.LastActivity = time.Unix(int64(seat.last), 0).UTC()
		}
		out = append(out, a)
	}
	return out
}

// Standings asks for people whom the tenant has. Whom the dry run would have
// assigned has been shown by ReadAssigned.
func (t *dryTarget) Standings(ctx context.Context, record, witness string, people []string) (map[string]saas.Standing, error) {
	var real []string
	out := map[string]saas.Standing{}
	for _, id := range people {
		if saas.IsImaginary(id) {
			out[id] = saas.Standing{Exact: true}
		} else {
			real = append(real, id)
		}
	}
	if len(real) == 0 {
		return out, nil
	}
	found, err := t.Target.Standings(ctx, record, witness, real)
	for id, s := range found {
		out[id] = s
	}
	return out, err
}

// Assign remembers the assignments.
func (t *dryTarget) Assign(_ context.Context, record string, assignments []saas.Assignment) ([]saas.RowError, error) {
	t.memory.mu.Lock()
	defer t.memory.mu.Unlock()
	for _, a := range assignments {
		seat := drySeat{person: t.memory.placeOf(a.UserID)}
		if at := a.LastActivity.Unix(); at == int64(uint32(at)) { // as far as it goes in four bytes
			seat.last = uint32(at)
		}
		t.memory.records[record] = append(t.memory.records[record], seat)
	}
	return nil, nil
}

// placeOf gives a person a place among the ids.
func (r *rehearsal) placeOf(id string) uint32 {
	at, known := r.places[id]
	if !known {
		at = uint32(len(r.ids))
		id = strings.Clone(id)
		r.ids, r.places[id] = append(r.ids, id), at
	}
	return at
}

// CheckRecord finds every record that the dry run would have created.
func (t *dryTarget) CheckRecord(ctx context.Context, record string) error {
	if saas.IsImaginary(record) {
		return nil
	}
	return t.Target.CheckRecord(ctx, record)
}

// SetTotal remembers the number.
func (t *dryTarget) SetTotal(_ context.Context, record string, active int) error {
	t.memory.mu.Lock()
	total := t.memory.totals[record]
	total.now = active
	t.memory.totals[record] = total
	t.memory.mu.Unlock()
	t.changes.NoteTotal(record, total.before, active)
	return nil
}

// LookUpPeople finds also whom the dry run would have created.
func (t *dryTarget) LookUpPeople(ctx context.Context, names []string) (found []saas.Person, refused map[string]error, err error) {
	found, refused, err = t.Target.LookUpPeople(ctx, names)
	if err != nil {
		return nil, nil, err
	}
	t.memory.mu.Lock()
	defer t.memory.mu.Unlock()
	t.memory.noteOthers(found, names)
	seen := map[string]bool{}
	for _, name := range names {
		name = saas.Fold(name)
		if _, created := t.memory.emails[name]; !created {
			name = t.memory.named[name]
		}
		if name != "" && !seen[name] {
			seen[name] = true
			found = append(found, saas.Person{ID: saas.ImaginaryID(name), Username: name, Email: t.memory.emails[name]})
		}
	}
	return found, refused, nil
}

// CreatePerson remembers the person, who gets an id that no tenant has.
func (t *dryTarget) CreatePerson(_ context.Context, p saas.Person) (saas.Person, error) {
	t.memory.mu.Lock()
	defer t.memory.mu.Unlock()
	name := strings.Clone(saas.Fold(p.Username))
	email := p.Email
	if saas.Fold(email) == name {
		email = name
	}
	t.memory.emails[name] = email
	if email != "" && email != name {
		t.memory.named[saas.Fold(email)] = name
	}
	p.ID = saas.ImaginaryID(name)
	t.changes.NotePerson(p)
	return p, nil
}

// Blame goes by what can be read: to write something else, as a session does, is not
// for a dry run.
func (t *dryTarget) Blame(ctx context.Context, _ error) error { return t.Check(ctx) }

// noteOthers remembers the usernames of people who were found by their address, which
// may be others than the rules make.
func (r *rehearsal) noteOthers(found []saas.Person, names []string) {
	asked := make(map[string]bool, len(names))
	for _, name := range names {
		asked[saas.Fold(name)] = true
	}
	for _, p := range found {
		if !asked[saas.Fold(p.Username)] {
			r.others[strings.Clone(p.ID)] = strings.Clone(p.Username)
		}
	}
}

// otherName returns the username of somebody who was found by another name; "" of others.
func (r *rehearsal) otherName(id string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.others[id]
}

// Keeping is as for a tenant that keeps last activity: nothing can be read back.
func (t *dryTarget) Keeping() contract.Keeping { return contract.KeepingKept }
