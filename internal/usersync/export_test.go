package usersync

import (
	"context"
	"errors"

	"defendersync/internal/notebook"
	"defendersync/internal/saas"
)

// MaxBarren, MaxUnwritten, Patience and MaxSkipSamples are bounds that tests
// hold the engine to.
const (
	MaxBarren      = maxBarren
	MaxUnwritten   = maxUnwritten
	Patience       = patience
	MaxSkipSamples = maxSkipSamples
)

// Found is what came of looking for a person.
type Found struct {
	ID      string
	Created bool
	Err     error
}

// IsTwoPeople reports whether the person's username is another's.
func (f Found) IsTwoPeople() bool {
	_, two := errors.AsType[*twoPeople](f.Err)
	return two
}

// Says is what was said of a person who could not be had.
func (f Found) Says() string { return shortenError(f.Err) }

// ResolvePeople finds or creates people as the pages of a session do. People and
// answers are by their keys; notes is what was found out about the tenant.
func (e *Engine) ResolvePeople(ctx context.Context, session string, people map[string]saas.Person) (found map[string]Found, notes []string, err error) {
	book := notebook.New(nil)
	r := &resolver{Engine: e, target: e.target, known: e.people.openMemory(session, 1000), notes: book, waiting: func(string) {}}
	var visits []visit
	for key, p := range people {
		visits = append(visits, visit{key: key, person: &p})
	}
	err = r.resolveVisits(ctx, visits)
	found = map[string]Found{}
	for _, v := range visits {
		found[v.key] = Found{v.id, v.created, v.refusal}
	}
	return found, book.List(), err
}

// PersonKey is the key of a person.
func PersonKey(p saas.Person) string { return personKey(p) }
