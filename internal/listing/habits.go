package listing

import "fmt"

// Habits is what the lists of one source have shown about how they behave. All
// Readers of a source share it, so that what one list shows is known to the
// others. Set the exported fields to what is known beforehand; the zero value
// knows nothing. It is not safe for concurrent use.
type Habits struct {
	Unsorted    bool // lists do not come in the order that was asked for
	HasNextLies bool // hasNext says that there is more where there is not
	MaxSkip     int  // pages from this skip on are refused; 0: none is known to be

	// Note is called once for each habit that is found out, with a text for the
	// operator; nil: nobody is told.
	Note func(text string)

	deepest   int             // greatest skip at which a page was read
	refusedAt map[int]*Reader // the list of which a page was refused first, by skip
}

// IsTooDeep reports whether a page is known to be refused for its place.
func (h *Habits) IsTooDeep(skip int) bool {
	return h.MaxSkip > 0 && skip >= h.MaxSkip && skip > h.deepest
}

// SayRefusal says that a page is refused for its place.
func (h *Habits) SayRefusal() string {
	return fmt.Sprintf("Defender refuses to skip %d rows", h.MaxSkip)
}

// noteHasNext notes a page that says that there is more where there is not.
func (h *Habits) noteHasNext() {
	if !h.HasNextLies {
		h.HasNextLies = true
		h.tellNote(NoteHasNext)
	}
}

// noteUnsorted notes a list that is plainly not in the order that was asked for.
func (h *Habits) noteUnsorted() {
	if !h.Unsorted {
		h.Unsorted = true
		h.tellNote(NoteUsersUnsorted)
	}
}

func (h *Habits) tellNote(text string) {
	if h.Note != nil {
		h.Note(text)
	}
}

// noteRefusal finds out whether the source refuses to skip so many rows at all:
// it refused two pages of a list in a row, or the same page of two lists, and
// no page as deep as that was ever read. before is the skip of the refused page
// before this one; -1: it was not refused.
func (h *Habits) noteRefusal(list *Reader, skip, before int) {
	if skip == 0 || skip <= h.deepest || h.MaxSkip > 0 && h.MaxSkip <= skip {
		return
	}
	if h.refusedAt == nil {
		h.refusedAt = map[int]*Reader{}
	}
	first := h.refusedAt[skip]
	h.refusedAt[skip] = list
	switch {
	case before > h.deepest && before > 0:
		h.MaxSkip = before
	case first != nil && first != list:
		h.MaxSkip = skip
	}
}
