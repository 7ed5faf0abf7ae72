package usersync

import (
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// claim is what a ledger makes of visits.
type claim struct {
	news    []visit // to be written; their entries are busy
	waiting []visit // another page is writing these people
	held    []visit // the target may have a later activity of these, and does not show it
	did     saas.UserCounts
	known   int // visits of which the target has all that they say
}

// claimVisits sorts visits by whether they are news. Those that are become busy, until
// release.
func (l *ledger) claimVisits(visits []visit, keeping contract.Keeping) (c claim) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range visits {
		e := l.findEntry(v.id)
		if e.busy {
			c.waiting = append(c.waiting, v)
			continue
		}
		if e.sent > v.lastActivity.Unix() {
			v.lastActivity = time.Unix(e.sent, 0).UTC()
		}
		met := e.met
		e.met = true
		news := !e.assigned || isNewer(e, v.lastActivity, keeping)
		switch {
		case !news && e.unsure:
			c.held = append(c.held, v)
		case !news:
			c.addKnown(&e, v, met, keeping)
		default:
			c.addNews(&e, v, met)
		}
		l.people[v.id] = e
	}
	return c
}

// addKnown counts a visit that says nothing new.
func (c *claim) addKnown(e *entry, v visit, met bool, keeping contract.Keeping) {
	c.known++
	if keeping.LosesActivity() {
		e.last = max(e.last, v.lastActivity.Unix())
	}
	switch {
	case met:
		c.did.Repeated++
	case e.owed == asAdded:
		c.did.Added++
	case e.owed == asUpdated:
		c.did.Updated++
	default:
		c.did.Unchanged++
	}
	c.did.Repeated += v.rows - 1
}

// addNews counts a visit that is to be written.
func (c *claim) addNews(e *entry, v visit, met bool) {
	switch {
	case !e.assigned:
		c.did.Added++
		v.counted = asAdded
	case met:
		c.did.Repeated++
		v.counted = asRepeated
	default:
		c.did.Updated++
		v.counted = asUpdated
	}
	c.did.Repeated += v.rows - 1
	v.before = e.last
	e.busy = true
	c.news = append(c.news, v)
}

// isNewer reports whether a last activity is news. A target that keeps none is
// told of a person once, or of one who may not be assigned.
func isNewer(e entry, last time.Time, keeping contract.Keeping) bool {
	if keeping.LosesActivity() {
		return e.unsure
	}
	var have time.Time
	if e.last != 0 {
		have = time.Unix(e.last, 0)
	}
	return saas.IsNews(have, last)
}
