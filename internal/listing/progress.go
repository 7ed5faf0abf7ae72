package listing

import (
	"maps"
	"slices"

	"defendersync/internal/contract"
)

// progress is how far a list is read and its rows are dealt with.
type progress struct{ contract.ListMark }

// newProgress is a list of which nothing is done.
func newProgress() progress { return progress{contract.ListMark{End: -1}} }

// recordPage notes a page whose rows are dealt with, with their hashes, and moves
// Written over all pages that are now contiguous.
func (p *progress) recordPage(skip, next int, rows []byte) {
	if p.Ahead == nil {
		p.Ahead = map[int]int{}
	}
	if p.Rows == nil {
		p.Rows = map[int][]byte{}
	}
	p.Ahead[skip], p.Rows[skip] = next, rows
	for n, ok := p.Ahead[p.Written]; ok; n, ok = p.Ahead[p.Written] {
		delete(p.Ahead, p.Written)
		if n <= p.Written {
			break
		}
		p.Written = n
	}
	p.dropRows()
}

// recordAgain notes a page that was read again, and of which the rows are dealt with,
// with their hashes.
func (p *progress) recordAgain(skip int, t Turn, rows []byte) {
	p.Again, p.AgainSum, p.Rows = t.Next, p.AgainSum+t.hash, map[int][]byte{skip: rows}
}

// findLast returns the skip of the last page before Written of which the rows are
// known; -1: there is none.
func (p *progress) findLast() int {
	last := -1
	for skip := range p.Rows {
		if skip < p.Written {
			last = max(last, skip)
		}
	}
	return last
}

// dropRows drops the rows of the pages before the last one. Rows that move up
// push others down in their order, so those of the last page come again
// whenever any do.
func (p *progress) dropRows() {
	last := p.findLast()
	maps.DeleteFunc(p.Rows, func(skip int, _ []byte) bool { return skip < last })
}

// knowsRows reports whether all rows are known that would come again if rows
// moved until the rest is read.
func (p *progress) knowsRows() bool {
	for skip := range p.Ahead {
		if _, ok := p.Rows[skip]; !ok {
			return false
		}
	}
	return p.Written == 0 || p.findLast() >= 0
}

// isComplete reports whether every page is dealt with.
func (p *progress) isComplete() bool { return p.End >= 0 && p.Written >= p.End }

// endAt notes where the list ends; of several ends the first one counts.
func (p *progress) endAt(end int) {
	if p.End < 0 || end < p.End {
		p.End = end
	}
}

// isBeyondEnd reports whether a page lies after the end.
func (p *progress) isBeyondEnd(skip int) bool { return p.End >= 0 && skip >= p.End }

// skipFinished moves a skip over pages that are dealt with already.
func (p *progress) skipFinished(skip int) int {
	for {
		n, ok := p.Ahead[skip]
		if !ok || n <= skip {
			return skip
		}
		skip = n
	}
}

// lostAt finds the page at a skip among those that could not be read.
func (p *progress) lostAt(skip int) (contract.LostPage, bool) {
	i := slices.IndexFunc(p.Lost, func(l contract.LostPage) bool { return l.Skip == skip })
	if i < 0 {
		return contract.LostPage{}, false
	}
	return p.Lost[i], true
}

// copyMark returns the mark as it is now; later progress does not change it.
func (p *progress) copyMark() contract.ListMark {
	m := p.ListMark
	m.Ahead, m.Lost, m.Rows = maps.Clone(m.Ahead), slices.Clone(m.Lost), maps.Clone(m.Rows)
	if p.isComplete() && p.Again == 0 {
		m.Rows = nil // no page is left on which they would come again
	}
	return m
}
