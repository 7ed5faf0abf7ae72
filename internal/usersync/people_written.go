package usersync

import (
	"maps"
	"sync"
)

// maxWritten bounds how many assignments are remembered.
const maxWritten = 60_000

// recentWrites remembers the assignments that a session has written last, since
// lists may lag behind what they are read for a moment later. It is bounded: the
// oldest are forgotten. Its zero value is empty.
type recentWrites struct {
	mu       sync.Mutex
	byRecord map[string]map[string]int64 // last activity, Unix seconds, by record and person
	queue    []recentWrite               // in a ring, once it is full
	oldest   int
}

type recentWrite struct{ record, person string }

// noteWritten notes visits to a record that were written, but for those refused.
func (w *recentWrites) noteWritten(record string, visits []visit, refused []refusedVisit) {
	no := idsOf(refused)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, v := range visits {
		if no[v.id] {
			continue
		}
		last, known := w.byRecord[record][v.id]
		if !known {
			w.enqueueWrite(recentWrite{record, v.id})
		}
		w.byRecord[record][v.id] = max(last, v.lastActivity.Unix())
	}
}

// enqueueWrite makes room for an assignment.
func (w *recentWrites) enqueueWrite(one recentWrite) {
	if len(w.queue) < maxWritten {
		w.queue = append(w.queue, one)
	} else {
		w.dropWrite(w.queue[w.oldest])
		w.queue[w.oldest] = one
		w.oldest = (w.oldest + 1) % maxWritten
	}
	if w.byRecord == nil {
		w.byRecord = map[string]map[string]int64{}
	}
	if w.byRecord[one.record] == nil {
		w.byRecord[one.record] = map[string]int64{}
	}
}

// dropWrite forgets an assignment.
func (w *recentWrites) dropWrite(one recentWrite) {
	people := w.byRecord[one.record]
	if delete(people, one.person); len(people) == 0 {
		delete(w.byRecord, one.record)
	}
}

// listWritten returns what is remembered of a record.
func (w *recentWrites) listWritten(record string) map[string]int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.byRecord[record])
}
