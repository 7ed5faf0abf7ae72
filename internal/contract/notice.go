package contract

import (
	"time"

	"defendersync/internal/saas"
)

// Notice is one message to the contacts, the same for every channel.
type Notice struct {
	Key         string     `json:"key"` // identifies the matter: there is one notice for each key, ever; it begins with the integration
	Kind        NoticeKind `json:"kind"`
	Integration string     `json:"integration"`
	At          time.Time  `json:"at"`                 // when it was found, UTC
	Timezone    string     `json:"timezone,omitempty"` // IANA name of the zone that its readers go by; "": UTC
	Since       time.Time  `json:"since,omitzero"`     // when the matter began: the begin of the session, the missed start
	Headline    string     `json:"headline"`           // what happened, in one line, without the integration's name
	Cause       string     `json:"cause,omitempty"`    // why, in a sentence or two; "": not known
	Todo        string     `json:"todo,omitempty"`     // what to do

	Session  string             `json:"session,omitempty"`  // workflow id of the session that it is about
	Run      string             `json:"run,omitempty"`      // its run id
	Link     string             `json:"link,omitempty"`     // its page in the Web UI; "": not known
	Progress *NoticeProgress    `json:"progress,omitempty"` // what was carried over
	Errors   []saas.ReasonCount `json:"errors,omitempty"`   // rejected rows by reason, the most frequent first; at most a few
	Read     bool               `json:"read,omitempty"`     // an operator has marked it as read
}

// NoticeKind is what a notice is about. Receivers of webhooks rely on these words
// too.
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
	NoticeFailed    NoticeKind = "failed"      // a session failed, was terminated or timed out
	NoticeStalled   NoticeKind = "stalled"     // a session runs for longer than it may
	NoticeStuck     NoticeKind = "no-progress" // a session has made no progress for longer than it may
	NoticeMissed    NoticeKind = "missed"      // a session did not run when scheduled
	NoticeRecovered NoticeKind = "recovered"   // what was wrong is right again
	NoticeTest      NoticeKind = "test"        // sent by an operator, to try the channels
)

// NoticeProgress is how far a session was.
type NoticeProgress struct {
	Phase        string      `json:"phase,omitempty"` // "reading apps", "carrying over users"
	AppsRead     int         `json:"appsRead"`
	AppsKnown    int         `json:"appsKnown"`           // about; 0: not known
	Uncounted    int         `json:"uncounted,omitempty"` // streams that are not among these
	Streams      int         `json:"streams,omitempty"`   // all that are read
	Counts       saas.Counts `json:"counts"`
	LastProgress time.Time   `json:"moved,omitzero"`  // when it last made progress
	ExpectedEnd  time.Time   `json:"ends,omitzero"`   // when it will end at this rate; zero: not known
	Final        bool        `json:"final,omitempty"` // the counts are those of the session's result
}
