package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/oomnitza"
	"defendersync/internal/saas"
	"defendersync/internal/turn"
)

// The notes about whom "Created by" names.
const (
	NoteNoCreator      = `Oomnitza shows no "Created by" on records of ours: searches by creator don't find them`
	NoteCreatorUnclear = `Oomnitza shows %q as "Created by" of our records, and whether that is INTEGRATION_USER can't be told`
)

// checkCreator reads back the first record that was made: its "Created by"
// must be the integration user, or the token acts for somebody else and every
// search that the operators have built would miss our records.
func (r *appsRun) checkCreator(ctx context.Context, out *contract.UpsertAppsResult) error {
	user := r.in.Policy.IntegrationUser
	if !r.in.Creator || user == "" {
		return nil
	}
	for _, ref := range out.Refs {
		if !ref.New {
			continue
		}
		rec := r.readBack(ctx, ref)
		if rec.ID == "" {
			return nil // the next page makes a record, too
		}
		out.Creator = true
		return r.judgeCreator(ctx, user, rec.CreatedBy)
	}
	return nil
}

// sampleRecords is how many SaaS records a session looks at when it opens.
const sampleRecords = 50

// aboutRecords are notes about what a sample of the records shows.
func aboutRecords(sample []saas.Record) []string {
	for _, rec := range sample {
		if rec.State == saas.Living && rec.Source == saas.Source && rec.CreatedBy == "" {
			return []string{NoteNoCreator}
		}
	}
	return nil
}

// judgeCreator resolves both names to persons before it judges. A form that
// can't be compared is no fault.
func (r *appsRun) judgeCreator(ctx context.Context, user, createdBy string) error {
	if createdBy == "" {
		r.notes.note(NoteNoCreator)
		return nil
	}
	same, other, err := r.a.samePerson(ctx, user, createdBy)
	switch {
	case err != nil:
		return err
	case same:
		return nil
	case other.ID == "":
		r.notes.note(fmt.Sprintf(NoteCreatorUnclear, createdBy))
		return nil
	}
	return &httpx.Error{Peer: "Oomnitza", Op: "check who our records are created by", Kind: httpx.KindConfig,
		Err:  errors.New("INTEGRATION_USER is " + user + " but the token acts for " + createdBy),
		Hint: "issue the API token for the integration user, or correct INTEGRATION_USER"}
}

// samePerson reports whether "Created by" means a user. other is whoever else
// it means; without an id where that can't be told.
func (a *Activities) samePerson(ctx context.Context, user, createdBy string) (same bool, other saas.Account, err error) {
	if saas.Fold(user) == saas.Fold(createdBy) {
		return true, other, nil
	}
	me, err := a.who.is(ctx, a.oomnitza, user)
	if err != nil {
		return false, other, err
	}
	if me.IsNamed(createdBy) {
		return true, other, nil
	}
	if other, err = a.who.is(ctx, a.oomnitza, createdBy); err != nil || other.ID == "" {
		return false, other, err
	}
	return other.ID == me.ID || other.IsNamed(user), other, nil
}

// madeByUs reports whether a record that carries no link key is ours all the
// same: the integration user made it, or it names our source and nobody else.
func (a *Activities) madeByUs(ctx context.Context, rec saas.Record, user string) (bool, error) {
	switch {
	case rec.LinkKey != "", rec.CreatedBy != "" && user == "":
		return false, nil
	case rec.CreatedBy == "":
		return rec.Source == saas.Source, nil
	case rec.Source != saas.Source:
		return a.who.knows(user, rec.CreatedBy), nil
	}
	same, other, err := a.samePerson(ctx, user, rec.CreatedBy)
	return same || other.ID == "", err
}

// whoIsWho remembers whom a name means, for a while.
type whoIsWho struct {
	mu    turn.Lock
	since time.Time
	known map[string]saas.Account // without an id: nobody, or not one person
}

// is tells whom a name means; an account without an id where that can't be
// told.
func (w *whoIsWho) is(ctx context.Context, c *oomnitza.Client, name string) (saas.Account, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known == nil || time.Since(w.since) > censusKept {
		w.known, w.since = map[string]saas.Account{}, time.Now()
	}
	key := saas.Fold(name)
	if a, ok := w.known[key]; ok {
		return a, nil
	}
	a, _, err := c.FindAccount(ctx, name)
	if err == nil {
		w.known[key] = a
	}
	return a, err
}

// knows reports whether "Created by" means a user of whom all names are known
// already.
func (w *whoIsWho) knows(user, createdBy string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.known[saas.Fold(user)].IsNamed(createdBy)
}

// met notes whom a name means, as found by somebody else.
func (w *whoIsWho) met(name string, a saas.Account) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known == nil {
		w.known, w.since = map[string]saas.Account{}, time.Now()
	}
	w.known[saas.Fold(name)] = a
}
