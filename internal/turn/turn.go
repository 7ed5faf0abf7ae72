// Package turn holds a lock for work that waits for a peer.
package turn

import "sync"

// Lock is a lock that may be held across requests: whoever waits for it may
// wait for minutes. Its zero value is free. Unlike a sync.Mutex it waits by a
// condition, which testing/synctest takes for idleness: virtual time goes on
// while goroutines wait for it. Use a sync.Mutex for everything that takes no
// time.
type Lock struct {
	mu   sync.Mutex
	once sync.Once
	free *sync.Cond
	held bool
}

// Lock waits until nobody else holds the lock, and takes it.
func (l *Lock) Lock() {
	l.once.Do(func() { l.free = sync.NewCond(&l.mu) })
	l.mu.Lock()
	for l.held {
		l.free.Wait()
	}
	l.held = true
	l.mu.Unlock()
}

// Unlock gives the lock back.
func (l *Lock) Unlock() {
	l.mu.Lock()
	l.held = false
	l.mu.Unlock()
	l.free.Signal()
}
