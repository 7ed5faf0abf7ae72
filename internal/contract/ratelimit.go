package contract

import (
	"time"

	"defendersync/internal/moment"
)

// RecentRequests are the requests of the last window of the budget. Whoever takes
// the budget over, in another process or on another machine, goes on in the same
// window. It fits a checkpoint: at most 60 small numbers for each process that
// held the budget within the window.
type RecentRequests struct {
	Holders []BudgetHolder `json:"holders,omitempty"` // this process first, then those before it
}

// MarkSettled says that this process sends nothing more. Without it, a successor
// has to assume that the process was killed, and until then sent requests as fast
// as it was allowed to.
func (r RecentRequests) MarkSettled() RecentRequests {
	if len(r.Holders) == 0 {
		return r
	}
	holders := append([]BudgetHolder(nil), r.Holders...)
	holders[0].Stopped, holders[0].SavedTokens = true, 0
	return RecentRequests{Holders: holders}
}

// BudgetHolder is what one process has taken of the budget.
type BudgetHolder struct {
	ID          string        `json:"id"`               // of its limiter
	At          time.Time     `json:"at"`               // when this was counted, by the clock of the process
	Step        time.Duration `json:"step"`             // width of a bucket
	Counts      []int         `json:"counts,omitempty"` // requests in each bucket, the newest first
	SavedTokens float64       `json:"saved,omitempty"`  // tokens that it might have spent since
	Stopped     bool          `json:"over,omitempty"`   // it has sent nothing since
	Unseen      time.Duration `json:"unseen,omitempty"` // how long it may have gone on sending since; 0: two seconds
}

// Waiting is what a session waits for, for the operator. The zero value is no
// wait.
type Waiting struct {
	For   string    `json:"for"`            // "Defender's rate limit (HTTP 429)"
	Since time.Time `json:"since"`          // when it began, UTC
	Until time.Time `json:"until,omitzero"` // when it ends at the latest, UTC; zero: not known
}

// IsOn reports whether there is a wait.
func (w Waiting) IsOn() bool { return w.For != "" }

// String is Describe with times in UTC, for logs.
func (w Waiting) String() string { return w.Describe(nil) }

// Describe says it in a few words, with times in a zone; "" without a wait.
func (w Waiting) Describe(zone *time.Location) string {
	if !w.IsOn() {
		return ""
	}
	text := w.For
	if !w.Since.IsZero() {
		text += ", since " + moment.FormatSecond(w.Since, zone)
	}
	if !w.Until.IsZero() {
		text += ", until " + moment.FormatSecond(w.Until, zone) + " at the latest"
	}
	return text
}
