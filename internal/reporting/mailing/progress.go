package mailing

import (
	"fmt"
	"slices"
	"sync"
)

// Progress is how far the sending of a report has got. Heartbeats hold it as
// JSON, so its keys never change.
type Progress struct {
	Doing  string   `json:"doing"`            // for people
	Mailed []string `json:"mailed,omitempty"` // subscribers who have the report
}

// Tracker keeps the progress of one sending. It is safe for concurrent use.
type Tracker struct {
	onMailed func()

	mu       sync.Mutex
	progress Progress
}

// NewTracker goes on from the progress of an earlier attempt. onMailed is
// called after each mail that was sent and returns before the next one leaves,
// so that a caller who records the progress there has at most one mail sent
// twice.
func NewTracker(before Progress, onMailed func()) *Tracker {
	return &Tracker{onMailed: onMailed, progress: Progress{before.Doing, slices.Clone(before.Mailed)}}
}

// Progress is a copy of the progress now.
func (t *Tracker) Progress() Progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Progress{t.progress.Doing, slices.Clone(t.progress.Mailed)}
}

// show says what is being done.
func (t *Tracker) show(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.progress.Doing = what
}

// showStep says how far a long reading has got; total is 0 when it isn't known.
func (t *Tracker) showStep(what string, done, total int) {
	if total > 0 {
		t.show(fmt.Sprintf("%s: %d of %d", what, done, total))
		return
	}
	t.show(fmt.Sprintf("%s: %d", what, done))
}

// markMailed notes that a subscriber has the report.
func (t *Tracker) markMailed(to string) {
	t.mu.Lock()
	t.progress.Mailed = append(t.progress.Mailed, to)
	t.mu.Unlock()
	t.onMailed()
}
