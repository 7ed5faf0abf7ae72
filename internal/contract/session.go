package contract

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"defendersync/internal/saas"
)

// SessionParams are the parameters of Session. They hold no secret.
type SessionParams struct {
	Integration string      `json:"integration"`
	Policy      saas.Policy `json:"policy"`
	StartedBy   string      `json:"startedBy"` // "schedule", or who started it
	Full        bool        `json:"full,omitempty"`
	DryRun      bool        `json:"dryRun,omitempty"`
	Previous    *Carry      `json:"previous,omitempty"` // of a session that the schedule does not start
	Trial
	// Watch are the settings of the integration's watch; nil in sessions that a
	// version without a watch has scheduled.
	Watch *WatchSettings `json:"watch,omitempty"`
}

// SessionResult is the result of a session. The schedule hands it to the next.
type SessionResult struct {
	Session     string        `json:"session"` // workflow id
	Integration string        `json:"integration"`
	StartedBy   string        `json:"startedBy,omitempty"`
	Outcome     saas.Outcome  `json:"outcome"`
	Mode        string        `json:"mode,omitempty"`   // full or incremental
	Reason      string        `json:"reason,omitempty"` // why that mode
	DryRun      bool          `json:"dryRun,omitempty"`
	LimitApps   int           `json:"limitApps,omitempty"` // it read no more than so many apps; 0: all there were to read
	Began       time.Time     `json:"began,omitzero"`
	Ended       time.Time     `json:"ended,omitzero"`
	Streams     []string      `json:"streams,omitempty"`    // names
	Spared      []string      `json:"spared,omitempty"`     // names of the streams that were left out because they add nothing
	SparedSince time.Time     `json:"sparedSince,omitzero"` // when that was last seen: the last full session
	Pages       int           `json:"pages"`                // pages of apps that are done
	Counts      saas.Counts   `json:"counts"`
	Rejects     saas.Tally    `json:"rejects"`
	Skips       saas.Tally    `json:"skips"`
	Warnings    []string      `json:"warnings,omitempty"`
	Requests    saas.Requests `json:"requests"`
	Blocker     string        `json:"blocker,omitempty"` // of a skipped session: the session that held the lane
	Error       string        `json:"error,omitempty"`   // of a failed session: why, and what to do
	Carry       Carry         `json:"carry"`
}

// AddWarning adds a note, unless it is there.
func (r *SessionResult) AddWarning(text string) {
	if text != "" && !slices.Contains(r.Warnings, text) {
		r.Warnings = append(r.Warnings, text)
	}
}

// DescribeSpared says which streams were left out because they add nothing; "" where
// none was.
func (r *SessionResult) DescribeSpared() string {
	if len(r.Spared) == 0 {
		return ""
	}
	return "left out: " + strings.Join(r.Spared, ", ") + " (on " + r.SparedSince.UTC().Format(time.DateOnly) + " every user there was in the streams before, too)"
}

// DecideOutcome is the outcome of a session that did all its work. One that
// skipped most users, and not on purpose, completed with errors.
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

// Carry is what a session hands to the next: from when on to read, and what to
// read again though nothing may have changed in Defender.
type Carry struct {
	Watermark time.Time    `json:"watermark,omitzero"` // when the last good session began, by Defender's clock
	LastFull  time.Time    `json:"lastFull,omitzero"`  // when the last good full session began
	Rules     string       `json:"rules,omitempty"`    // hash of the settings that decide what is carried over
	Retry     []saas.App   `json:"retry,omitempty"`    // apps with rejected rows, to be read whole
	FullNext  bool         `json:"fullNext,omitempty"` // more was rejected than retry holds: read everything
	Untaken   saas.Untaken `json:"untaken,omitzero"`   // values that Oomnitza refuses, not to be tried until the next full session
	Claims    saas.Claims  `json:"claims,omitempty"`   // records that stand for an app though their link keys do not say so
	Probed    bool         `json:"probed,omitempty"`   // users of apps could be read
	Unsorted  []string     `json:"unsorted,omitempty"` // lists that Defender does not sort by last activity: "apps", "users"

	Prints PrintsRef      `json:"prints,omitzero"`  // the fingerprints of the apps that were read
	Missed bool           `json:"missed,omitempty"` // an app whose row was the same had news: no app is left alone until the next full session
	Spared []SparedStream `json:"spared,omitempty"` // streams that added nothing in the last full session
}

// Progress is how far a session is, up to the last page of apps that is done.
// What the page under way has done is in the heartbeat of its activity.
type Progress struct {
	Phase     string        `json:"phase"`
	Mode      string        `json:"mode,omitempty"`
	Reason    string        `json:"reason,omitempty"`
	Streams   []string      `json:"streams,omitempty"`
	Stream    int           `json:"stream"`    // index of the stream being read
	AppsKnown int           `json:"appsKnown"` // about, in the streams that are counted; 0: not known
	AppsRead  int           `json:"appsRead"`
	Pages     int           `json:"pages"`
	Counts    saas.Counts   `json:"counts"`
	Requests  saas.Requests `json:"requests"`
	Warnings  []string      `json:"warnings,omitempty"`
	At        time.Time     `json:"at,omitzero"`

	Waiting   Waiting `json:"waiting,omitzero"`    // what the activity under way waits for, if that lasts
	Uncounted int     `json:"uncounted,omitempty"` // streams not read to their end, of which it is not known how many apps are to be read
}

// Trial is what sets apart a session by which an operator tries what others will do. Its
// zero value is that of all other sessions.
//
// A worker of a version that does not know the limit would read and write everything. So
// a limited session that writes is a dry run to such a worker: DryRun is set beside
// LimitWrites, which takes it back.
type Trial struct {
	LimitApps   int  `json:"limitApps,omitempty"`   // most apps that are carried over, the first ones listed; 0: all
	LimitWrites bool `json:"limitWrites,omitempty"` // it writes, though DryRun is set
	// ActivityQueue is the task queue of the activities that read the tenants in a dry
	// run, served by the command that lists what it would write; "": the integration's.
	ActivityQueue string `json:"activityQueue,omitempty"`
}

// limitedMode is the search attribute AttrMode of a limited session that writes.
const limitedMode = "limited to %d apps"

// LimitedMode is AttrMode of a session that writes and is limited to so many apps.
func LimitedMode(apps int) string { return fmt.Sprintf(limitedMode, apps) }

// ParseLimitedMode reads LimitedMode; 0: the mode is another one.
func ParseLimitedMode(mode string) (apps int) {
	if n, err := fmt.Sscanf(mode, limitedMode, &apps); n != 1 || err != nil {
		return 0
	}
	return apps
}

// SessionNews tells a Watch that a session began, or that it is about to end.
type SessionNews struct {
	ID    string    `json:"id"`
	Run   string    `json:"run"`
	Began time.Time `json:"began"`
	Ends  bool      `json:"ends,omitempty"`
	// Settings are those of the session, for a watch that has lost its own; nil
	// when a session ends.
	Settings *WatchSettings `json:"settings,omitempty"`
}
