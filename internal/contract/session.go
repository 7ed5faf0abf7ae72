package contract

import (
	"slices"
	"time"

	"defendersync/internal/saas"
)

// SessionParams is what a session is started with. It holds no secret.
type SessionParams struct {
	Integration string      `json:"integration"`
	Policy      saas.Policy `json:"policy"`
	StartedBy   string      `json:"startedBy"` // "schedule", or who asked for it
	Full        bool        `json:"full,omitempty"`
	DryRun      bool        `json:"dryRun,omitempty"`
	Previous    *Carry      `json:"previous,omitempty"` // for sessions that the schedule does not start
	// Watch is what the integration's watch goes by; nil in sessions that were
	// scheduled by a version without one, which tell nobody.
	Watch *WatchSettings `json:"watch,omitempty"`
}

// SessionResult is what came of a session.
type SessionResult struct {
	Session     string        `json:"session"` // workflow id
	Integration string        `json:"integration"`
	StartedBy   string        `json:"startedBy,omitempty"`
	Outcome     saas.Outcome  `json:"outcome"`
	Mode        string        `json:"mode,omitempty"`   // full or incremental
	Reason      string        `json:"reason,omitempty"` // why that mode
	DryRun      bool          `json:"dryRun,omitempty"`
	Began       time.Time     `json:"began,omitzero"`
	Ended       time.Time     `json:"ended,omitzero"`
	Streams     []string      `json:"streams,omitempty"` // names
	Pages       int           `json:"pages"`             // app pages done
	Counts      saas.Counts   `json:"counts"`
	Rejects     saas.Tally    `json:"rejects"`
	Skips       saas.Tally    `json:"skips"`
	Warnings    []string      `json:"warnings,omitempty"`
	Requests    saas.Requests `json:"requests"`
	Blocker     string        `json:"blocker,omitempty"` // skipped: the session that was running
	Error       string        `json:"error,omitempty"`   // failed: why, and what to do
	Carry       Carry         `json:"carry"`
}

// AddWarning adds a warning once.
func (r *SessionResult) AddWarning(text string) {
	if text != "" && !slices.Contains(r.Warnings, text) {
		r.Warnings = append(r.Warnings, text)
	}
}

// DecideOutcome is the outcome of a session that ran to its end. One that skipped
// most users, and not on purpose, is no plain success.
func (r *SessionResult) DecideOutcome() saas.Outcome {
	if r.Counts.Rejected() > 0 || r.NoteSkipped() != "" {
		return saas.OutcomeCompletedWithErrors
	}
	return saas.OutcomeCompleted
}

// NoteSkipped is saas.NoteSkipped of this session.
func (r *SessionResult) NoteSkipped() string {
	return saas.NoteSkipped(saas.Mode(r.Mode), r.Counts.Users.Seen, r.Skips)
}

// Carry is what one session hands to the next: where it may start reading, and
// what must be tried again though nothing changed in Defender.
type Carry struct {
	Watermark time.Time    `json:"watermark,omitzero"` // when the last good session began, by Defender's clock
	LastFull  time.Time    `json:"lastFull,omitzero"`  // when the last good full session began
	Rules     string       `json:"rules,omitempty"`    // hash of the settings that decide what is mapped
	Retry     []saas.App   `json:"retry,omitempty"`    // apps with rejected rows, to be read whole
	FullNext  bool         `json:"fullNext,omitempty"` // more was rejected than Retry holds: read everything
	Untaken   saas.Untaken `json:"untaken,omitzero"`   // fields that Oomnitza does not take, not to be tried in vain until the next full session
	Claims    saas.Claims  `json:"claims,omitempty"`   // records that stand for an app though their link keys don't say so
	Probed    bool         `json:"probed,omitempty"`   // users of apps could be read
	Unsorted  []string     `json:"unsorted,omitempty"` // lists that Defender does not sort by last activity: "apps", "users"
}

// Progress is how far a session has got, up to the page that is finished. What
// the page at work has done is in its activity's heartbeat.
type Progress struct {
	Phase     string        `json:"phase"`
	Mode      string        `json:"mode,omitempty"`
	Reason    string        `json:"reason,omitempty"`
	Streams   []string      `json:"streams,omitempty"`
	Stream    int           `json:"stream"`    // index of the stream being read
	AppsKnown int           `json:"appsKnown"` // in the streams looked at so far, about
	AppsRead  int           `json:"appsRead"`
	Pages     int           `json:"pages"`
	Counts    saas.Counts   `json:"counts"`
	Requests  saas.Requests `json:"requests"`
	Warnings  []string      `json:"warnings,omitempty"`
	At        time.Time     `json:"at,omitzero"`

	Waiting Waiting `json:"waiting,omitzero"` // what the work waits for, where that lasts
}

// SessionNews tells a Watch of a session's begin, or that it is about to end.
type SessionNews struct {
	ID    string    `json:"id"`
	Run   string    `json:"run"`
	Began time.Time `json:"began"`
	Ends  bool      `json:"ends,omitempty"`
	// Settings are what the session was started with, for a watch that has lost
	// its own; nil when a session ends.
	Settings *WatchSettings `json:"settings,omitempty"`
}
