package usersync

import (
	"context"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// Target is where users are carried to. It is safe for concurrent use. Errors
// are *httpx.Error, or the context's, wrapped.
type Target interface {
	// ReadAssigned hands everybody who is assigned to a record to visit. whole is
	// false where the list could not be read to its end. An error may come
	// after some were visited; reading anew visits them again.
	ReadAssigned(ctx context.Context, record string, visit func(saas.Assigned) error) (whole bool, err error)
	// Standings finds out about people whom a list that is not whole does not
	// show. witness is somebody who is assigned to the record.
	Standings(ctx context.Context, record, witness string, people []string) (map[string]saas.Standing, error)
	// Assign assigns people to a record, or changes their last activity, in one
	// request. It returns the rows that were refused while others were taken.
	// An error that wraps httpx.ErrUnconfirmed came of an answer that says
	// nothing.
	Assign(ctx context.Context, record string, assignments []saas.Assignment) ([]saas.RowError, error)
	// IsTalkative reports whether answers to assignments are known to say
	// something, so that one that doesn't is no success.
	IsTalkative() bool
	// BelieveSilence notes that an assignment was made although its answer said
	// nothing.
	BelieveSilence()
	// CheckRecord asks for a record; KindNotFound where it is gone.
	CheckRecord(ctx context.Context, record string) error
	// SetTotal writes the number of active users of a record. A refusal that is
	// the record's alone is of KindRefused.
	SetTotal(ctx context.Context, record string, active int) error

	// LookUpPeople returns the people, also deleted ones, whose username or
	// email is among the names, whatever the case. Names that can't be asked
	// for are returned folded, with the reason.
	LookUpPeople(ctx context.Context, names []string) (found []saas.Person, refused map[string]error, err error)
	// PeopleLike returns the people whose usernames look like the given ones but
	// for characters that the target may store otherwise.
	PeopleLike(ctx context.Context, usernames []string) ([]saas.Person, error)
	// EachPerson hands all people to visit, a page at a time.
	EachPerson(ctx context.Context, visit func([]saas.Person) error) error
	// CreatePerson creates a person and returns them as stored; the username is
	// empty where that isn't known. A username that is taken is KindConflict.
	// After an error that may pass the person may exist all the same.
	CreatePerson(ctx context.Context, p saas.Person) (saas.Person, error)

	// Blame decides whose fault a failing write is: nil says that the row alone
	// is at fault, since other writes work; else the error is the target's.
	Blame(ctx context.Context, cause error) error
	// Check reads something that can be read while the target is well.
	Check(ctx context.Context) error
	// Keeping says what is known beforehand of whether the target keeps last
	// activity; KeepingUnknown: it is to be found out.
	Keeping() contract.Keeping
	// Requests counts what was asked since the worker began.
	Requests() saas.Requests
	// Waiting returns the pause that the target has asked for, if any.
	Waiting() contract.Waiting
}
