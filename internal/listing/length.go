package listing

import (
	"defendersync/internal/contract"
)

// Length is what a peer says about the number of rows in a list. No number is
// certain: a page's total is approximate [DOC D6b], and the number in an app's
// row is counted at another time. Start with NewLength.
type Length struct {
	Total         int  // of the latest page that had a total; -1: none had
	Steady        bool // at least two pages had the same total, and none another
	Varied        bool // pages had different totals
	Counted       int  // in the app's row; -1: not counted
	CountedBefore int  // in the app's row of an earlier session; 0: not counted
}

// NewLength returns the length of a list before its first page. counted is the
// number in the app's row; -1: not counted.
func NewLength(counted int) Length { return Length{Total: -1, Counted: counted} }

// FindLength returns the length of a list of apps by what a reader keeps of it
// from page to page.
func FindLength(w contract.Walk) Length {
	l := NewLength(-1)
	if w.Total > 0 {
		l.Total, l.Steady, l.Varied = w.Total, w.SameTotal > 1 && !w.Varied, w.Varied
	}
	return l
}

// NoteTotal takes in the total of a page. A total below the number of rows on
// the page is ignored.
func (l *Length) NoteTotal(total, rows int) {
	if total < rows || total < 0 {
		return
	}
	l.Varied = l.Varied || l.Total >= 0 && l.Total != total
	l.Steady = !l.Varied && l.Total == total
	l.Total = total
}

// CountMissing returns how many rows are missing from a list that ended after
// the given number of rows; 0: it is whole as far as can be told. Where both
// numbers agree they are taken exactly. A number that stands alone, or two that
// differ, are taken with some slack.
func (l Length) CountMissing(rows int) int {
	total, counted := l.Total, l.Counted
	if total >= 0 && total < rows {
		total = -1 // less than was read: it is no total
	}
	switch {
	case counted >= 0 && counted <= rows, total == rows:
		return 0
	case total < 0 && counted < 0:
		return dropSlack(l.CountedBefore-rows, 1+l.CountedBefore/50)
	case total == counted, counted < 0 && l.Steady:
		return total - rows
	case total < 0:
		return dropSlack(counted-rows, 1+counted/50)
	case counted < 0:
		return dropSlack(total-rows, 3+total/50)
	case l.Steady:
		return min(total, counted) - rows
	}
	return dropSlack(min(total, counted)-rows, 3+total/50)
}

// countSure returns how many rows the list surely has. The total of a page is
// only approximate [DOC D6b]: where it agrees with the number in the app's row it
// is taken as it is, elsewhere a fifth is taken off.
func (l Length) countSure() int {
	counted := l.Counted
	if counted < 0 && l.CountedBefore > 0 {
		counted = l.CountedBefore
	}
	switch {
	case l.Total == counted:
		return l.Total
	case counted < 0:
		return l.Total * 4 / 5
	}
	return min(l.Total, counted) * 4 / 5
}

// dropSlack returns n, or 0 where n lies within the slack.
func dropSlack(n, slack int) int {
	if n <= slack {
		return 0
	}
	return n
}

// IsContradictory reports whether the numbers cannot all be true of a list of
// so many rows that otherwise seems whole.
func (l Length) IsContradictory(rows int) bool {
	switch {
	case l.Counted >= 0 && l.Counted <= rows:
		return l.Total > rows+5+rows/4
	case l.Counted > rows:
		return l.Total != rows || l.Counted > rows+5+rows/4
	}
	return l.Total > rows && !l.Varied
}

// FindGreatest returns the greatest of the numbers; -1 where there is none.
func (l Length) FindGreatest() int {
	if l.Total < 0 && l.Counted < 0 && l.CountedBefore > 0 {
		return l.CountedBefore
	}
	return max(l.Total, l.Counted)
}

// MaxRows returns how many rows are read of a list before it is taken to have
// no end.
func (l Length) MaxRows() int {
	if l.FindGreatest() < 0 {
		return 1_000_000
	}
	return 10*l.FindGreatest() + 10_000
}
