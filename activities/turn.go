package activities

import "sync"

// turn is a lock for work that waits for a tenant: whoever waits for its turn
// may do so for minutes. Its zero value is free. It waits by a condition and
// not by a mutex, which tests with virtual time would take for work.
type turn struct {
	mu   sync.Mutex
	once sync.Once
	free *sync.Cond
	held bool
}

// Lock waits until nobody else has the turn, and takes it.
func (t *turn) Lock() {
	t.once.Do(func() { t.free = sync.NewCond(&t.mu) })
	t.mu.Lock()
	for t.held {
		t.free.Wait()
	}
	t.held = true
	t.mu.Unlock()
}

// Unlock gives the turn away.
func (t *turn) Unlock() {
	t.mu.Lock()
	t.held = false
	t.mu.Unlock()
	t.free.Signal()
}
