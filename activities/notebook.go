package activities

import (
	"slices"
	"sync"
)

// notebook collects what was found out about the tenants while users were
// carried over: each text once, whichever page it was found by.
type notebook struct {
	mu    sync.Mutex
	texts []string
}

// newNotebook goes on from the notes of an earlier attempt.
func newNotebook(earlier []string) *notebook { return &notebook{texts: slices.Clone(earlier)} }

// note adds a text unless it is there already.
func (n *notebook) note(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !slices.Contains(n.texts, text) {
		n.texts = append(n.texts, text)
	}
}

// list is a copy of the notes, in the order in which they were made.
func (n *notebook) list() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.texts)
}
