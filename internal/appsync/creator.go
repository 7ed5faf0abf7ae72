package appsync

import (
	"context"
	"errors"
	"fmt"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// The notes about whom "Created by" names.
const (
	NoteNoCreator      = `Oomnitza shows no "Created by" on records of ours: searches by creator don't find them`
	NoteCreatorUnclear = `Oomnitza shows %q as "Created by" of our records, and whether that is INTEGRATION_USER can't be told`
)

// CheckSample returns notes about what a sample of the tenant's records shows.
func CheckSample(sample []saas.Record) []string {
	for _, rec := range sample {
		if rec.State == saas.Living && rec.Source == saas.Source && rec.CreatedBy == "" {
			return []string{NoteNoCreator}
		}
	}
	return nil
}

// checkCreator reads the first record back that was made: its "Created by" must
// be the integration user, or the token acts for somebody else and every search
// that the operators have built would miss our records. It reports whether a
// record was looked at.
func (r *pageRun) checkCreator(ctx context.Context, refs []contract.AppRef) (looked bool, err error) {
	user := r.page.Policy.IntegrationUser
	if !r.page.CheckCreator || user == "" {
		return false, nil
	}
	for _, ref := range refs {
		if !ref.New {
			continue
		}
		rec := r.readBack(ctx, ref)
		if rec.ID == "" {
			return false, nil // the next page makes a record, too
		}
		return true, r.judgeCreator(ctx, user, rec.CreatedBy)
	}
	return false, nil
}

// judgeCreator resolves both names to persons before it judges. A form that
// cannot be compared is no fault.
func (r *pageRun) judgeCreator(ctx context.Context, user, createdBy string) error {
	if createdBy == "" {
		r.notes.Add(NoteNoCreator)
		return nil
	}
	same, other, err := r.engine.compareAccounts(ctx, user, createdBy)
	switch {
	case err != nil:
		return err
	case same:
		return nil
	case other.ID == "":
		r.notes.Add(fmt.Sprintf(NoteCreatorUnclear, createdBy))
		return nil
	}
	return &httpx.Error{Peer: "Oomnitza", Op: "check who our records are created by", Kind: httpx.KindConfig,
		Err:  errors.New("INTEGRATION_USER is " + user + " but the token acts for " + createdBy),
		Hint: "issue the API token for the integration user, or correct INTEGRATION_USER"}
}

// compareAccounts reports whether "Created by" means a user. other is the person
// whom it means else; without an id where that cannot be told.
func (e *Engine) compareAccounts(ctx context.Context, user, createdBy string) (same bool, other saas.Account, err error) {
	if saas.Fold(user) == saas.Fold(createdBy) {
		return true, other, nil
	}
	me, err := e.accounts.resolveName(ctx, e.target, user)
	if err != nil {
		return false, other, err
	}
	if me.IsNamed(createdBy) {
		return true, other, nil
	}
	if other, err = e.accounts.resolveName(ctx, e.target, createdBy); err != nil || other.ID == "" {
		return false, other, err
	}
	return other.ID == me.ID || other.IsNamed(user), other, nil
}

// isMadeByUs reports whether a record that carries no link key is ours all the
// same: the integration user made it, or it names our source and nobody else.
func (e *Engine) isMadeByUs(ctx context.Context, rec saas.Record, user string) (bool, error) {
	switch {
	case rec.LinkKey != "", rec.CreatedBy != "" && user == "":
		return false, nil
	case rec.CreatedBy == "":
		return rec.Source == saas.Source, nil
	case rec.Source != saas.Source:
		return e.accounts.isKnown(user, rec.CreatedBy), nil
	}
	same, other, err := e.compareAccounts(ctx, user, rec.CreatedBy)
	return same || other.ID == "", err
}
