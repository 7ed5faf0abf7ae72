// Package notebook collects what a piece of work finds out about the tenants:
// each text once, whichever goroutine finds it.
package notebook

import (
	"slices"
	"sync"
)

// Notebook is a set of texts in the order in which they were added. It is safe
// for concurrent use; its zero value is empty.
type Notebook struct {
	mu    sync.Mutex
	texts []string
}

// New returns a notebook that holds the texts of an earlier one.
func New(earlier []string) *Notebook { return &Notebook{texts: slices.Clone(earlier)} }

// Add adds a text unless it is there already.
func (n *Notebook) Add(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !slices.Contains(n.texts, text) {
		n.texts = append(n.texts, text)
	}
}

// List returns a copy of the texts.
func (n *Notebook) List() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.texts)
}
