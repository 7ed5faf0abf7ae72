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

// recordPage notes a page whose rows are dealt with, and moves Low over all pages
// that are now contiguous.
func (p *progress) recordPage(skip, next int) {
	if p.Ahead == nil {
		p.Ahead = map[int]int{}
	}
	p.Ahead[skip] = next
	for {
		n, ok := p.Ahead[p.Written]
		if !ok {
			return
		}
		delete(p.Ahead, p.Written)
		if n <= p.Written {
			return
		}
		p.Written = n
	}
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
	m.Ahead, m.Lost = maps.Clone(m.Ahead), slices.Clone(m.Lost)
	return m
}
