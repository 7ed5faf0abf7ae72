package contract

import (
	"time"

	"defendersync/internal/saas"
)

// SessionTotals counts what came of the sessions whose end a watch has judged. Since a
// watch judges each end once, each session is counted once, whichever workers ran it and
// however often they were killed. Its zero value has counted nothing.
type SessionTotals struct {
	Sessions []SessionCount     `json:"sessions,omitempty"`
	Rows     saas.Counts        `json:"rows"`              // dry runs and limited sessions left out
	Rejects  []saas.ReasonCount `json:"rejects,omitempty"` // the same, by reason
	Skips    []saas.ReasonCount `json:"skips,omitempty"`   // the same
	Last     LastSession        `json:"last,omitzero"`
}

// SessionCount is a number of sessions of one mode that ended in one way.
type SessionCount struct {
	Mode    SessionMode  `json:"mode"`
	Outcome saas.Outcome `json:"outcome"` // "": Temporal no longer knew the session
	Count   int          `json:"count"`
}

// SessionMode is the mode of a session as it is counted.
type SessionMode string

// The modes. A session has none if it was skipped, if it ended before its mode was
// decided, or if it could not report it.
const (
	ModeNone        SessionMode = ""
	ModeFull        SessionMode = "full"
	ModeIncremental SessionMode = "incremental"
	ModeDryRun      SessionMode = "dry run"
	ModeLimited     SessionMode = "limited" // it read a few apps only
)

// LastSession is the session that ended last, skipped, limited and dry runs left out.
type LastSession struct {
	Began    time.Time `json:"began"`
	Ended    time.Time `json:"ended"`
	Rejected int       `json:"rejected"` // rows of any kind
}
