package defender

import (
	"fmt"
	"strconv"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
)

// AcceptPage takes in a page by its fingerprint. It returns a *httpx.Error of
// KindContract when the very same rows came at another skip before. Only the
// first and the latest page are remembered: a server that does not turn pages
// shows the first one for ever.
func AcceptPage(w *contract.Walk, fingerprint string, skip int) error {
	if fingerprint == "" {
		return nil // an empty page tells nothing
	}
	for _, seen := range []contract.PageMark{w.First, w.Last} {
		if seen.Print == fingerprint && seen.Skip != skip {
			return &httpx.Error{
				Peer: peer, Op: "turn the page", Kind: httpx.KindContract,
				Message: fmt.Sprintf("the server ignores skip: the page at %d is the one at %d again", skip, seen.Skip),
				Hint:    "going on would read the same rows for ever; report this with the tenant's region",
			}
		}
	}
	if w.First.Print == "" {
		w.First = contract.PageMark{Skip: skip, Print: fingerprint}
	}
	w.Last = contract.PageMark{Skip: skip, Print: fingerprint}
	return nil
}

// fingerprinter makes the fingerprint of a page: of the ids of its rows in their
// order, so that no name can be read from it. It is FNV-1a of 64 bits.
type fingerprinter struct {
	sum  uint64
	rows int
}

func newFingerprinter() fingerprinter { return fingerprinter{sum: 14695981039346656037} }

func (p *fingerprinter) addID(id string) {
	for i := range len(id) {
		p.sum = (p.sum ^ uint64(id[i])) * 1099511628211
	}
	p.sum = (p.sum ^ 0xff) * 1099511628211 // no id has this byte: it ends one
	p.rows++
}

// String is the fingerprint; "" for an empty page.
func (p *fingerprinter) String() string {
	if p.rows == 0 {
		return ""
	}
	return strconv.FormatUint(p.sum, 16)
}
