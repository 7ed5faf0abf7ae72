package defender

import (
	"fmt"
	"strconv"
	"time"

	"defendersync/internal/httpx"
)

// Walk watches one list being read page by page and notices a server that
// ignores skip, which would have the same rows read for ever [issue C674]. Its
// zero value begins a list; it is small, and a checkpoint may carry it or
// begin anew. A page that is asked for again is no offence, and pages may come
// in any order.
type Walk struct {
	First Mark `json:"first,omitzero"` // the first page accepted
	Last  Mark `json:"last,omitzero"`  // the latest

	// What the reader of a list of apps keeps of it from page to page.
	Sort   Sort      `json:"sort,omitempty"`   // as it was begun
	Whole  bool      `json:"whole,omitempty"`  // it does not descend, so it is read to its end
	Lost   bool      `json:"lost,omitempty"`   // the page before could not be read
	Total  int       `json:"total,omitempty"`  // as the latest page told it; 0: none did
	Pages  int       `json:"pages,omitempty"`  // pages that told that very total
	Varied bool      `json:"varied,omitempty"` // pages told different totals
	Middle time.Time `json:"middle,omitzero"`  // last activity of the row in the middle of the page before
	Tail   time.Time `json:"tail,omitzero"`    // and of its last row
	Known  []uint32  `json:"known,omitempty"`  // hashes of the ids of its last rows
}

// Mark is a page by its place and its rows.
type Mark struct {
	Skip  int    `json:"s,omitempty"`
	Print string `json:"p,omitempty"`
}

// Accept takes in a page by its fingerprint. It returns a *httpx.Error of
// KindContract when the very same rows came at another skip before. Only the
// first and the latest page are remembered: a server that does not turn pages
// shows the first one for ever.
func (w *Walk) Accept(fingerprint string, skip int) error {
	if fingerprint == "" {
		return nil // an empty page tells nothing
	}
	for _, seen := range []Mark{w.First, w.Last} {
		if seen.Print == fingerprint && seen.Skip != skip {
			return &httpx.Error{
				Peer: peer, Op: "turn the page", Kind: httpx.KindContract,
				Message: fmt.Sprintf("the server ignores skip: the page at %d is the one at %d again", skip, seen.Skip),
				Hint:    "going on would read the same rows for ever; report this with the tenant's region",
			}
		}
	}
	if w.First.Print == "" {
		w.First = Mark{skip, fingerprint}
	}
	w.Last = Mark{skip, fingerprint}
	return nil
}

// printer makes the fingerprint of a page: of the ids of its rows in their
// order, so that no name can be read from it. It is FNV-1a of 64 bits.
type printer struct {
	sum  uint64
	rows int
}

func newPrinter() printer { return printer{sum: 14695981039346656037} }

func (p *printer) add(id string) {
	for i := range len(id) {
		p.sum = (p.sum ^ uint64(id[i])) * 1099511628211
	}
	p.sum = (p.sum ^ 0xff) * 1099511628211 // no id has this byte: it ends one
	p.rows++
}

// String is the fingerprint; "" for an empty page.
func (p *printer) String() string {
	if p.rows == 0 {
		return ""
	}
	return strconv.FormatUint(p.sum, 16)
}
