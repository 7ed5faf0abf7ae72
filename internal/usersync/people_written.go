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
	byRecord map[string]map[string]recent // by record and person
	queue    []recentWrite                // in a ring, once it is full
	oldest   int
}

type recentWrite struct{ record, person string }

// recent is what a session has sent of one person's assignment.
type recent struct {
	last int64 // the latest last activity that was written, Unix seconds
	sent int64 // the latest that was sent, and may have come through
	made bool  // the person is assigned: last was written
}

// noteSent notes visits to a record that were sent. Written are the first of them, but
// for those that were refused.
func (w *recentWrites) noteSent(record string, visits []visit, refused []refusedVisit, written int) {
	no := idsOf(refused)
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, v := range visits {
		have, known := w.byRecord[record][v.id]
		if !known {
			w.enqueueWrite(recentWrite{record, v.id})
		}
		have.sent = max(have.sent, v.lastActivity.Unix())
		if i < written && !no[v.id] {
			have.last, have.made = max(have.last, v.lastActivity.Unix()), true
		}
		w.byRecord[record][v.id] = have
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
		w.byRecord = map[string]map[string]recent{}
	}
	if w.byRecord[one.record] == nil {
		w.byRecord[one.record] = map[string]recent{}
	}
}

// dropWrite forgets an assignment.
func (w *recentWrites) dropWrite(one recentWrite) {
	people := w.byRecord[one.record]
	if delete(people, one.person); len(people) == 0 {
		delete(w.byRecord, one.record)
	}
}

// listSent returns what is remembered of a record.
func (w *recentWrites) listSent(record string) map[string]recent {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.byRecord[record])
}
