package contract

import (
	"time"
)

// Walk watches one list being read page by page and notices a server that
// ignores skip, which would have the same rows read for ever [issue C674]. Its
// zero value begins a list; it is small, and a checkpoint may carry it or
// begin anew. A page that is asked for again is no offence, and pages may come
// in any order.
type Walk struct {
	First PageMark `json:"first,omitzero"` // the first page accepted
	Last  PageMark `json:"last,omitzero"`  // the latest

	// What the reader of a list of apps keeps of it from page to page.
	Sort           Sort      `json:"sort,omitempty"`   // as it was begun
	Whole          bool      `json:"whole,omitempty"`  // it does not descend, so it is read to its end
	Lost           bool      `json:"lost,omitempty"`   // the page before could not be read
	Total          int       `json:"total,omitempty"`  // as the latest page told it; 0: none did
	SameTotal      int       `json:"pages,omitempty"`  // pages that told that very total
	Varied         bool      `json:"varied,omitempty"` // pages told different totals
	MiddleActivity time.Time `json:"middle,omitzero"`  // last activity of the row in the middle of the page before
	LastActivity   time.Time `json:"tail,omitzero"`    // and of its last row
	LastIDs        []uint32  `json:"known,omitempty"`  // hashes of the ids of its last rows
}

// Mark is a page by its place and its rows.
type PageMark struct {
	Skip  int    `json:"s,omitempty"`
	Print string `json:"p,omitempty"`
}

// Sort is the order of a list of apps.
type Sort string

// The orders in use. By name a list is stable while it is read; by last
// activity, what is new comes first.
const (
	SortName     Sort = "name asc"
	SortLastSeen Sort = "lastSeen desc"
)
