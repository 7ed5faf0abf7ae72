package usersync

import (
	"maps"
	"sync"
)

// maxWritten bounds how many assignments each half of the memory holds.
const maxWritten = 30_000

// recentWrites remembers what a session has written of late, since lists may lag
// behind what they are read for a moment later. It is bounded: when the younger
// half is full, the older one is forgotten. Its zero value is empty.
type recentWrites struct {
	mu         sync.Mutex
	young, old map[string]map[string]int64 // by record and person: last activity, Unix seconds
	count      int
}

// wrote notes visits to a record that were written, but for those refused.
func (a *recentWrites) wrote(saasID string, visits []visit, refused []refusal) {
	no := make(map[string]bool, len(refused))
	for _, f := range refused {
		no[f.visit.id] = true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.count >= maxWritten || a.young == nil {
		a.old, a.young, a.count = a.young, map[string]map[string]int64{}, 0
	}
	app := a.young[saasID]
	if app == nil {
		app = map[string]int64{}
		a.young[saasID] = app
	}
	for _, v := range visits {
		if !no[v.id] {
			app[v.id] = max(app[v.id], v.last.Unix())
			a.count++
		}
	}
}

// written is what is remembered of a record.
func (a *recentWrites) written(saasID string) map[string]int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := maps.Clone(a.old[saasID])
	if out == nil {
		out = map[string]int64{}
	}
	for id, last := range a.young[saasID] {
		out[id] = max(out[id], last)
	}
	return out
}
