package saas

import "time"

// DefaultActiveThreshold is how long after the last activity a user counts as
// active where the policy doesn't say.
const DefaultActiveThreshold = 60 * 24 * time.Hour

// IsNews reports whether a last activity of got is news to a tenant that has
// have (zero: none). Times are compared by the second, which is what Oomnitza
// keeps: without that, a fraction would be news in every session.
func IsNews(have, got time.Time) bool {
	if got.IsZero() {
		return false
	}
	return have.IsZero() || got.Unix() > have.Unix()
}

// IsActive reports whether a user last seen at last counts as active at now.
func IsActive(last, now time.Time, threshold time.Duration) bool {
	return !last.IsZero() && now.Sub(last) <= threshold
}

// Threshold is how long after the last activity a user of the named app counts
// as active: the app's own where it has one, else the integration's.
func (p Policy) Threshold(appName string) time.Duration {
	if own, ok := p.AppThresholds[appName]; ok {
		return own
	}
	best, found := time.Duration(0), false
	key := Fold(appName)
	for name, own := range p.AppThresholds {
		// The shortest, should the name be there in several spellings: a map
		// has no order to go by.
		if Fold(name) == key && (!found || own < best) {
			best, found = own, true
		}
	}
	switch {
	case found:
		return best
	case p.ActiveThreshold > 0:
		return p.ActiveThreshold
	}
	return DefaultActiveThreshold
}

// Visit is one person's use of one app.
type Visit struct {
	Person Person
	Last   time.Time
}

// MergeVisit adds a visit to those known of an app, keyed by the folded username:
// of one person's visits under several spellings and in several streams the
// latest counts. An email address that only one spelling knows is kept.
func MergeVisit(into map[string]Visit, person Person, last time.Time) {
	key := Fold(person.Username)
	known, ok := into[key]
	if !ok {
		into[key] = Visit{person, last}
		return
	}
	if known.Person.Email == "" {
		known.Person.Email = person.Email
	}
	if last.After(known.Last) {
		known.Last = last
	}
	into[key] = known
}
