package contract

import (
	"time"

	"defendersync/internal/saas"
)

// SyncUsageParams is a page of apps of one stream whose users are to be carried
// over.
type SyncUsageParams struct {
	Stream      Stream         `json:"stream"`
	Refs        []AppRef       `json:"refs"`
	Window      saas.Window    `json:"window"`
	Policy      saas.Policy    `json:"policy"`
	Began       time.Time      `json:"began"`
	Dialect     Dialect        `json:"dialect"`
	Keeping     Keeping        `json:"keeping,omitempty"`
	DryRun      string         `json:"dryRun,omitempty"`  // run id of the session in a dry run; "": it writes
	SessionRun  string         `json:"session,omitempty"` // run id of the session; what is remembered of people holds for one session
	StaleCounts bool           `json:"again,omitempty"`   // the apps are those of the last session, and their counts of users out of date
	MaxBatch    int            `json:"batch,omitempty"`   // most assignments that Oomnitza accepts in one request; 0: not limited
	Recent      RecentRequests `json:"recent"`
	// Memory is what the SyncUsage before has returned as such.
	Memory string `json:"memory,omitempty"`
	// Further says that streams follow, which may show the same apps.
	Further bool `json:"further,omitempty"`
}

// SyncUsageResult is what was done with them.
type SyncUsageResult struct {
	Counts   saas.Counts    `json:"counts"`
	Rejects  saas.Tally     `json:"rejects"`
	Skips    saas.Tally     `json:"skips"`
	Retry    []string       `json:"retry,omitempty"` // ids of the apps that the next session has to read whole
	Dialect  Dialect        `json:"dialect"`
	Keeping  Keeping        `json:"keeping,omitempty"`
	MaxBatch int            `json:"batch,omitempty"`
	Notes    []string       `json:"notes,omitempty"` // what was found out about the tenants, or is in doubt
	Recent   RecentRequests `json:"recent"`
	Requests saas.Requests  `json:"requests"`
	// Beyond is how many rows of the page's lists no earlier stream of the session
	// had shown with the same or a later last activity, or of which that could not be
	// told; rows that are skipped by rule or rejected are none of them. nil: it is not
	// told, as by a version that did not know of it.
	Beyond *int `json:"beyond,omitempty"`
	// Missed are the ids of the apps with AppRef.Same that had news all the same.
	Missed []string `json:"missed,omitempty"`
	// Memory names what the worker remembers of the session's records. Where the
	// next SyncUsage brings it back to the same worker, nobody else has written to
	// them meanwhile, and they need not be read again.
	Memory string `json:"memory,omitempty"`
}

// Keeping says whether Oomnitza keeps the last activity that is sent with an
// assignment. No call to write it is documented, so the session's first
// assignment is read back.
type Keeping string

// LosesActivity reports whether Oomnitza does not keep last activity.
func (k Keeping) LosesActivity() bool { return k == KeepingIgnored || k == KeepingRefused }

// What reading back has shown.
const (
	KeepingUnknown Keeping = ""
	KeepingKept    Keeping = "kept"
	KeepingIgnored Keeping = "ignored" // taken, but not kept
	KeepingRefused Keeping = "refused" // not even taken: assignments go without it
	KeepingUnseen  Keeping = "unseen"  // assignments did not show: taken to be kept
)

// NoteLastActivityLost is the note of a session whose Oomnitza does not keep last
// activity. The command check looks for it.
const NoteLastActivityLost = "Oomnitza did not keep the last activity sent with an assignment: import it as a file in Oomnitza (SaaS users, Import)"
