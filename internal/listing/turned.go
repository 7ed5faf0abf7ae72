package listing

// turned notices a source that does not turn its pages, which would have the
// same rows read for ever [issue C674]. A page that is asked for again is no
// offence, and pages may come in any order.
type turned struct {
	first pageMark // the first page accepted
	last  pageMark // the latest
}

// pageMark is a page by its place and its rows.
type pageMark struct {
	skip  int
	print string // its fingerprint
}

// acceptPage takes in a page. It returns false when the very same rows came at
// another place. Only the first and the latest page are remembered: a source
// that does not turn pages shows the first one for ever.
func (t *turned) acceptPage(fingerprint string, skip int) bool {
	if fingerprint == "" {
		return true // an empty page tells nothing
	}
	for _, seen := range []pageMark{t.first, t.last} {
		if seen.print == fingerprint && seen.skip != skip {
			return false
		}
	}
	if t.first.print == "" {
		t.first = pageMark{skip, fingerprint}
	}
	t.last = pageMark{skip, fingerprint}
	return true
}
