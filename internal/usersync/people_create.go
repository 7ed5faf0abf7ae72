package usersync

import (
	"context"
	"errors"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

const (
	// createAttempts bounds how often one person is tried while the answers are
	// lost or the target fails: each further attempt looks before it creates.
	createAttempts = 7
	// fewAttempts is the same once some people have turned out to fail for good.
	fewAttempts = 3
)

// created is what came of creating a person.
type created struct {
	id      string // "" when the person could not be had
	isNew   bool   // they were created; else they were there already
	refusal error  // why they can't be had; this person's fault alone
}

// creation is one person on the way to being created.
type creation struct {
	*resolver
	key     string
	person  saas.Person
	lost    bool // an answer was lost, so the person may be there by us
	fails   int
	doubted bool // it was asked whether the target takes writes
	named   bool // first and last name were filled in
}

// createPerson creates one person. When an answer is lost or the name turns out to be
// taken, it looks before it tries again, so that nobody is created twice.
func (r *resolver) createPerson(ctx context.Context, key string, p saas.Person) (created, error) {
	c := &creation{resolver: r, key: key, person: p}
	if r.known.needsNames() {
		c.fillNames()
	}
	for {
		made, err := r.target.CreatePerson(ctx, c.person)
		if err == nil {
			return c.noteCreated(made), nil
		}
		got, again, err := c.judgeFailure(ctx, err)
		if err != nil || !again {
			return got, err
		}
	}
}

// noteCreated takes in a person who was created.
func (c *creation) noteCreated(made saas.Person) created {
	c.known.noteCreated(c.key, made.ID)
	switch {
	case made.Username == "": // the answer does not tell
	case saas.Fold(made.Username) == saas.Fold(c.person.Username):
		c.known.trustName(saas.Fold(c.person.Username))
	default:
		c.notes.Add(NoteNamesAltered)
	}
	return created{id: made.ID, isNew: true}
}

// judgeFailure decides what a failed creation means: whether to try again, that
// this person can't be had, or, by an error, that the target is at fault.
func (c *creation) judgeFailure(ctx context.Context, err error) (got created, again bool, _ error) {
	if ctx.Err() != nil {
		return created{}, false, err
	}
	switch httpx.KindOf(err) {
	case httpx.KindConflict:
		got, err := c.findHolder(ctx, err)
		return got, false, err
	case httpx.KindRefused:
		if asksForNames(err) && c.fillNames() {
			c.known.askNames()
			c.notes.Add(NoteNamesRequired)
			return created{}, true, nil
		}
		return c.judgeRefusal(err)
	case httpx.KindUnauthorized, httpx.KindNotFound:
		if blame := c.target.Blame(ctx, err); blame != nil {
			return created{}, false, blame
		}
		return created{refusal: err}, false, nil
	case httpx.KindServer, httpx.KindNetwork, httpx.KindBadAnswer:
		return c.lookAfterFailure(ctx, err)
	}
	return created{}, false, err
}

// lookAfterFailure looks whether the person is there after all, and goes on
// trying. Who keeps failing while the target takes other writes is at fault
// alone.
func (c *creation) lookAfterFailure(ctx context.Context, err error) (got created, again bool, _ error) {
	c.lost = true
	m, lookErr := c.lookUpStored(ctx)
	switch {
	case lookErr != nil:
		return created{}, false, lookErr
	case m.id != "":
		c.known.noteCreated(c.key, m.id)
		return created{id: m.id, isNew: true}, false, nil
	case m.err != nil:
		return created{refusal: m.err}, false, nil
	}
	c.fails++
	most := c.known.maxTries()
	if errors.Is(err, httpx.ErrSingledOut) {
		most = max(c.fails, 1) // it has taken minutes
	}
	switch {
	case c.fails < most:
		return created{}, true, c.pauseFor(ctx, err.Error(), c.fails-1)
	case c.fails == most && !c.doubted:
		c.doubted = true
		if blame := c.target.Blame(ctx, err); blame != nil {
			return created{}, false, blame
		}
		return created{}, true, nil // once more: an outage may have ended just then
	}
	c.known.noteStuck()
	return created{refusal: err}, false, nil
}

// lookUpStored looks the person up, and under the forms in which the target may have
// stored what it did not answer.
func (c *creation) lookUpStored(ctx context.Context) (match, error) {
	m, err := c.lookUpOne(ctx)
	if err != nil {
		return match{}, err
	}
	found := []match{m}
	err = c.findStoredOtherwise(ctx, []*visit{{key: c.key, person: &c.person}}, found)
	return found[0], err
}

// lookUpOne looks the person up.
func (c *creation) lookUpOne(ctx context.Context, spell ...func(string) string) (match, error) {
	found, err := c.lookUp(ctx, []*visit{{key: c.key, person: &c.person}}, spell...)
	if err != nil {
		return match{}, err
	}
	return found[0], nil
}
