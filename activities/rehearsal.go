package activities

import (
	"hash/maphash"
	"sync"
)

// rehearsal remembers what a dry run would have written, so that it says the
// same as the session would: what one stream creates, the next one finds. It
// lives in one worker's memory; a dry run that moves to another worker counts
// some things twice.
type rehearsal struct {
	mu     sync.Mutex
	run    string // run id of the session; another one starts afresh
	seed   maphash.Seed
	people map[string]bool
	pairs  map[uint64]int64 // last activity that would be there, Unix seconds
}

// of prepares the memory for a dry run.
func (r *rehearsal) of(run string) {
	if r.run != run {
		r.run, r.seed = run, maphash.MakeSeed()
		r.people, r.pairs = map[string]bool{}, map[uint64]int64{}
	}
}

// person notes a person who would be created; false when they would be there
// already.
func (r *rehearsal) person(run, key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of(run)
	first := !r.people[key]
	r.people[key] = true
	return first
}

// assign notes assignments that would be made.
func (r *rehearsal) assign(run, app string, visits []visit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of(run)
	for _, v := range visits {
		key := r.pair(app, v.id)
		r.pairs[key] = max(r.pairs[key], v.last.Unix())
	}
}

// recall puts into a ledger what earlier streams would have assigned.
func (r *rehearsal) recall(run, app string, visits []visit, l *ledger) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of(run)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range visits {
		last, ok := r.pairs[r.pair(app, v.id)]
		if e := l.people[v.id]; ok && !e.busy {
			e.assigned, e.last = true, max(e.last, last)
			l.people[v.id] = e
		}
	}
}

func (r *rehearsal) pair(app, person string) uint64 {
	return maphash.String(r.seed, app+"\x00"+person)
}
