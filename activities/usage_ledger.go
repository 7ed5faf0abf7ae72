package activities

import (
	"context"
	"sync"
	"time"

	"defendersync/internal/oomnitza"
	"defendersync/internal/saas"
)

// ledger is who is assigned to one app in Oomnitza, with what last activity.
// It decides which rows are news, and makes sure that no person of the app is
// written twice at a time, so that an older activity never lands on a newer.
type ledger struct {
	mu     sync.Mutex
	free   *sync.Cond // an entry is no longer busy
	loaded bool
	people map[string]entry // by Oomnitza user id
}

type entry struct {
	last     int64 // last activity, Unix seconds; 0 when none is kept
	met      bool  // by an earlier row of this run
	assigned bool
	busy     bool // being written
}

// newLedger makes a ledger; a fresh one is of an app to which nobody is
// assigned yet.
func newLedger(fresh bool) *ledger {
	l := &ledger{loaded: fresh, people: map[string]entry{}}
	l.free = sync.NewCond(&l.mu)
	return l
}

// load reads who is assigned, once.
func (l *ledger) load(ctx context.Context, client *oomnitza.Client, saasID string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.loaded {
		return nil
	}
	err := client.Assigned(ctx, saasID, func(a oomnitza.Assigned) error {
		e := entry{assigned: true}
		if !a.LastVisit.IsZero() {
			e.last = a.LastVisit.Unix()
		}
		l.people[a.UserID] = e
		return nil
	})
	if err != nil {
		clear(l.people)
		return err
	}
	l.loaded = true
	return nil
}

// visit is one person of a page, with the greatest last activity among the
// spellings on it.
type visit struct {
	key  string // folded username
	id   string // in Oomnitza
	last time.Time
	rows int // rows of the page that mean this person
}

// claim sorts visits into news, whose entries become busy, and the rest: those
// that Oomnitza has already, and those whose person another page is writing.
func (l *ledger) claim(visits []visit, keeping Keeping) (news, waiting []visit, did saas.UserCounts, known int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range visits {
		e := l.people[v.id]
		if e.busy {
			waiting = append(waiting, v)
			continue
		}
		met := e.met
		e.met = true
		if e.assigned && !newer(e, v.last, keeping) {
			known++
			if keeping.Lost() {
				e.last = max(e.last, v.last.Unix())
			}
			if met {
				did.Repeated += v.rows
			} else {
				did.Unchanged++
				did.Repeated += v.rows - 1
			}
			l.people[v.id] = e
			continue
		}
		switch {
		case !e.assigned:
			did.Added++
		case met:
			did.Repeated++
		default:
			did.Updated++
		}
		did.Repeated += v.rows - 1
		e.busy = true
		l.people[v.id] = e
		news = append(news, v)
	}
	return news, waiting, did, known
}

// newer reports whether a last activity is news. A tenant that keeps none is
// told of a person once.
func newer(e entry, last time.Time, keeping Keeping) bool {
	if keeping.Lost() {
		return false
	}
	var have time.Time
	if e.last != 0 {
		have = time.Unix(e.last, 0)
	}
	return saas.Newer(have, last)
}

// release ends the writing of claimed visits, as done or as not done.
func (l *ledger) release(visits []visit, done bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range visits {
		e := l.people[v.id]
		e.busy = false
		if done {
			e.assigned, e.last = true, max(e.last, v.last.Unix())
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

// settle releases claimed visits as written, but for those that were refused.
func (l *ledger) settle(visits []visit, refused map[string]bool) {
	var done, not []visit
	for _, v := range visits {
		if refused[v.id] {
			not = append(not, v)
		} else {
			done = append(done, v)
		}
	}
	l.release(done, true)
	l.release(not, false)
}

// has reports whether a person is assigned.
func (l *ledger) has(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.people[id].assigned
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
		if e.assigned && e.last != 0 && saas.Active(time.Unix(e.last, 0), now, threshold) {
			n++
		}
	}
	return n
}

// keeper finds out, once for a session, whether Oomnitza keeps last activity.
type keeper struct {
	judging sync.Mutex // held by whoever judges a visit while nothing is known
	mu      sync.Mutex
	state   Keeping
}

func newKeeper(states ...Keeping) *keeper {
	k := &keeper{}
	for _, s := range states {
		if s != KeepingUnknown {
			k.state = s
		}
	}
	return k
}

func (k *keeper) value() Keeping {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state
}
