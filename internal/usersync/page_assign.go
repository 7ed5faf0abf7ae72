package usersync

import (
	"errors"
	"slices"

	"defendersync/internal/contract"
)

// NoteListCutOff is the note of a tenant that does not show all users of an
// app.
const NoteListCutOff = "Oomnitza's list of the users of some apps is cut off, or may be: who it does not show was looked up one by one, and Total Active Users of these apps was left as it is"

// assignVisits writes the visits that are news. Those whose person another page of
// the list is writing at this moment wait for it, and are then judged anew.
func (w *writer) assignVisits(visits []visit) error {
	if err := w.ledger.surveyVisits(w.ctx, w.target, w.record, visits); err != nil {
		return err
	}
	for len(visits) > 0 {
		batch, rest, judged := w.pickJudgeable(visits)
		c := w.ledger.claimVisits(batch, w.keeping.getKeeping())
		refused, err := w.sendNews(c.news)
		judged()
		if err != nil {
			return err
		}
		w.noteChanges(c.news)
		w.countClaim(c)
		w.rejectHeld(c.held)
		again, err := w.renewRefused(refused)
		if err != nil {
			return err
		}
		w.ledger.awaitVisits(c.waiting)
		visits = slices.Concat(again, c.waiting, rest)
	}
	return nil
}

// pickJudgeable returns the visits that can be judged at this moment. Until it
// is known whether last activity is kept that is one, and no other page judges
// any: a tenant that keeps none has nobody who needs to be written again. A
// record that takes nobody teaches nothing.
func (w *writer) pickJudgeable(visits []visit) (batch, rest []visit, judged func()) {
	k := w.keeping
	if k.getKeeping() != contract.KeepingUnknown || w.ledger.isShut() {
		return visits, nil, func() {}
	}
	k.judging.Lock()
	if k.getKeeping() != contract.KeepingUnknown {
		k.judging.Unlock()
		return visits, nil, func() {}
	}
	return visits[:1], visits[1:], k.judging.Unlock
}

// countClaim counts what became of claimed visits.
func (w *writer) countClaim(c claim) {
	w.out.known += c.known
	w.out.users.Added += c.did.Added
	w.out.users.Updated += c.did.Updated
	w.out.users.Unchanged += c.did.Unchanged
	w.out.users.Repeated += c.did.Repeated
}

// uncountVisit takes a refused visit out of what was done.
func (w *writer) uncountVisit(v visit) {
	switch v.counted {
	case asAdded:
		w.out.users.Added--
	case asUpdated:
		w.out.users.Updated--
	case asRepeated:
		w.out.users.Repeated--
	}
}

// renewRefused looks up anew the people whose ids were remembered and who were
// refused: somebody may have been deleted and created anew meanwhile. Those who
// have another id now are to be written again; all others are rejected.
func (w *writer) renewRefused(refused []refusedVisit) (again []visit, err error) {
	anew, err := w.lookUpAnew(refused)
	if err != nil {
		return nil, err
	}
	for _, f := range refused {
		w.uncountVisit(f.visit)
		if id := anew[f.key]; id != "" && id != f.id {
			w.out.users.Repeated -= f.rows - 1
			f.id, f.remembered = id, false
			again = append(again, f.visit)
			continue
		}
		w.out.users.Rejected++
		w.out.stale = append(w.out.stale, f.key) // looked up anew next time
		w.rejectRow("assignment refused by Oomnitza", f.key, f.why)
	}
	return again, w.ledger.surveyVisits(w.ctx, w.target, w.record, again)
}

// lookUpAnew looks up the refused people whose ids were remembered. The ids are
// by key.
func (w *writer) lookUpAnew(refused []refusedVisit) (map[string]string, error) {
	var stale []visit
	for _, f := range refused {
		if f.remembered {
			w.people.forgetKey(f.key)
			stale = append(stale, visit{person: f.person, key: f.key})
		}
	}
	if len(stale) == 0 {
		return nil, nil
	}
	if err := w.newResolver().resolveVisits(w.ctx, stale); err != nil {
		return nil, err
	}
	ids := make(map[string]string, len(stale))
	for _, v := range stale {
		ids[v.key] = v.id
	}
	return ids, nil
}

// errHeld is why a visit is held.
var errHeld = errors.New("Oomnitza's list of the app's users is cut off before this person, who may have a later last activity there")

// rejectHeld counts the people whose last activity in Oomnitza is not known and
// may be later than what Defender shows.
func (w *writer) rejectHeld(held []visit) {
	for _, v := range held {
		w.out.users.Rejected += v.rows
		w.rejectRow("last activity in Oomnitza not known", v.key, errHeld.Error())
	}
}
