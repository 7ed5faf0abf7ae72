package contract

import (
	"encoding/json"
	"time"

	"defendersync/internal/saas"
)

// ObserveParams says what to observe of an integration.
type ObserveParams struct {
	Integration string
	Now         time.Time        // by the workflow's clock
	Since       time.Time        // sessions that ended before it are not wanted
	Sessions    []WatchedSession // those that may run
	Due         []time.Time      // starts of which the outcome is wanted
	Looked      time.Time        // when the last look was; starts due since are wanted too
	Timezone    string           // IANA name of the zone of times in texts; "": UTC
}

// observeParamsJSON is the JSON of ObserveParams. It has the names by which
// workers of version 0.1 observe.
type observeParamsJSON struct {
	Names    observeNames     `json:"names"`
	Now      time.Time        `json:"now"`
	Since    time.Time        `json:"since"`
	Sessions []WatchedSession `json:"sessions,omitempty"`
	Due      []time.Time      `json:"due,omitempty"`
	Looked   time.Time        `json:"looked,omitzero"`
	Timezone string           `json:"timezone,omitempty"`
}

type observeNames struct {
	Integration string `json:"integration"`
	Schedule    string `json:"schedule"`
	Sync        string `json:"sync"`
	Session     string `json:"session"`
	Kind        string `json:"kind"`
	Attribute   string `json:"attribute"`
	Progress    string `json:"progress"`
	TaskQueue   string `json:"taskQueue"`
}

// MarshalJSON also writes the names, which follow from that of the integration.
func (p ObserveParams) MarshalJSON() ([]byte, error) {
	i := p.Integration
	return json.Marshal(observeParamsJSON{
		Names: observeNames{
			Integration: i, Schedule: ScheduleID(i), Sync: SyncID(i), Session: SessionID(i), TaskQueue: TaskQueue(i),
			Kind: WorkflowSession, Attribute: AttrIntegration, Progress: SignalProgress,
		},
		Now: p.Now, Since: p.Since, Sessions: p.Sessions, Due: p.Due, Looked: p.Looked, Timezone: p.Timezone,
	})
}

// UnmarshalJSON reads what MarshalJSON wrote, the other names excepted.
func (p *ObserveParams) UnmarshalJSON(b []byte) error {
	var in observeParamsJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*p = ObserveParams{Integration: in.Names.Integration, Now: in.Now, Since: in.Since, Sessions: in.Sessions, Due: in.Due, Looked: in.Looked, Timezone: in.Timezone}
	return nil
}

// Observation is the schedule and the sessions as they are at one moment.
type Observation struct {
	At       time.Time     `json:"at"`
	Schedule ScheduleView  `json:"schedule"`
	Sessions []SessionView `json:"sessions,omitempty"` // those that run, and those that ended since the last look or shortly before
	Starts   []StartView   `json:"starts,omitempty"`   // the outcome of the starts that were due
	Workers  WorkersView   `json:"workers"`
	// Inherited says that the schedule's counters are older than the watch, which
	// the first looks of older versions assumed.
	Inherited bool `json:"inherited,omitempty"`
	// Rules is the version of the rules to judge by. Older ones are kept for
	// workflows that are replayed.
	Rules int `json:"rules,omitempty"`
}

// ScheduleView is the integration's Temporal Schedule as it was observed.
type ScheduleView struct {
	Exists  bool        `json:"exists"`
	Created time.Time   `json:"created,omitzero"`
	Updated time.Time   `json:"updated,omitzero"` // last edit; zero: none
	Paused  bool        `json:"paused,omitempty"`
	Note    string      `json:"note,omitempty"`
	Next    []time.Time `json:"next,omitempty"` // the next starts, also while paused
	// Counted since the schedule was created.
	CatchUp int `json:"catchUp"` // starts that were missed for longer than the catch-up window
	Overlap int `json:"overlap"` // starts that were skipped because a session ran

	// NotBefore is before when the schedule starts nothing, which Temporal sees to:
	// the end of a pause that ends by itself. Zero: there is no such time.
	NotBefore time.Time `json:"notBefore,omitzero"`
}

// IsPaused reports whether the schedule starts nothing at a time, because it is paused or
// begins only later.
func (s ScheduleView) IsPaused(at time.Time) bool {
	return s.Exists && (s.Paused || s.NotBefore.After(at))
}

// EndOfPause returns when a pause that lasts at a time ends by itself; zero if it does not.
func (s ScheduleView) EndOfPause(at time.Time) time.Time {
	if s.Paused || !s.NotBefore.After(at) {
		return time.Time{}
	}
	return s.NotBefore
}

