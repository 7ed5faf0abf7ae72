package listing

import "defendersync/internal/contract"

// AcceptPage takes in a page by its place and the fingerprint of its rows. ok is
// false where the very same rows came at another place before, which before
// names: a server that ignores skip would have them read for ever [issue C674].
// Only the first and the latest page are remembered: such a server shows the
// first one for ever. A page that is asked for again is no offence, and pages
// may come in any order.
func AcceptPage(w *contract.Walk, fingerprint string, skip int) (before int, ok bool) {
	if fingerprint == "" {
		return 0, true // an empty page says nothing
	}
	for _, seen := range []contract.PageMark{w.First, w.Last} {
		if seen.Print == fingerprint && seen.Skip != skip {
			return seen.Skip, false
		}
	}
	if w.First.Print == "" {
		w.First = contract.PageMark{Skip: skip, Print: fingerprint}
	}
	w.Last = contract.PageMark{Skip: skip, Print: fingerprint}
	return 0, true
}
