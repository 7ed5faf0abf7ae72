package watch

import (
	"time"

	"defendersync/internal/notice"
	"defendersync/internal/pausenote"
	"defendersync/internal/saas"
)

// Observation is what a look has seen, all at about the same moment.
type Observation struct {
	At       time.Time     `json:"at"`
	Schedule Schedule      `json:"schedule"`
	Sessions []SessionView `json:"sessions,omitempty"` // those that run, and those that ended since the last look or a little before
	Starts   []Start       `json:"starts,omitempty"`   // what became of the starts that were due
	Workers  Workers       `json:"workers"`
	// Inherited has a first look take the schedule's counters for older than
	// the watch, whenever it was made, as all first looks once did.
	Inherited bool `json:"inherited,omitempty"`
	// Rules is the version of the rules to judge by, at most RulesNow. Older
	// ones are kept for workflows that have judged by them and are replayed.
	Rules int `json:"rules,omitempty"`
}

// RulesNow is the version of the rules that new looks are judged by.
//
// From 1 on a session that was cancelled, also one that no worker has heard of
// it yet, is not missed and not stuck, and one that was announced, but is not
// there and was never seen, raises nothing.
const RulesNow = 1

// Schedule is the integration's Temporal Schedule as it was seen.
type Schedule struct {
	Exists  bool        `json:"exists"`
	Created time.Time   `json:"created,omitzero"`
	Updated time.Time   `json:"updated,omitzero"` // last edit; zero when there was none
	Paused  bool        `json:"paused,omitempty"`
	Note    string      `json:"note,omitempty"`
	Next    []time.Time `json:"next,omitempty"` // the next starts, paused or not
	// Counters of the schedule's life so far.
	CatchUp int `json:"catchUp"` // starts given up because Temporal was down for longer than the catch-up window
	Overlap int `json:"overlap"` // starts skipped because a session ran
}

// OnPurpose reports whether an operator had paused the schedule by our command
// at a time, and said so in its note.
func (s Schedule) OnPurpose(at time.Time) bool {
	p, ok := pausenote.Parse(s.Note)
	return ok && p.Covers(at)
}

// End is how a session ended, in Temporal's terms.
type End string

// The ends of a session.
const (
	EndNone       End = ""           // it runs
	EndCompleted  End = "completed"  // Outcome says how
	EndFailed     End = "failed"     // it said so itself
	EndCancelled  End = "cancelled"  // by an operator
	EndTerminated End = "terminated" // it could not report that
	EndTimedOut   End = "timed out"  // nor that
	EndGone       End = "gone"       // Temporal does not know it any more
)

// SessionView is a session as it was seen.
type SessionView struct {
	ID       string              `json:"id"`
	Run      string              `json:"run"`
	Began    time.Time           `json:"began"`
	Picked   time.Time           `json:"picked,omitzero"` // when a worker first took it up; zero: none has
	Closed   time.Time           `json:"closed,omitzero"`
	Leaving  bool                `json:"leaving,omitempty"` // it was asked to stop
	End      End                 `json:"end,omitempty"`
	Outcome  saas.Outcome        `json:"outcome,omitempty"`
	DryRun   bool                `json:"dryRun,omitempty"`
	Error    string              `json:"error,omitempty"`   // why it failed, or who terminated it and why
	Blocker  string              `json:"blocker,omitempty"` // of a skipped one: the session that ran
	Moved    time.Time           `json:"moved,omitzero"`    // when it last got further
	Waiting  string              `json:"waiting,omitempty"` // the failure that it is waiting out
	Progress *notice.Progress    `json:"progress,omitempty"`
	Errors   []notice.ErrorCount `json:"errors,omitempty"`
}

// Ended reports whether the session has ended.
func (v SessionView) Ended() bool { return v.End != EndNone }

// ran reports whether the session ran at a time.
func (v SessionView) ran(at time.Time) bool {
	return !v.Began.After(at) && (v.Closed.IsZero() || v.Closed.After(at))
}

// Start is what became of a start that was due.
type Start struct {
	At      time.Time    `json:"at"`
	Valid   bool         `json:"valid"`             // the schedule as it is now has this start
	Session *SessionView `json:"session,omitempty"` // what was started; nil: nothing
}

// Workers is what the task queue tells of its workers.
type Workers struct {
	Seen    time.Time     `json:"seen,omitzero"` // when one last asked for work; zero: none in the last minutes
	Backlog time.Duration `json:"backlog"`       // how long the oldest task has waited
}

// silence is how long a worker may not have asked for work before it is taken
// for dead: an idle one asks every minute.
const silence = 2 * time.Minute

// Alive reports whether a worker serves the task queue.
func (w Workers) Alive(at time.Time) bool {
	return !w.Seen.IsZero() && at.Sub(w.Seen) < silence && w.Backlog < silence
}
