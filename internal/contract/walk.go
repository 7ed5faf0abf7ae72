package contract

import (
	"time"
)

// Walk is what a reader keeps of a list that is read page by page. It recognizes
// a server that ignores skip and shows the same rows for ever [issue C674]. The
// zero value begins a list. A page may be asked for again, and pages may come in
// any order.
type Walk struct {
	First PageMark `json:"first,omitzero"` // the first page that was accepted
	Last  PageMark `json:"last,omitzero"`  // the latest

	// Of lists of apps only.
	Sort           Sort      `json:"sort,omitempty"`   // as the reading began
	Whole          bool      `json:"whole,omitempty"`  // the list does not descend, so it is read to its end
	Lost           bool      `json:"lost,omitempty"`   // the page before could not be read
	Total          int       `json:"total,omitempty"`  // as the latest page gave it; 0: none did
	SameTotal      int       `json:"pages,omitempty"`  // pages in a row that gave that total
	Varied         bool      `json:"varied,omitempty"` // pages gave different totals
	MiddleActivity time.Time `json:"middle,omitzero"`  // last activity of the row in the middle of the page before
	LastActivity   time.Time `json:"tail,omitzero"`    // last activity of its last row
	LastIDs        []uint32  `json:"known,omitempty"`  // hashes of the ids of its last rows
}

// PageMark identifies a page by its place and its rows.
type PageMark struct {
	Skip  int    `json:"s,omitempty"`
	Print string `json:"p,omitempty"` // fingerprint of the rows
}

// Sort is the order of a list of apps.
type Sort string

// By name, a list is stable while it is read. By last activity, the latest comes
// first.
const (
	SortName         Sort = "name asc"
	SortLastActivity Sort = "lastSeen desc"
)
