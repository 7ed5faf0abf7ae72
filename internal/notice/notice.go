// Package notice is what the integration's contacts are told: that a session
// failed, stalled or was missed, and the good news after. A Notice holds facts;
// package watch decides which there are, and package notify words and sends
// them. It holds no secret and no personal data: no user's name, no row.
package notice

import (
	"time"

	"defendersync/internal/saas"
)

// Kind says what a notice is about. Histories and webhooks hold these words, so
// they never change.
type Kind string

// The kinds of notices.
const (
	Failed    Kind = "failed"      // a session failed, also by being terminated or timing out
	Stalled   Kind = "stalled"     // a session has not completed in the time it is given (24 hours)
	Stuck     Kind = "no-progress" // a session has got no further for the time that is allowed (an hour)
	Missed    Kind = "missed"      // a session did not run when scheduled
	Recovered Kind = "recovered"   // the good news after one of those
	Test      Kind = "test"        // sent by hand to try the channels
)

// Notice is one message to the contacts, the same for every channel.
type Notice struct {
	Key         string    `json:"key"` // what it is about: one notice a key, ever; no two integrations share one
	Kind        Kind      `json:"kind"`
	Integration string    `json:"integration"`
	At          time.Time `json:"at"`              // when it was found out, UTC
	Since       time.Time `json:"since,omitzero"`  // when the matter began: the session's begin, the start that was missed
	Headline    string    `json:"headline"`        // what happened, in one line, without the integration's name
	Cause       string    `json:"cause,omitempty"` // why, where known: a sentence or two
	Todo        string    `json:"todo,omitempty"`  // what to do next

	Session  string       `json:"session,omitempty"`  // workflow id of the session it is about
	Run      string       `json:"run,omitempty"`      // run id of that
	Link     string       `json:"link,omitempty"`     // its page in the Web UI, where that is known
	Progress *Progress    `json:"progress,omitempty"` // what was already carried over
	Errors   []ErrorCount `json:"errors,omitempty"`   // rejected rows by reason, the most frequent first, a few
	Read     bool         `json:"read,omitempty"`     // marked as read by an operator
}

// Progress is how far a session had got.
type Progress struct {
	Phase     string      `json:"phase,omitempty"` // "reading apps", "carrying over users"
	AppsRead  int         `json:"appsRead"`
	AppsKnown int         `json:"appsKnown"` // about; 0 when unknown
	Counts    saas.Counts `json:"counts"`
	Moved     time.Time   `json:"moved,omitzero"` // when it last got further
	Ends      time.Time   `json:"ends,omitzero"`  // when it will end if it goes on like this; zero when that can't be told
}

// ErrorCount is how often rows were rejected for one reason.
type ErrorCount = saas.ReasonCount

// Good reports whether a notice is good news.
func (k Kind) Good() bool { return k == Recovered || k == Test }

// Title names the kind in an operator's words: "Session failed".
func (k Kind) Title() string {
	switch k {
	case Failed:
		return "Session failed"
	case Stalled:
		return "Session stalled"
	case Stuck:
		return "No progress"
	case Missed:
		return "Session missed"
	case Recovered:
		return "All is well again"
	case Test:
		return "Test notice"
	}
	return string(k)
}
