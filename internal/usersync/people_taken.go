package usersync

import (
	"context"
	"slices"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// findHolder finds whom a username belongs to that the target says is taken.
// Look-ups may lag behind, so they are given some time.
func (c *creation) findHolder(ctx context.Context, taken error) (created, error) {
	for try := 0; ; try++ {
		m, err := c.lookUpOne(ctx, saas.Spellings()...)
		if err != nil {
			return created{}, err
		}
		if m.isOpen() && try == 0 {
			if m, err = c.findLike(ctx, m); err != nil {
				return created{}, err
			}
		}
		last := m == (match{}) && (try == briefTries || !c.known.isWorthWaiting())
		if last {
			c.known.noteWaitedInVain()
			if m, err = c.findAmongAll(ctx); err != nil {
				return created{}, err
			}
		}
		if got, ok := c.judgeHolder(m); ok {
			return got, nil
		}
		if last {
			return created{refusal: taken}, nil
		}
		if err := c.pauseFor(ctx, "Oomnitza: a person whose username is taken is not found yet", try); err != nil {
			return created{}, err
		}
	}
}

// judgeHolder decides by what a look-up says of a username that is taken; false
// when it says nothing.
func (c *creation) judgeHolder(m match) (created, bool) {
	switch {
	case m.id != "" && c.lost:
		c.known.noteCreated(c.key, m.id) // by us, and the answer was lost
		return created{id: m.id, isNew: true}, true
	case m.id != "":
		c.known.putText(c.key, m.id)
		return created{id: m.id}, true
	case m.err != nil:
		return created{refusal: m.err}, true
	case m.deleted != "":
		return created{refusal: personError("the username belongs to somebody who was deleted in Oomnitza (user id %s): restore them there, or free the name", m.deleted)}, true
	}
	return created{}, false
}

// findLike looks for somebody whose name the target takes for the one it
// refused: stored in another form, cut, or without its accents.
func (c *creation) findLike(ctx context.Context, m match) (match, error) {
	like, err := c.target.PeopleLike(ctx, []string{c.person.Username})
	if err != nil {
		if httpx.KindOf(err).Declined() {
			return m, nil
		}
		return m, err
	}
	slices.SortFunc(like, comparePrecedence)
	for _, who := range like {
		if !isTakenFor(who, c.person) {
			continue
		}
		switch {
		case who.Deleted:
			m.deleted = who.ID
		case m.id != "":
		case !c.known.noteEntry(who.ID, c.key):
			m.err = personError("Oomnitza stores this username as that of somebody else, %s", saas.MaskName(who.Username))
		default:
			m.id, m.err = who.ID, nil
			c.notes.Add(NoteNamesAltered)
		}
	}
	return m, nil
}
