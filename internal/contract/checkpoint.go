package contract

import (
	"time"

	"defendersync/internal/saas"
)

// Checkpoint is what the heartbeat of SyncUsage records: what is written, and
// what was done so far. The next attempt goes on from it, on any worker. It is
// also where progress is read while a page of apps is under way.
type Checkpoint struct {
	Done              []int            `json:"done,omitempty"` // indexes of the apps that are finished
	Open              map[int]ListMark `json:"open,omitempty"` // the apps that have pages written, by index
	Counts            saas.Counts      `json:"counts"`
	Rejects           saas.Tally       `json:"rejects"`
	Skips             saas.Tally       `json:"skips"`
	Retry             []string         `json:"retry,omitempty"`  // ids of the apps that the next session has to read whole
	Missed            []string         `json:"missed,omitempty"` // ids of the apps with AppRef.Same that had news
	Dialect           Dialect          `json:"dialect"`
	Keeping           Keeping          `json:"keeping,omitempty"`
	MaxBatch          int              `json:"batch,omitempty"`
	Notes             []string         `json:"notes,omitempty"`
	Recent            RecentRequests   `json:"recent"`
	Requests          saas.Requests    `json:"requests"`
	LastWritten       time.Time        `json:"progress"`          // when a page was last written
	Failure           string           `json:"waiting,omitempty"` // the failure that is being waited out
	Waiting           Waiting          `json:"wait,omitzero"`     // what is waited for, since when, until when
	FruitlessAttempts int              `json:"barren,omitempty"`  // attempts begun since a page was written
	Beyond            *int             `json:"beyond,omitempty"`  // see SyncUsageResult
	Memory            string           `json:"memory,omitempty"`  // names the worker and its run, as SyncUsageResult.Memory does
}

// ListMark is how far the list of an app's users is written.
type ListMark struct {
	Written int         `json:"low"`             // every row before this skip is written
	Ahead   map[int]int `json:"ahead,omitempty"` // pages written beyond that: skip → skip of the page after
	End     int         `json:"end"`             // where the list ends; -1: not known yet
	Moved   bool        `json:"moved,omitempty"` // rows moved while the list was read, and it was not read again yet
	Again   int         `json:"again,omitempty"` // every row before this skip was read again, and is written

	Sum      uint32 `json:"sum,omitempty"`   // of the hashes of the pages, as they were before they were read again
	AgainSum uint32 `json:"resum,omitempty"` // of the pages that were read again
	Met      int    `json:"met,omitempty"`   // different rows that can be used
	Bad      int    `json:"bad,omitempty"`   // rows that cannot, in the reading that goes on

	Lost    []LostPage `json:"lost,omitempty"`    // pages that could not be read
	Whole   bool       `json:"whole,omitempty"`   // the list does not descend, so it is read to its end
	Stopped bool       `json:"stopped,omitempty"` // the list was read down to the threshold, and no further
	Total   int        `json:"told,omitempty"`    // the latest total that Defender gave

	// Rows are hashes of the rows that would come again if rows moved until the
	// rest is read: of the last page before Written and of those in Ahead, by
	// skip, or of the last page that was read again. Where a page is not among them,
	// nobody could tell.
	Rows map[int][]byte `json:"rows,omitempty"`
}

// LostPage is a page of users that could not be read, though the tenant answered
// other requests.
type LostPage struct {
	Skip    int    `json:"s"`
	Error   string `json:"w"`
	Refused bool   `json:"n,omitempty"` // refused, not failed
}
