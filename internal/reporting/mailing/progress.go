package mailing

import (
	"fmt"
	"slices"
	"sync"

	"defendersync/internal/contract"
)

// Tracker keeps the progress of one sending. It is safe for concurrent use.
type Tracker struct {
	onMailed func()

	mu       sync.Mutex
	progress contract.SendReportProgress
}

// NewTracker goes on from the progress of an earlier attempt. onMailed is
// called after each mail that was sent and returns before the next one leaves,
// so that a caller who records the progress there has at most one mail sent
// twice.
func NewTracker(before contract.SendReportProgress, onMailed func()) *Tracker {
	return &Tracker{onMailed: onMailed, progress: contract.SendReportProgress{Doing: before.Doing, Mailed: slices.Clone(before.Mailed)}}
}

// Progress is a copy of the progress now.
func (t *Tracker) Progress() contract.SendReportProgress {
	t.mu.Lock()
	defer t.mu.Unlock()
	return contract.SendReportProgress{Doing: t.progress.Doing, Mailed: slices.Clone(t.progress.Mailed)}
}

// showDoing says what is being done.
func (t *Tracker) showDoing(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.progress.Doing = what
}

// showStep says how far a long reading has got; total is 0 when it isn't known.
func (t *Tracker) showStep(what string, done, total int) {
	if total > 0 {
		t.showDoing(fmt.Sprintf("%s: %d of %d", what, done, total))
		return
	}
	t.showDoing(fmt.Sprintf("%s: %d", what, done))
}

// markMailed notes that a subscriber has the report.
func (t *Tracker) markMailed(to string) {
	t.mu.Lock()
	t.progress.Mailed = append(t.progress.Mailed, to)
	t.mu.Unlock()
	t.onMailed()
}
