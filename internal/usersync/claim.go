package usersync

import (
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// visit is one person of a page, with the greatest last activity among the
// spellings on it.
type visit struct {
	key        string // folded username
	id         string // in Oomnitza
	last       time.Time
	rows       int  // rows of the page that mean this person
	remembered bool // the id is of an earlier page, so it may be out of date
}

// claim is what a ledger makes of visits.
type claim struct {
	news    []visit // to be written; their entries are busy
	waiting []visit // another page is writing these people
	held    []visit // Oomnitza may have a later activity of these, and does not show it
	did     saas.UserCounts
	known   int // Oomnitza has all that these visits say
}

// claim sorts visits. Those that are news become busy.
func (l *ledger) claim(visits []visit, keeping contract.Keeping) (c claim) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range visits {
		e := l.people[v.id]
		if e.busy {
			c.waiting = append(c.waiting, v)
			continue
		}
		if e.sent > v.last.Unix() {
			v.last = time.Unix(e.sent, 0).UTC()
		}
		met := e.met
		e.met = true
		isNews := !e.assigned || newer(e, v.last, keeping)
		switch {
		case !isNews && e.unsure:
			c.held = append(c.held, v)
		case !isNews:
			c.keep(&e, v, met, keeping)
		default:
			c.write(&e, v, met)
		}
		l.people[v.id] = e
	}
	return c
}

// keep counts a visit that says nothing new.
func (c *claim) keep(e *entry, v visit, met bool, keeping contract.Keeping) {
	c.known++
	if keeping.LosesActivity() {
		e.last = max(e.last, v.last.Unix())
	}
	switch {
	case met:
		c.did.Repeated++
	case e.owed == owedAdded:
		c.did.Added++
	case e.owed == owedUpdated:
		c.did.Updated++
	default:
		c.did.Unchanged++
	}
	c.did.Repeated += v.rows - 1
}

// write counts a visit that is to be written.
func (c *claim) write(e *entry, v visit, met bool) {
	switch {
	case !e.assigned:
		c.did.Added++
	case met:
		c.did.Repeated++
	default:
		c.did.Updated++
	}
	c.did.Repeated += v.rows - 1
	e.busy = true
	c.news = append(c.news, v)
}

// newer reports whether a last activity is news. A tenant that keeps none is
// told of a person once, or of one who may not be assigned.
func newer(e entry, last time.Time, keeping contract.Keeping) bool {
	if keeping.LosesActivity() {
		return e.unsure
	}
	var have time.Time
	if e.last != 0 {
		have = time.Unix(e.last, 0)
	}
	return saas.IsNews(have, last)
}