// EndedByItself reports whether the latest pause was to end by itself at a time before.
func (s ScheduleView) EndedByItself(at time.Time) bool {
	p, ok := ParsePauseNote(s.Note)
	return ok && !p.Ends.IsZero() && p.Until.IsZero() && !s.IsPaused(at)
}

// OnPurpose reports whether the schedule's note says that an operator had it
// paused at a time.
func (s ScheduleView) OnPurpose(at time.Time) bool {
	p, ok := ParsePauseNote(s.Note)
	return ok && p.CoversTime(at)
}

// SessionView is a session as it was observed.
type SessionView struct {
	ID              string             `json:"id"`
	Run             string             `json:"run"`
	Began           time.Time          `json:"began"`
	PickedUp        time.Time          `json:"picked,omitzero"` // when a worker first took it up; zero: none has
	Closed          time.Time          `json:"closed,omitzero"`
	CancelRequested bool               `json:"leaving,omitempty"` // its cancellation was requested
	End             SessionEnd         `json:"end,omitempty"`
	Outcome         saas.Outcome       `json:"outcome,omitempty"`
	Mode            string             `json:"mode,omitempty"` // full or incremental; "": not known
	DryRun          bool               `json:"dryRun,omitempty"`
	LimitApps       int                `json:"limitApps,omitempty"` // most apps that it reads; 0: it is not limited
	Error           string             `json:"error,omitempty"`     // why it failed, or who terminated it and why
	Blocker         string             `json:"blocker,omitempty"`   // of a skipped session: the session that held the lane
	LastProgress    time.Time          `json:"moved,omitzero"`      // when it last made progress
	Waiting         string             `json:"waiting,omitempty"`   // the failure that it waits out
	Progress        *NoticeProgress    `json:"progress,omitempty"`
	Errors          []saas.ReasonCount `json:"errors,omitempty"` // rejected rows by reason
	Skips           []saas.ReasonCount `json:"skips,omitempty"`  // rows that were left out by rule, by reason
}

// HasEnded reports whether the session has ended.
func (v SessionView) HasEnded() bool { return v.End != EndNone }

// IsTrial reports whether the session says nothing of how current Oomnitza is: a dry run,
// or a session of a few apps.
func (v SessionView) IsTrial() bool { return v.DryRun || v.LimitApps > 0 }

// StartView is the outcome of a start that was due.
type StartView struct {
	At      time.Time    `json:"at"`
	Valid   bool         `json:"valid"`             // the schedule as it is now has this start
	Session *SessionView `json:"session,omitempty"` // that was started; nil: none
}

// WorkersView is what the task queue shows of its workers.
type WorkersView struct {
	Seen    time.Time     `json:"seen,omitzero"` // when one that gets new work last asked for it; zero: none in the last minutes
	Backlog time.Duration `json:"backlog"`       // how long the oldest task has waited
	// Of workers with versions: why work waits, and what to do; "": it does not.
	Problem string `json:"problem,omitempty"`
	Todo    string `json:"todo,omitempty"`
}

// AreAlive reports whether a worker serves the task queue.
func (w WorkersView) AreAlive(at time.Time) bool {
	return !w.Seen.IsZero() && at.Sub(w.Seen) < silence && w.Backlog < silence
}

// SessionEnd is how a session ended, in Temporal's terms.
type SessionEnd string

// The ends of a session.
const (
	EndNone       SessionEnd = ""           // it runs
	EndCompleted  SessionEnd = "completed"  // Outcome says how
	EndFailed     SessionEnd = "failed"     // it said so itself
	EndCancelled  SessionEnd = "cancelled"  // by an operator
	EndTerminated SessionEnd = "terminated" // it could not report that
	EndTimedOut   SessionEnd = "timed out"  // nor that
	EndGone       SessionEnd = "gone"       // Temporal does not know it any more
)

// Outcome is the outcome of a session that ended so and reported none; "" where nobody knows.
func (e SessionEnd) Outcome() saas.Outcome {
	switch e {
	case EndNone:
		return saas.OutcomeRunning
	case EndCompleted:
		return saas.OutcomeCompleted
	case EndFailed:
		return saas.OutcomeFailed
	case EndCancelled:
		return saas.OutcomeCancelled
	case EndTerminated:
		return saas.OutcomeTerminated
	case EndTimedOut:
		return saas.OutcomeTimedOut
	}
	return ""
}

// silence is after how long without a request for work a worker is taken for
// dead. An idle one asks every minute.
const silence = 2 * time.Minute
