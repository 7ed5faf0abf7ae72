package usersync

import (
	"cmp"
	"sync"
)

// maxAssign is the most assignments sent at once. No limit is published; a
// hundred is what Oomnitza's own connector sends [WIRE].
const maxAssign = 100

// batchSize is how many assignments the target takes at once. It only shrinks,
// and goes with the checkpoint and from page to page of a session, so that a
// tenant's own limit is met once.
type batchSize struct {
	mu   sync.Mutex
	most int
}

// newBatchSize starts from the smallest of the sizes known; 0 is not known.
func newBatchSize(known ...int) *batchSize {
	b := &batchSize{}
	for _, n := range known {
		b.shrinkTo(n)
	}
	return b
}

// getSize returns the size that was found out; 0 while every batch was taken.
func (b *batchSize) getSize() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.most
}

// getLimit is how many may be sent at once.
func (b *batchSize) getLimit() int {
	if n := b.getSize(); n > 0 {
		return min(n, maxAssign)
	}
	return maxAssign
}

// shrinkTo notes that no more than n are taken at once.
func (b *batchSize) shrinkTo(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n > 0 {
		b.most = min(n, cmp.Or(b.most, n))
	}
}
