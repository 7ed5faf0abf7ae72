package contract

import (
	"time"
)

// RecentRequests tells the requests of the last window, so that whoever takes over
// the budget, in another process or on another machine, goes on in the same
// window. It fits a checkpoint: at most 60 small numbers for each process that
// held the budget within the window. The zero value tells of none.
type RecentRequests struct {
	Holders []BudgetHolder `json:"holders,omitempty"` // the teller first, then those before it
}

// MarkSettled is the same, told by one who sends nothing any more. Without it a
// successor assumes that the teller was killed and sent for a little longer as
// fast as it was allowed to.
func (r RecentRequests) MarkSettled() RecentRequests {
	if len(r.Holders) == 0 {
		return r
	}
	holders := append([]BudgetHolder(nil), r.Holders...)
	holders[0].Stopped, holders[0].SavedTokens = true, 0
	return RecentRequests{Holders: holders}
}

// BudgetHolder is the requests of one process.
type BudgetHolder struct {
	ID          string        `json:"id"`               // of its limiter
	At          time.Time     `json:"at"`               // when this was told, by the teller's clock
	Step        time.Duration `json:"step"`             // width of a bucket
	Counts      []int         `json:"counts,omitempty"` // requests per bucket, the newest first
	SavedTokens float64       `json:"saved,omitempty"`  // tokens it might have spent after telling
	Stopped     bool          `json:"over,omitempty"`   // it sent nothing after telling
}

// Waiting is a wait as an operator sees it: for what, since when, until when.
// Its zero value is no wait.
type Waiting struct {
	For   string    `json:"for"`            // "Defender's rate limit (HTTP 429)"
	Since time.Time `json:"since"`          // when it began, UTC
	Until time.Time `json:"until,omitzero"` // when it ends at the latest, UTC; zero: not known
}

// IsOn reports whether there is a wait.
func (w Waiting) IsOn() bool { return w.For != "" }

// String says it in a few words; "" when there is no wait.
func (w Waiting) String() string {
	if !w.IsOn() {
		return ""
	}
	text := w.For
	if !w.Since.IsZero() {
		text += ", since " + waitTime(w.Since)
	}
	if !w.Until.IsZero() {
		text += ", until " + waitTime(w.Until) + " at the latest"
	}
	return text
}

func waitTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
