package usersync

import (
	"time"

	"defendersync/internal/saas"
)

// visit is one person of a page, with the greatest last activity among the
// spellings on it.
type visit struct {
	person       *saas.Person // by the rules
	key          string       // see personKey
	id           string       // in the target; "" when the person could not be had
	refusal      error        // why not; this person's fault alone
	remembered   bool         // the id is of an earlier page, so it may be out of date
	created      bool         // the person was created for this page
	lastActivity time.Time
	rows         int     // rows of the page that mean this person
	counted      counted // as what, once it is claimed to be written
	before       int64   // last activity that the target has, Unix seconds, once it is claimed; 0: none
}

// counted is as what a visit that is to be written was counted.
type counted uint8

const (
	notCounted counted = iota
	asAdded
	asUpdated
	asRepeated
)

// mergeVisit takes in another visit of the same person.
func (v *visit) mergeVisit(other visit) {
	v.rows += other.rows
	if other.lastActivity.After(v.lastActivity) {
		v.lastActivity = other.lastActivity
	}
}

// refusedVisit is a visit that the target did not take.
type refusedVisit struct {
	visit
	why string
}

// idsOf returns the ids of refused visits.
func idsOf(refused []refusedVisit) map[string]bool {
	ids := make(map[string]bool, len(refused))
	for _, f := range refused {
		ids[f.id] = true
	}
	return ids
}
