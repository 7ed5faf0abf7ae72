package usersync

import (
	"cmp"
	"context"
	"math"
	"sync"
	"time"

	"defendersync/internal/saas"
	"defendersync/internal/turn"
)

// ledger is who is assigned to one record in the target, with what last
// activity. It decides which visits are news, and makes sure that an older
// activity never lands on a newer: no person of the record is written twice at a
// time, none whose present state is unknown, and none with less than was sent
// before.
type ledger struct {
	loading turn.Lock // held by whoever reads who is assigned
	mu      sync.Mutex
	free    *sync.Cond // an entry is no longer busy
	loaded  bool
	cut     bool             // the list could not be read whole: who has no entry may be assigned
	closed  string           // why the record takes nobody; "" while it may
	denied  int              // people refused one by one, one after another
	people  map[string]entry // by id
	floors  map[string]int64 // what an earlier ledger sent without an answer, by id: nobody is sent less
	past    *past            // who else is assigned, as an earlier stream has left it; nil: nobody
	lists   int              // lists that are not ended; this and what follows is the loop's alone
	spoilt  bool             // one of them was rejected
}

// entry is one person's assignment.
type entry struct {
	last     int64 // last activity, Unix seconds; 0 when none is kept
	sent     int64 // the latest that was sent and may have come through
	shown    int64 // the latest that a row of this session showed, once its page was written
	met      bool  // by an earlier row of this run
	assigned bool
	unsure   bool    // last is only a bound: the activity is no later
	busy     bool    // being written
	owed     counted // as what it counts should its page fail and come again: it was written by then
}

// unbounded stands for a last activity of which nothing is known.
const unbounded = math.MaxInt32 * int64(100)

// newLedger makes a ledger; a fresh one is of a record to which nobody is
// assigned yet. p is what an earlier stream has left of the record, if any.
func newLedger(fresh bool, p *past) *ledger {
	l := &ledger{loaded: fresh, people: map[string]entry{}, past: p}
	if p != nil && p.loaded {
		l.loaded = true
	}
	l.free = sync.NewCond(&l.mu)
	return l
}

// loadAssigned reads who is assigned, once. A list may lag behind, so what this session
// has sent itself is known better: listSent returns it,
// and waits where the list could lag behind others.
func (l *ledger) loadAssigned(ctx context.Context, target Target, record string, listSent func() (map[string]recent, error)) error {
	l.loading.Lock()
	defer l.loading.Unlock()
	if l.isLoaded() {
		return nil
	}
	sent, err := listSent()
	if err != nil {
		return err
	}
	whole, err := target.ReadAssigned(ctx, record, func(a saas.Assigned) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		e := l.people[a.UserID]
		e.assigned = true
		if !a.LastActivity.IsZero() {
			e.last = max(e.last, a.LastActivity.Unix())
		}
		l.people[a.UserID] = e
		return nil
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		clear(l.people)
		return err
	}
	for id, s := range sent {
		l.takeSent(id, s)
	}
	l.loaded, l.cut = true, !whole
	return nil
}

// takeSent takes in what the session has sent of a person before. Of what only may have
// come through it does not follow that the person is known.
func (l *ledger) takeSent(id string, s recent) {
	if s.made {
		e := l.people[id]
		e.assigned, e.last = true, max(e.last, s.last)
		l.people[id] = e
	}
	if !s.made || s.sent > s.last {
		if l.floors == nil {
			l.floors = map[string]int64{}
		}
		l.floors[id] = s.sent
	}
}

func (l *ledger) isLoaded() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.loaded
}

// isWhole reports whether everybody who is assigned is known.
func (l *ledger) isWhole() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.cut
}

// surveyVisits finds out about those of a page whom a list that is cut off does not
// show, before they are judged.
func (l *ledger) surveyVisits(ctx context.Context, target Target, record string, visits []visit) error {
	ask, witness := l.listUnknown(visits)
	if len(ask) == 0 {
		return nil
	}
	found, err := target.Standings(ctx, record, witness, ask)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ask {
		if _, known := l.people[id]; !known {
			l.people[id] = entryOf(found[id])
		}
	}
	return nil
}

