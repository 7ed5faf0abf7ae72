package usersync

import (
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// NoteNotReadBack is the note of a session that could not find out whether the
// tenant keeps the last activity.
const NoteNotReadBack = "Oomnitza did not show the first assignments when they were read back, so it is not known whether it keeps the last activity that is sent with them"

const (
	// fewDenied is how many people a record must deny, by a 401 or 403, before
	// it is known to take nobody.
	fewDenied = 3
	// manyDenied is the same for people who are refused for other reasons.
	manyDenied = 12
)

// sendFirst sends the session's first assignment alone and reads it back, to see
// whether the target keeps the last activity that came with it. One that is
// refused is sent again without. It returns how many of the visits are dealt
// with: 0 where it is known already. Nobody else judges a visit meanwhile.
func (w *writer) sendFirst(news []visit) (sent int, refused []refusedVisit, err error) {
	if w.keeping.getKeeping() != contract.KeepingUnknown || w.ledger.isShut() {
		return 0, nil, nil
	}
	one := news[0]
	why, denied, err := w.sendOne(one, contract.KeepingUnknown)
	switch {
	case err != nil:
		return 0, nil, err
	case denied:
		w.ledger.noteDenial(why, fewDenied)
		one.remembered = false
		return 1, []refusedVisit{{one, why}}, nil
	case why == "":
		w.ledger.reopenRecord()
		state, err := w.readBack(one)
		if err == nil && w.keeping.learnKeeping(state) == contract.KeepingUnseen {
			w.notes.Add(NoteNotReadBack)
		}
		return 1, nil, err
	}
	again, _, err := w.sendOne(one, contract.KeepingRefused)
	switch {
	case err != nil:
		return 0, nil, err
	case again == "":
		w.ledger.reopenRecord()
		w.keeping.learnKeeping(contract.KeepingRefused)
		return 1, nil, nil
	}
	w.ledger.noteDenial(why, manyDenied)
	return 1, []refusedVisit{{one, why}}, nil
}

// sendOne assigns one person and says why they are refused, "" when they are
// not, and whether by a denial, which is not about what was sent. What is not
// answered is sent once more when the target is proven to work: an outage may
// have ended just then, and would be taken for what the target keeps.
func (w *writer) sendOne(v visit, keeping contract.Keeping) (why string, denied bool, err error) {
	b := &batch{writer: w}
	bad, err := w.assignConfirmed([]visit{v}, keeping)
	if httpx.KindOf(err).Retryable() {
		if !b.blamesVisits(err) {
			return "", false, err // not asked again: the outage may end between two questions
		}
		bad, err = w.assignConfirmed([]visit{v}, keeping)
	}
	if err != nil {
		if b.blamesVisits(err) {
			return shortenError(err), httpx.KindOf(err) == httpx.KindUnauthorized, nil
		}
		return "", false, err
	}
	if len(bad) > 0 {
		return bad[0].Message, false, nil
	}
	return "", false, nil
}

// readBack finds out what became of the last activity of a person who has just
// been assigned. A read may lag behind the write, so one that does not show what
// was sent is made again for a while.
func (w *writer) readBack(sent visit) (contract.Keeping, error) {
	before := w.ledger.getEntry(sent.id)
	for try := 0; ; try++ {
		seen, last, err := w.findAssigned(sent.id)
		switch {
		case err != nil:
			return contract.KeepingUnknown, err
		case seen && isFromWrite(last, before):
			return contract.KeepingKept, nil
		case try < briefTries:
			if err := w.pauseFor("Oomnitza: the session's first assignment is read back until it shows", try); err != nil {
				return contract.KeepingUnknown, err
			}
			continue
		case seen && last.IsZero():
			return contract.KeepingIgnored, nil
		}
		return contract.KeepingUnknown, nil
	}
}

// isFromWrite reports whether a last activity that was read can only come from
// what was just sent: one that was there before proves nothing.
func isFromWrite(read time.Time, before entry) bool {
	return !read.IsZero() && (before.unsure || read.Unix() != before.last)
}

// findAssigned reads whether a person is among the users of the record, and with what
// last activity.
func (w *writer) findAssigned(person string) (seen bool, last time.Time, err error) {
	witness := ""
	whole, err := w.target.ReadAssigned(w.ctx, w.record, func(a saas.Assigned) error {
		if witness = a.UserID; a.UserID == person {
			seen, last = true, a.LastActivity
		}
		return nil
	})
	switch {
	case seen || httpx.KindOf(err) == httpx.KindNotFound:
		return seen, last, nil
	case err != nil || whole:
		return false, last, err
	}
	found, err := w.target.Standings(w.ctx, w.record, witness, []string{person})
	s := found[person]
	return s.Exact && s.Assigned, s.Last, err
}

// pauseFor waits for something that may only be late, visibly.
func (w *writer) pauseFor(what string, try int) error {
	w.noteWait(what)
	return w.waitBriefly(w.ctx, try)
}
