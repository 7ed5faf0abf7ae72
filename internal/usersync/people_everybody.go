package usersync

import (
	"context"
	"errors"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
	"defendersync/internal/turn"
)

// maxEverybody bounds how many people are read to find one whom no filter
// finds; a hundred thousand take some 30 MB for the rest of the session.
const maxEverybody = 100_000

var errEnough = errors.New("enough people were read")

// everybody is who is in a tenant, read once a session, and only where a name
// is taken that no look-up finds: filters may heed case, and a name may be
// spelled in any of its forms.
type everybody struct {
	reading turn.Lock
	isRead  bool
	index   peopleIndex
}

// loadPeople reads all people unless they have been read.
func (e *everybody) loadPeople(ctx context.Context, target Target) error {
	e.reading.Lock()
	defer e.reading.Unlock()
	if e.isRead {
		return nil
	}
	var all []saas.Person
	err := target.EachPerson(ctx, func(page []saas.Person) error {
		if all = append(all, page...); len(all) > maxEverybody {
			return errEnough
		}
		return nil
	})
	switch {
	case err != nil && !errors.Is(err, errEnough) && !httpx.KindOf(err).Declined():
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	e.isRead, e.index = true, indexPeople(all)
	return nil
}

// findAmongAll looks for the holder of a name that is taken among all people.
func (c *creation) findAmongAll(ctx context.Context) (match, error) {
	all := &c.known.everybody
	if err := all.loadPeople(ctx, c.target); err != nil {
		return match{}, err
	}
	return all.index.pickPerson(c.person), nil
}
