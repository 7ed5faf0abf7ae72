package contract

import (
	"time"

	"defendersync/internal/saas"
)

// Checkpoint is what SyncUsage's heartbeat records: what is safely written,
// and what came of it. It is also what a watcher sees of the page at work.
type Checkpoint struct {
	Done              []int            `json:"done,omitempty"` // indexes of the apps that are finished
	Open              map[int]ListMark `json:"open,omitempty"` // the others that have pages written, by index
	Counts            saas.Counts      `json:"counts"`
	Rejects           saas.Tally       `json:"rejects"`
	Skips             saas.Tally       `json:"skips"`
	Retry             []string         `json:"retry,omitempty"`
	Dialect           Dialect          `json:"dialect"`
	Keeping           Keeping          `json:"keeping,omitempty"`
	MaxBatch          int              `json:"batch,omitempty"`
	Notes             []string         `json:"notes,omitempty"`
	Recent            RecentRequests   `json:"recent"`
	Requests          saas.Requests    `json:"requests"`
	LastWritten       time.Time        `json:"progress"`          // when the last page was written
	Failure           string           `json:"waiting,omitempty"` // the failure that is being waited out
	Waiting           Waiting          `json:"wait,omitzero"`     // what is waited for, since when, until when
	FruitlessAttempts int              `json:"barren,omitempty"`  // attempts begun since a page was written
}

// ListMark is how far one app's list of users is written.
type ListMark struct {
	Written int         `json:"low"`             // every row before this skip is written
	Ahead   map[int]int `json:"ahead,omitempty"` // pages written beyond it: skip → skip of the page after
	End     int         `json:"end"`             // where the list ends; -1 while unknown
	Moved   bool        `json:"moved,omitempty"` // the list moved while it was read, and was not read again yet

	Lost    []LostPage `json:"lost,omitempty"`    // pages that could not be read
	Whole   bool       `json:"whole,omitempty"`   // the list does not descend, so it is read to its end
	Stopped bool       `json:"stopped,omitempty"` // the list was read down to the threshold, and no further
	Total   int        `json:"told,omitempty"`    // its total as Defender told it last
}

// LostPage is a page of users that could not be read, while the tenant answered
// other requests well.
type LostPage struct {
	Skip    int    `json:"s"`
	Error   string `json:"w"`
	Refused bool   `json:"n,omitempty"` // refused, not failed
}
