package usersync

import (
	"context"
	"strings"
	"sync"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// rehearsal remembers what a dry run would have written, so that it counts what
// the session would: what one stream creates, the next one finds. It lives in
// the memory of one worker; a dry run that moves to another worker counts some
// things twice.
type rehearsal struct {
	mu      sync.Mutex
	run     string                      // run id of the session
	emails  map[string]string           // of the people created, by folded username
	named   map[string]string           // folded usernames of the same people, by folded email
	records map[string]map[string]int64 // last activity that would be there, Unix seconds, by record and person
}

// wrapTarget returns a Target that reads from another and only remembers what is
// written to it. Another session's dry run begins afresh.
func (r *rehearsal) wrapTarget(run string, to Target) Target {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.run != run {
		r.run, r.emails, r.named, r.records = run, map[string]string{}, map[string]string{}, map[string]map[string]int64{}
	}
	return &dryTarget{Target: to, memory: r}
}

// dryTarget is the Target of a dry run.
type dryTarget struct {
	Target
	memory *rehearsal
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

// listAssigned lists whom the dry run would have assigned to a record.
func (r *rehearsal) listAssigned(record string) (out []saas.Assigned) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, last := range r.records[record] {
		out = append(out, saas.Assigned{UserID: id, LastActivity: time.Unix(last, 0).UTC()})
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
	people := t.memory.records[record]
	if people == nil {
		people = map[string]int64{}
		t.memory.records[record] = people
	}
	for _, a := range assignments {
		people[a.UserID] = max(people[a.UserID], a.LastActivity.Unix())
	}
	return nil, nil
}

// CheckRecord finds every record that the dry run would have created.
func (t *dryTarget) CheckRecord(ctx context.Context, record string) error {
	if saas.IsImaginary(record) {
		return nil
	}
	return t.Target.CheckRecord(ctx, record)
}

// SetTotal writes nothing.
func (t *dryTarget) SetTotal(context.Context, string, int) error { return nil }

// LookUpPeople finds also whom the dry run would have created.
func (t *dryTarget) LookUpPeople(ctx context.Context, names []string) (found []saas.Person, refused map[string]error, err error) {
	found, refused, err = t.Target.LookUpPeople(ctx, names)
	if err != nil {
		return nil, nil, err
	}
	t.memory.mu.Lock()
	defer t.memory.mu.Unlock()
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
	return p, nil
}

// Blame goes by what can be read: to write something else, as a session does, is not
// for a dry run.
func (t *dryTarget) Blame(ctx context.Context, _ error) error { return t.Check(ctx) }

// Keeping is as for a tenant that keeps last activity: nothing can be read back.
func (t *dryTarget) Keeping() contract.Keeping { return contract.KeepingKept }