// entryOf makes an entry of what could be found out about a person.
func entryOf(s saas.Standing) entry {
	switch {
	case s.Exact && s.Last.IsZero():
		return entry{assigned: s.Assigned}
	case s.Exact:
		return entry{assigned: s.Assigned, last: s.Last.Unix()}
	case s.Bounded:
		return entry{assigned: true, unsure: true, last: max(s.Last.Unix(), 0)}
	}
	return entry{assigned: true, unsure: true, last: unbounded}
}

// listUnknown lists the people of whom it is not known whether they are
// assigned, and names somebody who is.
func (l *ledger) listUnknown(visits []visit) (ids []string, witness string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.cut {
		return nil, ""
	}
	for _, v := range visits {
		if _, known := l.people[v.id]; !known {
			ids = append(ids, v.id)
		}
	}
	for id, e := range l.people {
		if e.assigned && !e.unsure {
			witness = min(id, cmp.Or(witness, id)) // always the same one, so that the same is asked
		}
	}
	return ids, witness
}

// releaseVisits ends the writing of claimed visits. Written are the first sent of them
// but for those that were refused. What was not written may have come through
// all the same.
func (l *ledger) releaseVisits(visits []visit, refused []refusedVisit, sent int) {
	no := idsOf(refused)
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, v := range visits {
		e := l.findEntry(v.id)
		e.busy = false
		if i < sent && !no[v.id] {
			e.noteWritten(v.lastActivity.Unix())
		} else {
			e.sent = max(e.sent, v.lastActivity.Unix())
		}
		l.people[v.id] = e
	}
	l.free.Broadcast()
}

// noteWritten takes in that a last activity was written.
func (e *entry) noteWritten(last int64) {
	if e.unsure {
		e.last = 0 // it was only a bound
	}
	if !e.assigned {
		e.owed = asAdded
	} else if e.owed == notCounted {
		e.owed = asUpdated
	}
	e.assigned, e.unsure, e.last = true, false, max(e.last, last)
}

// forgetMet forgets that visits were met: their page failed and comes again.
func (l *ledger) forgetMet(visits []visit) {
	l.changeEntries(visits, func(_ visit, e *entry) { e.met = false })
}

// noteCounted notes that the page of these visits was written and counted.
func (l *ledger) noteCounted(visits []visit) {
	l.changeEntries(visits, func(v visit, e *entry) {
		e.owed = notCounted
		if last := v.lastActivity.Unix(); e.assigned && !e.unsure && e.last >= last {
			e.shown = max(e.shown, last)
		}
	})
}

// changeEntries changes the entries of visits that have one.
func (l *ledger) changeEntries(visits []visit, how func(visit, *entry)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range visits {
		if e, ok := l.people[v.id]; ok {
			how(v, &e)
			l.people[v.id] = e
		}
	}
}

// awaitVisits blocks until none of the visits is being written by another page.
func (l *ledger) awaitVisits(visits []visit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range visits {
		for l.people[v.id].busy {
			l.free.Wait()
		}
	}
}

// getEntry returns what the ledger has of a person.
func (l *ledger) getEntry(id string) entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.findEntry(id)
}

// findEntry is getEntry for who holds the lock.
func (l *ledger) findEntry(id string) entry {
	e, ok := l.people[id]
	if !ok {
		if u, left := l.past.findUser(id); left {
			e = entry{assigned: true, last: int64(u.last), shown: int64(u.shown)}
		}
	}
	e.sent = max(e.sent, l.floors[id])
	return e
}

// countBeyond counts the rows, of those that were taken, that no earlier stream of
// the session is known to have shown with the same or a later last activity.
func (l *ledger) countBeyond(visits []visit) (rows int) {
	for _, v := range visits {
		if !l.past.hasShown(v.id, v.lastActivity) && l.getEntry(v.id).assigned {
			rows += v.rows
		}
	}
	return rows
}

// countActive counts the people whose last activity is within the threshold.
func (l *ledger) countActive(now time.Time, threshold time.Duration) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	if l.past != nil {
		for _, u := range l.past.users {
			if u.isActive(now, threshold) {
				n++
			}
		}
	}
	for id, e := range l.people {
		if u, ok := l.past.findUser(id); ok && u.isActive(now, threshold) {
			n-- // the entry tells
		}
		if e.assigned && !e.unsure && e.last != 0 && saas.IsActive(time.Unix(e.last, 0), now, threshold) {
			n++
		}
	}
	return n
}
