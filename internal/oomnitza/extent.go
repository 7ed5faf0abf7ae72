package oomnitza

import (
	"hash/maphash"
	"slices"
)

// extent is how much of a list has been read. Persons are told apart by hashes
// of their ids, which are eight bytes each.
type extent struct {
	total   int      // rows of the whole list, as the latest answer tells; -1: it does not
	rows    int      // of the latest page
	fresh   int      // of them, persons whom no earlier page had
	again   int      // of them, persons whom an earlier page had
	read    int      // rows of this pass
	overlap int      // of them, persons whom an earlier page had
	extra   int      // rows of the first pass that name nobody, or somebody of the same page once more
	later   bool     // the list is read once more
	repeats bool     // the latest page has most of the persons of the page before
	known   []uint64 // persons of earlier pages, in order; never changed, since before may be the same
	page    []uint64 // persons of the latest page whom no earlier page had
	met     []uint64 // its other persons
	before  []uint64 // all persons of the page before, in order; none at the beginning of a pass
}

// idSeed makes the hashes of ids, which never leave the process.
var idSeed = maphash.MakeSeed()

// beginPage begins a page, or begins it again.
func (e *extent) beginPage(total int) {
	e.total, e.rows, e.fresh, e.again, e.page, e.met = total, 0, 0, 0, e.page[:0], e.met[:0]
}

// notePerson takes in a row, and reports whether an earlier page had that person.
func (e *extent) notePerson(id string) bool {
	e.rows++
	if id == "" {
		return false
	}
	h := maphash.String(idSeed, id)
	if _, known := slices.BinarySearch(e.known, h); known {
		e.again++
		e.met = append(e.met, h)
		return true
	}
	e.page = append(e.page, h)
	return false
}

// endPage ends a page that was read to its end.
func (e *extent) endPage() {
	slices.Sort(e.page)
	e.page = slices.Compact(e.page)
	e.fresh = len(e.page)
	e.overlap += e.again
	e.read += e.rows
	if !e.later {
		e.extra += e.rows - e.fresh - e.again
	}
	if len(e.known) == 0 {
		e.known, e.before, e.page = e.page, e.page, nil
		return
	}
	e.comparePages()
	e.known = sortHashes(e.known, e.page)
}

// comparePages finds whether the latest page repeats the one before. That some of its
// rows differ proves nothing: a read may lag behind writes, and the next one show them.
func (e *extent) comparePages() {
	all := slices.Compact(sortHashes(e.page, e.met))
	same := 0
	for _, h := range all {
		if _, there := slices.BinarySearch(e.before, h); there {
			same++
		}
	}
	e.repeats = 2*same > len(e.before)
	e.before = all
}

// sortHashes joins persons, in order.
func sortHashes(a, b []uint64) []uint64 {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return all
}

// restartPass begins another pass over the list.
func (e *extent) restartPass() { e.read, e.overlap, e.later, e.before = 0, 0, true, nil }

// countKnown is how many of the list's rows are known.
func (e *extent) countKnown() int { return len(e.known) + e.extra }

// mayBeCut reports whether a first page may be less than the whole list.
// longest is the longest list that came in one answer before.
func (e *extent) mayBeCut(longest int) bool {
	switch {
	case e.total >= 0:
		return e.total > e.countKnown()
	case e.rows < longest, e.rows > longestCap:
		return false
	}
	return e.rows > 0 && (e.rows%roundPage == 0 || e.rows >= fewRows)
}
