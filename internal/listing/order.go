package listing

import (
	"time"

	"defendersync/internal/saas"
)

// Order says how far a list keeps to the order that was asked for: by last
// activity, the latest first. The greater the value, the worse.
type Order uint8

const (
	InOrder Order = iota
	// SlightlyOff means that a few rows precede later ones, as they may where
	// a server sorts by times that it looked up earlier.
	SlightlyOff
	// Unordered means that the server does not sort by last activity.
	Unordered
)

// JudgeRows judges the rows of one page. A server takes a page from its list at
// one moment, so rows that move cannot disorder it. Rows without a time say
// nothing, and two rows of the same time are in order either way.
func JudgeRows(times []time.Time) Order {
	wrong, pairs := 0, 0
	var before time.Time
	for _, t := range times {
		if t.IsZero() {
			continue
		}
		if !before.IsZero() {
			pairs++
			if isLater(t, before) {
				wrong++
			}
		}
		before = t
	}
	switch {
	case wrong == 0:
		return InOrder
	case wrong*10 > pairs:
		return Unordered
	}
	return SlightlyOff
}

// Edge is the part of a page that shows where the page belongs in a list that
// descends: its first, middle and last known times. The times are zero where no
// row has one.
type Edge struct {
	First, Middle, Last time.Time
}

// FindEdge returns the edge of a page. The times are those of rows that were
// not met on another page: rows that come again were pushed down by others, and
// say nothing about the order.
func FindEdge(times []time.Time) (e Edge) {
	var known []time.Time
	for _, t := range times {
		if !t.IsZero() {
			known = append(known, t)
		}
	}
	if n := len(known); n > 0 {
		e = Edge{known[0], known[n/2], known[n-1]}
	}
	return e
}

// JudgePages judges two neighbouring pages. A page that begins with rows later
// than the middle of the page before it is sorted within itself alone.
func JudgePages(before, after Edge) Order {
	switch {
	case before.Last.IsZero() || after.First.IsZero() || !isLater(after.First, before.Last):
		return InOrder
	case isLater(after.First, before.Middle):
		return Unordered
	}
	return SlightlyOff
}

// isLater reports whether one time is certainly later than another. An exact
// midnight may stand for any time of its day.
func isLater(t, other time.Time) bool {
	if other.Equal(other.Truncate(saas.Day)) {
		return !t.Before(other.Add(saas.Day))
	}
	return t.After(other)
}
