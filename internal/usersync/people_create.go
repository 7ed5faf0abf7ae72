package usersync

import (
	"context"
	"errors"
	"slices"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

const (
	// createAttempts bounds how often one person is tried while the answers are
	// lost or the tenant fails: each further attempt looks before it creates.
	createAttempts = 7
	// fewAttempts is the same once some people have turned out to fail for good.
	fewAttempts = 3
)

// creation is one person on the way to being created.
type creation struct {
	*resolver
	key     string
	p       saas.Person
	lost    bool // an answer was lost, so the person may be there by us
	fails   int
	doubted bool // it was asked whether the tenant takes writes
	named   bool // first and last name were filled in
}

// create makes one person. When an answer is lost or the name turns out to be
// taken, it looks before it tries again, so that nobody is made twice.
func (r *resolver) create(ctx context.Context, key string, p saas.Person) (resolved, error) {
	c := &creation{resolver: r, key: key, p: p}
	if r.known.needsNames() {
		c.fillNames()
	}
	for {
		made, err := r.target.CreatePerson(ctx, c.p)
		if err == nil {
			return c.created(made), nil
		}
		got, again, err := c.failed(ctx, err)
		if err != nil || !again {
			return got, err
		}
	}
}

// created takes in a person who was made.
func (c *creation) created(made saas.Person) resolved {
	c.known.created(c.key, made.ID)
	switch {
	case made.Username == "": // the answer does not tell
	case saas.Fold(made.Username) == saas.Fold(c.p.Username):
		c.known.keeps(saas.Fold(c.p.Username))
	default:
		c.notes.Add(NoteNamesAltered)
	}
	return resolved{id: made.ID, created: true}
}

// failed decides what a failed creation means: whether to try again, that this
// person can't be had, or, by an error, that the tenant is at fault.
func (c *creation) failed(ctx context.Context, err error) (got resolved, again bool, _ error) {
	if ctx.Err() != nil {
		return resolved{}, false, err
	}
	switch kind := httpx.KindOf(err); kind {
	case httpx.KindConflict:
		got, err := c.findTaken(ctx, err)
		return got, false, err
	case httpx.KindRefused:
		if asksForNames(err) && c.fillNames() {
			c.known.askNames()
			c.notes.Add(NoteNamesRequired)
			return resolved{}, true, nil
		}
		return c.refused(ctx, err)
	case httpx.KindUnauthorized, httpx.KindNotFound:
		if blame := c.target.Blame(ctx, err); blame != nil {
			return resolved{}, false, blame
		}
		return resolved{err: err}, false, nil
	case httpx.KindServer, httpx.KindNetwork, httpx.KindBadAnswer:
		return c.unanswered(ctx, err)
	}
	return resolved{}, false, err
}

// unanswered looks whether the person is there after all, and goes on trying.
// Who keeps failing while the tenant takes other writes is at fault alone.
func (c *creation) unanswered(ctx context.Context, err error) (got resolved, again bool, _ error) {
	c.lost = true
	found, lookErr := c.lookUp(ctx, map[string]saas.Person{c.key: c.p})
	if lookErr != nil {
		return resolved{}, false, lookErr
	}
	switch m := found[c.key]; {
	case m.id != "":
		c.known.created(c.key, m.id)
		return resolved{id: m.id, created: true}, false, nil
	case m.err != nil:
		return resolved{err: m.err}, false, nil
	}
	c.fails++
	most := c.known.tries()
	if errors.Is(err, httpx.ErrSingledOut) {
		most = max(c.fails, 1) // it has taken minutes
	}
	switch {
	case c.fails < most:
		return resolved{}, true, c.pauseFor(ctx, err.Error(), c.fails-1)
	case c.fails == most && !c.doubted:
		c.doubted = true
		if blame := c.target.Blame(ctx, err); blame != nil {
			return resolved{}, false, blame
		}
		return resolved{}, true, nil // once more: an outage may have ended just then
	}
	c.known.gotStuck()
	return resolved{err: err}, false, nil
}

// findTaken finds whom a username belongs to that the tenant says is taken.
// Look-ups may lag behind, so they are given some time.
func (c *creation) findTaken(ctx context.Context, taken error) (resolved, error) {
	want := map[string]saas.Person{c.key: c.p}
	for try := 0; ; try++ {
		found, err := c.lookUp(ctx, want, saas.Spellings()...)
		if err != nil {
			return resolved{}, err
		}
		m := found[c.key]
		if m.id == "" && m.err == nil && try == 0 {
			if m, err = c.findLike(ctx, c.p, m); err != nil {
				return resolved{}, err
			}
		}
		last := m == (match{}) && (try == briefTries || !c.known.worthWaiting())
		if last {
			c.known.waitedInVain()
			if m, err = c.findAmongAll(ctx, m); err != nil {
				return resolved{}, err
			}
		}
		if got, ok := c.taken(m); ok {
			return got, nil
		}
		if last {
			return resolved{err: taken}, nil
		}
		if err := c.pauseFor(ctx, "Oomnitza: a person whose username is taken is not found yet", try); err != nil {
			return resolved{}, err
		}
	}
}

// taken is what a look-up says of a username that is taken; false when it says
// nothing.
func (c *creation) taken(m match) (resolved, bool) {
	switch {
	case m.id != "" && c.lost:
		c.known.created(c.key, m.id) // by us, and the answer was lost
		return resolved{id: m.id, created: true}, true
	case m.id != "":
		c.known.put(c.key, m.id)
		return resolved{id: m.id}, true
	case m.err != nil:
		return resolved{err: m.err}, true
	case m.deleted != "":
		return resolved{err: personError("the username belongs to somebody who was deleted in Oomnitza (user id %s): restore them there, or free the name", m.deleted)}, true
	}
	return resolved{}, false
}

// findLike looks for somebody whose name the tenant takes for the one it
// refused: stored in another form, cut, or without its accents.
func (c *creation) findLike(ctx context.Context, p saas.Person, m match) (match, error) {
	like, err := c.target.PeopleLike(ctx, []string{p.Username})
	if err != nil {
		if httpx.KindOf(err).Declined() {
			return m, nil
		}
		return m, err
	}
	slices.SortFunc(like, comparePrecedence)
	for _, who := range like {
		if !takenFor(who, p) {
			continue
		}
		switch {
		case who.Deleted:
			m.deleted = who.ID
		case m.id != "":
		case !c.known.holds(who.ID, c.key):
			m.err = personError("Oomnitza stores this username as that of somebody else, %s", saas.MaskName(who.Username))
		default:
			m.id, m.err = who.ID, nil
			c.notes.Add(NoteNamesAltered)
		}
	}
	return m, nil
}
