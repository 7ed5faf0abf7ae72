package activities

import (
	"maps"
	"slices"
	"time"

	"defendersync/internal/defender"
	"defendersync/internal/ratelimit"
	"defendersync/internal/saas"
)

// Checkpoint is what SyncUsage's heartbeat records: what is safely written,
// and what came of it. It is also what a watcher sees of the page at work.
type Checkpoint struct {
	Done     []int             `json:"done,omitempty"` // indexes of the apps that are finished
	Open     map[int]Mark      `json:"open,omitempty"` // the others that have pages written, by index
	Counts   saas.Counts       `json:"counts"`
	Rejects  saas.Tally        `json:"rejects"`
	Skips    saas.Tally        `json:"skips"`
	Retry    []string          `json:"retry,omitempty"`
	Dialect  defender.Dialect  `json:"dialect"`
	Keeping  Keeping           `json:"keeping,omitempty"`
	Batch    int               `json:"batch,omitempty"`
	Notes    []string          `json:"notes,omitempty"`
	Recent   ratelimit.Recent  `json:"recent"`
	Requests saas.Requests     `json:"requests"`
	Progress time.Time         `json:"progress"`          // when the last page was written
	Waiting  string            `json:"waiting,omitempty"` // the failure that is being waited out
	Wait     ratelimit.Waiting `json:"wait,omitzero"`     // what is waited for, since when, until when
	Barren   int               `json:"barren,omitempty"`  // attempts begun since a page was written
}

// Mark is how far one app's list of users is written.
type Mark struct {
	Low   int         `json:"low"`             // every row before this skip is written
	Ahead map[int]int `json:"ahead,omitempty"` // pages written beyond it: skip → skip of the page after
	End   int         `json:"end"`             // where the list ends; -1 while unknown
	Moved bool        `json:"moved,omitempty"` // the list moved while it was read, and was not read again yet

	Lost    []Lost `json:"lost,omitempty"`    // pages that could not be read
	Whole   bool   `json:"whole,omitempty"`   // the list does not descend, so it is read to its end
	Stopped bool   `json:"stopped,omitempty"` // the list was read down to the threshold, and no further
	Told    int    `json:"told,omitempty"`    // its total as Defender told it last
}

// newMark is an app of which nothing is written.
func newMark() Mark { return Mark{End: -1} }

// wrote records a written page and moves Low over all that is now contiguous.
func (m *Mark) wrote(skip, next int) {
	if m.Ahead == nil {
		m.Ahead = map[int]int{}
	}
	m.Ahead[skip] = next
	for {
		n, ok := m.Ahead[m.Low]
		if !ok {
			return
		}
		delete(m.Ahead, m.Low)
		if n <= m.Low {
			return
		}
		m.Low = n
	}
}

// complete reports whether every page is written.
func (m *Mark) complete() bool { return m.End >= 0 && m.Low >= m.End }

// result is what the run has done so far.
func (r *usageRun) result() UsageResult {
	return UsageResult{
		Counts: r.cp.Counts, Rejects: r.cp.Rejects, Skips: r.cp.Skips, Retry: r.cp.Retry,
		Dialect: r.cp.Dialect, Keeping: r.keeping.value(), Batch: r.batch.value(), Notes: r.notes.list(), Recent: r.a.limiter.Snapshot(time.Now()).Settled(), Requests: r.spent(),
	}
}

// spent is what this and earlier attempts asked of the tenants.
func (r *usageRun) spent() saas.Requests {
	return r.earlier.Add(r.a.requests().since(r.before))
}

// snapshot brings the checkpoint up to date, as a copy that later work does
// not change.
func (r *usageRun) snapshot() Checkpoint {
	cp := r.cp
	cp.Done, cp.Open = nil, map[int]Mark{}
	for i, app := range r.apps {
		switch {
		case app.finished:
			cp.Done = append(cp.Done, i)
		case app.mark.Low > 0 || len(app.mark.Ahead) > 0:
			m := app.mark
			m.Moved = app.drift || app.healing
			m.Ahead, m.Lost, m.Told = maps.Clone(m.Ahead), slices.Clone(m.Lost), max(app.told.Total, 0)
			cp.Open[i] = m
		}
	}
	cp.Retry, cp.Wait = slices.Clone(cp.Retry), r.waiting()
	cp.Keeping, cp.Batch, cp.Notes = r.keeping.value(), r.batch.value(), r.notes.list()
	cp.Recent = r.a.limiter.Snapshot(time.Now())
	if r.halted && r.fetching == 0 {
		cp.Recent = cp.Recent.Settled()
	}
	cp.Requests = r.spent()
	return cp
}
