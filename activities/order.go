package activities

import (
	"time"

	"defendersync/internal/saas"
)

// order says how a list of rows stands to the order that was asked for, the
// latest first.
type order uint8

const (
	inOrder order = iota
	// slightlyOff: a few rows stand before later ones, as they may where a
	// server sorts by times that it has looked up before.
	slightlyOff
	// unordered: the server does not sort by last activity.
	unordered
)

// orderOf judges the rows of one page, which a server takes from its list at
// one moment, so that rows that move can't disorder it. Rows without a time
// tell nothing, and two of the same time are in order either way.
func orderOf(times []time.Time) order {
	wrong, pairs := 0, 0
	var before time.Time
	for _, t := range times {
		if t.IsZero() {
			continue
		}
		if !before.IsZero() {
			pairs++
			if laterThan(t, before) {
				wrong++
			}
		}
		before = t
	}
	switch {
	case wrong == 0:
		return inOrder
	case wrong*10 > pairs:
		return unordered
	}
	return slightlyOff
}

// timesOf are the times of a page's rows.
func timesOf(users []saas.Usage) []time.Time {
	times := make([]time.Time, len(users))
	for i, u := range users {
		times[i] = u.LastSeen
	}
	return times
}

// orderAcross judges two neighbouring pages by the middle and the last time of
// the one and the first time of the other among rows that were not met before:
// rows that come again have been pushed down by others, and tell nothing. A
// page that begins with later rows than the middle of the one before it is
// sorted by itself alone.
func orderAcross(middle, last, first time.Time) order {
	switch {
	case last.IsZero() || first.IsZero() || !laterThan(first, last):
		return inOrder
	case laterThan(first, middle):
		return unordered
	}
	return slightlyOff
}

// laterThan reports whether a time is later than another beyond doubt: an
// exact midnight may stand for any time of its day.
func laterThan(t, other time.Time) bool {
	if other.Equal(other.Truncate(saas.Day)) {
		return !t.Before(other.Add(saas.Day))
	}
	return t.After(other)
}

// edge is what a page's rows tell of its place in a list that descends.
type edge struct {
	first, middle, last time.Time
}

// edgeOf takes the times of a page's rows that were not met before.
func edgeOf(times []time.Time) (e edge) {
	var known []time.Time
	for _, t := range times {
		if !t.IsZero() {
			known = append(known, t)
		}
	}
	if n := len(known); n > 0 {
		e = edge{known[0], known[n/2], known[n-1]}
	}
	return e
}
