package listing

import (
	"encoding/binary"
	"iter"
	"slices"

	"defendersync/internal/saas"
)

// moves notices that a list moves while it is read, by the rows of its pages.
type moves struct {
	moved   bool            // a row came twice in the first pass
	rows    map[uint64]bool // hashes of the rows met, and whether they are dealt with; nil while the list has one page
	bad     int             // rows that cannot be used and were dealt with since the list was last read as a whole
	fresh   int             // rows met for the first time since the pass began
	prints  map[int]string  // fingerprints of the pages, by skip
	taken   map[int][]byte  // hashes of the rows of the pages that are not dealt with, by skip, for the mark
	shifted bool            // a page that was read again showed other rows, or another order
	dealt   int             // different rows that were dealt with
	before  int             // those that an earlier reader dealt with
	blind   bool            // which ones those were is known in part at most
	resumed map[uint64]bool // hashes of the rows of the page after which the list is read again on; nil: it is not
}

// watchRows takes in the rows of a page, those that can be used.
func (m *moves) watchRows(a Ask, page *UserPage) {
	m.startRows()
	if before, ok := m.prints[a.Skip]; ok && a.Again && before != page.Fingerprint {
		m.shifted = true
	}
	m.prints[a.Skip] = page.Fingerprint
	m.taken[a.Skip] = packRows(page.Users)
	for _, u := range page.Users {
		hash := hashName(u.User)
		if _, met := m.rows[hash]; !met {
			m.rows[hash] = false
			m.fresh++
		} else if !a.Again {
			m.moved = true
		}
	}
}

// startRows makes room for what is remembered of a list with several pages.
func (m *moves) startRows() {
	if m.rows == nil {
		m.rows, m.prints, m.taken = map[uint64]bool{}, map[int]string{}, map[int][]byte{}
	}
}

// recallRows takes in the rows that an earlier reader met, as its mark tells them.
func (m *moves) recallRows(pages map[int][]byte) {
	m.startRows()
	for _, rows := range pages {
		m.noteDealt(rows)
	}
}

// noteDealt notes that rows are dealt with.
func (m *moves) noteDealt(packed []byte) {
	for hash := range unpackRows(packed) {
		if !m.rows[hash] {
			m.rows[hash] = true
			m.dealt++
		}
	}
}

// hasMovedUp reports whether rows have moved up since another reader read the list
// again up to this page: then rows of the page before come on it.
func (m *moves) hasMovedUp(page *UserPage) bool {
	return slices.ContainsFunc(page.Users, func(u saas.Usage) bool { return m.resumed[hashName(u.User)] })
}

// releaseRows returns the hashes of the rows of a page that is dealt with.
func (m *moves) releaseRows(skip int) []byte {
	rows := m.taken[skip]
	delete(m.taken, skip)
	m.noteDealt(rows)
	return rows
}

// isMet reports whether a row came before.
func (m *moves) isMet(name string) bool {
	if m.rows == nil {
		return false
	}
	_, met := m.rows[hashName(name)]
	return met
}

// countMet returns how many different rows were met, at the least: those that an
// earlier reader met may all have come again.
func (m *moves) countMet() int { return max(m.before, len(m.rows)) + m.bad }

// countDealt returns how many different rows were dealt with, at the least, of those
// that can be used.
func (m *moves) countDealt() int { return max(m.before, m.dealt) }

// beginPass notes that the list is read again from now on, as a whole or in part.
func (m *moves) beginPass(whole bool) {
	m.moved, m.fresh = false, 0
	if whole {
		m.bad = 0 // they have no names by which they would be known again
	}
}

// forgetRows frees the memory of the rows.
func (m *moves) forgetRows() { m.rows, m.prints, m.taken = nil, nil, nil }

// packRows returns the hashes of rows in the form in which a mark keeps them.
func packRows(users []saas.Usage) []byte {
	packed := make([]byte, 0, 8*len(users))
	for _, u := range users {
		packed = binary.LittleEndian.AppendUint64(packed, hashName(u.User))
	}
	return packed
}

// unpackRows goes through the hashes that packRows packed.
func unpackRows(packed []byte) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for ; len(packed) >= 8; packed = packed[8:] {
			if !yield(binary.LittleEndian.Uint64(packed)) {
				return
			}
		}
	}
}

// hashName is FNV-1a of 64 bits. Marks keep it, so another build has to find the same.
func hashName(name string) uint64 {
	sum := uint64(14695981039346656037)
	for i := range len(name) {
		sum = (sum ^ uint64(name[i])) * 1099511628211
	}
	return sum
}
