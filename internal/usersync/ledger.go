package usersync

import (
	"context"
	"math"
	"sync"
	"time"

	"defendersync/internal/saas"
	"defendersync/internal/turn"
)

// ledger is who is assigned to one app in Oomnitza, with what last activity.
// It decides which rows are news, and makes sure that an older activity never
// lands on a newer: no person of the app is written twice at a time, none
// whose present state is unknown, and none with less than was sent before.
type ledger struct {
	loading turn.Lock // held by whoever reads who is assigned
	mu      sync.Mutex
	free    *sync.Cond // an entry is no longer busy
	loaded  bool
	cut     bool             // the list could not be read whole: who has no entry may be assigned
	closed  string           // why the record takes nobody; "" while it may
	denied  int              // people refused one by one, one after another
	people  map[string]entry // by Oomnitza user id
}

type entry struct {
	last     int64 // last activity, Unix seconds; 0 when none is kept
	sent     int64 // the latest that was sent and may have come through
	met      bool  // by an earlier row of this run
	assigned bool
	unsure   bool // last is only a bound: the activity is no later
	busy     bool // being written
	owed     owed // how it is to be counted, written by a page that may yet fail
}

// owed is how an entry is to be counted should its page fail and come again.
type owed uint8

const (
	owedNothing owed = iota
	owedAdded
	owedUpdated
)

// unbounded stands for a last activity of which nothing is known.
const unbounded = math.MaxInt32 * int64(100)

// newLedger makes a ledger; a fresh one is of an app to which nobody is
// assigned yet.
func newLedger(fresh bool) *ledger {
	l := &ledger{loaded: fresh, people: map[string]entry{}}
	l.free = sync.NewCond(&l.mu)
	return l
}

// load reads who is assigned, once.
//
// A list may lag behind, so what this session has written itself is known
// better: written tells it.
func (l *ledger) load(ctx context.Context, target Target, saasID string, written func(saasID string) map[string]int64) error {
	l.loading.Lock()
	defer l.loading.Unlock()
	if l.isLoaded() {
		return nil
	}
	wrote := written(saasID)
	whole, err := target.ReadAssigned(ctx, saasID, func(a saas.Assigned) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		e := l.people[a.UserID]
		e.assigned = true
		if !a.LastVisit.IsZero() {
			e.last = max(e.last, a.LastVisit.Unix())
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
	l.cut = !whole
	for id, last := range wrote {
		e := l.people[id]
		e.assigned, e.last = true, max(e.last, last)
		l.people[id] = e
	}
	l.loaded = true
	return nil
}

func (l *ledger) isLoaded() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.loaded
}

// survey finds out about those of a page whom a list that is cut off does not
// show, before they are judged.
func (l *ledger) survey(ctx context.Context, target Target, saasID string, visits []visit) error {
	ask, witness := l.unknown(visits)
	if len(ask) == 0 {
		return nil
	}
	found, err := target.Standings(ctx, saasID, witness, ask)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ask {
		if _, known := l.people[id]; known {
			continue
		}
		e := entry{assigned: true, unsure: true, last: unbounded}
		switch s := found[id]; {
		case s.Exact:
			e = entry{assigned: s.Assigned}
			if !s.Last.IsZero() {
				e.last = s.Last.Unix()
			}
		case s.Bounded:
			e.last = max(s.Last.Unix(), 0)
		}
		l.people[id] = e
	}
	return nil
}

// unknown are the people of whom it is not known whether they are assigned,
// and somebody who is.
func (l *ledger) unknown(visits []visit) (ids []string, witness string) {
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
		if e.assigned && !e.unsure && (witness == "" || id < witness) {
			witness = id
		}
	}
	return ids, witness
}

// whole reports whether everybody who is assigned is known.
func (l *ledger) whole() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.cut
}

// release ends the writing of claimed visits, as done or as not done. What was
// not done may have come through all the same.
func (l *ledger) release(visits []visit, done bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range visits {
		e := l.people[v.id]
		e.busy = false
		if done {
			if e.unsure {
				e.last = 0 // it was only a bound
			}
			if !e.assigned {
				e.owed = owedAdded
			} else if e.owed == owedNothing {
				e.owed = owedUpdated
			}
			e.assigned, e.unsure, e.last = true, false, max(e.last, v.last.Unix())
		} else {
			e.sent = max(e.sent, v.last.Unix())
		}
		l.people[v.id] = e
	}
	l.free.Broadcast()
}

// unmeet forgets that visits were met: their page failed and comes again.
func (l *ledger) unmeet(visits []visit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range visits {
		if e, ok := l.people[v.id]; ok {
			e.met = false
			l.people[v.id] = e
		}
	}
}

// settle releases claimed visits as written, but for those that were refused
// and, when the writing ended early, those after the first n.
func (l *ledger) settle(visits []visit, refused []refusal, n int) {
	no := make(map[string]bool, len(refused))
	for _, f := range refused {
		no[f.visit.id] = true
	}
	var done, not []visit
	for i, v := range visits {
		if no[v.id] || i >= n {
			not = append(not, v)
		} else {
			done = append(done, v)
		}
	}
	l.release(done, true)
	l.release(not, false)
}

// counted notes that the page of these visits was written and counted.
func (l *ledger) counted(visits []visit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range visits {
		if e, ok := l.people[v.id]; ok {
			e.owed = owedNothing
			l.people[v.id] = e
		}
	}
}

// known is what the ledger has of a person.
func (l *ledger) known(id string) entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.people[id]
}

// has reports whether a person is assigned.
func (l *ledger) has(id string) bool { return l.known(id).assigned }

// shut notes that the record takes nobody, and why.
func (l *ledger) shut(why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = why
}

// deny notes that somebody was refused alone, and shuts the record when that
// happened to enough of them in a row.
func (l *ledger) deny(why string, enough int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.denied++; l.denied >= enough {
		l.closed = why
	}
}

// admit notes that the record takes people.
func (l *ledger) admit() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.denied, l.closed = 0, ""
}

// isShut reports whether the record is known to take nobody.
func (l *ledger) isShut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed != ""
}

// await blocks until none of the visits is being written by another page.
func (l *ledger) await(visits []visit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range visits {
		for l.people[v.id].busy {
			l.free.Wait()
		}
	}
}

// active counts the people whose last activity is within the threshold.
func (l *ledger) active(now time.Time, threshold time.Duration) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, e := range l.people {
		if e.assigned && !e.unsure && e.last != 0 && saas.IsActive(time.Unix(e.last, 0), now, threshold) {
			n++
		}
	}
	return n
}
