package contract

import (
	"time"

	"defendersync/internal/saas"
)

// Notice is one message to the contacts, the same for every channel.
type Notice struct {
	Key         string     `json:"key"` // what it is about: one notice a key, ever; no two integrations share one
	Kind        NoticeKind `json:"kind"`
	Integration string     `json:"integration"`
	At          time.Time  `json:"at"`              // when it was found out, UTC
	Since       time.Time  `json:"since,omitzero"`  // when the matter began: the session's begin, the start that was missed
	Headline    string     `json:"headline"`        // what happened, in one line, without the integration's name
	Cause       string     `json:"cause,omitempty"` // why, where known: a sentence or two
	Todo        string     `json:"todo,omitempty"`  // what to do next

	Session  string             `json:"session,omitempty"`  // workflow id of the session it is about
	Run      string             `json:"run,omitempty"`      // run id of that
	Link     string             `json:"link,omitempty"`     // its page in the Web UI, where that is known
	Progress *NoticeProgress    `json:"progress,omitempty"` // what was already carried over
	Errors   []saas.ReasonCount `json:"errors,omitempty"`   // rejected rows by reason, the most frequent first, a few
	Read     bool               `json:"read,omitempty"`     // marked as read by an operator
}

// NoticeKind says what a notice is about. Histories and webhooks hold these words, so
// they never change.
type NoticeKind string

// IsGood reports whether a notice is good news.
func (k NoticeKind) IsGood() bool { return k == NoticeRecovered || k == NoticeTest }

// Title names the kind in an operator's words: "Session failed".
func (k NoticeKind) Title() string {
	switch k {
	case NoticeFailed:
		return "Session failed"
	case NoticeStalled:
		return "Session stalled"
	case NoticeStuck:
		return "No progress"
	case NoticeMissed:
		return "Session missed"
	case NoticeRecovered:
		return "Recovered"
	case NoticeTest:
		return "Test notice"
	}
	return string(k)
}

// The kinds of notices.
const (
	NoticeFailed    NoticeKind = "failed"      // a session failed, also by being terminated or timing out
	NoticeStalled   NoticeKind = "stalled"     // a session has not completed in the time it is given (24 hours)
	NoticeStuck     NoticeKind = "no-progress" // a session has got no further for the time that is allowed (an hour)
	NoticeMissed    NoticeKind = "missed"      // a session did not run when scheduled
	NoticeRecovered NoticeKind = "recovered"   // the good news after one of those
	NoticeTest      NoticeKind = "test"        // sent by hand to try the channels
)

// Progress is how far a session had got.
type NoticeProgress struct {
	Phase        string      `json:"phase,omitempty"` // "reading apps", "carrying over users"
	AppsRead     int         `json:"appsRead"`
	AppsKnown    int         `json:"appsKnown"` // about; 0 when unknown
	Counts       saas.Counts `json:"counts"`
	LastProgress time.Time   `json:"moved,omitzero"` // when it last got further
	ExpectedEnd  time.Time   `json:"ends,omitzero"`  // when it will end if it goes on like this; zero when that can't be told
}
