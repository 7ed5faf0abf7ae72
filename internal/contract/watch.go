package contract

import (
	"slices"
	"time"
)

// WatchParams are the parameters of Watch. They hold no secret.
type WatchParams struct {
	Settings WatchSettings `json:"settings"`
	State    *WatchState   `json:"state,omitempty"` // of the run before; nil in the first
}

// WatchState is all that a Watch knows. A memo holds it, so that it can be read
// while no worker is alive.
type WatchState struct {
	Watch     Watched        `json:"watch"`
	Notices   []Notice       `json:"notices,omitempty"` // the in-app channel, the latest last
	SentKeys  []string       `json:"told,omitempty"`    // keys of the notices that were due so far, the latest last
	Claims    []NoticeClaim  `json:"claims,omitempty"`  // what processes outside are about to send
	Pending   []Delivery     `json:"pending,omitempty"` // deliveries still to be made
	Lost      []Delivery     `json:"lost,omitempty"`    // deliveries that were given up, the latest last
	GivenUp   map[string]int `json:"givenUp,omitempty"` // how many were given up so far, by channel
	LookError string         `json:"blind,omitempty"`   // why the last look failed; "": it did not
	// DefaultSettings says that the settings were invalid and are replaced by
	// defaults, until a session or "schedule apply" brings valid ones.
	DefaultSettings bool `json:"stopgap,omitempty"`
}

// NewWatchState is the state of a watch that begins. It knows nothing of the time
// before; a worker may take it up only later.
func NewWatchState(s WatchSettings, began time.Time) *WatchState {
	return &WatchState{Watch: Watched{Settings: s, Since: began.UTC(), Looked: began.UTC()}}
}

// Watched is what a watch knows of the schedule and the sessions.
type Watched struct {
	Settings WatchSettings    `json:"settings"`
	Since    time.Time        `json:"since"`              // when the watch began; there are no notices of anything older
	Looked   time.Time        `json:"looked,omitzero"`    // when the last look was
	Sessions []WatchedSession `json:"sessions,omitempty"` // those that run, the oldest first
	Ended    []string         `json:"ended,omitempty"`    // run ids of those whose end was judged, the latest last
	Starts   []PlannedStart   `json:"starts,omitempty"`   // those to come and those not judged yet, the earliest first
	Schedule ScheduleView     `json:"schedule"`           // as at the last look
	Causes   SkippedStarts    `json:"causes"`             // why starts may be missing
	Trouble  Trouble          `json:"trouble"`            // since the last good session
	LastGood time.Time        `json:"lastGood,omitzero"`  // when the last session that completed ended
	Totals   SessionTotals    `json:"totals,omitzero"`    // of the ends that were judged
}

// IsFirstLook reports whether no observation was judged yet.
func (s Watched) IsFirstLook() bool { return s.Looked.Equal(s.Since) }

// KnowsEnd reports whether the end of a run was judged.
func (s Watched) KnowsEnd(run string) bool { return slices.Contains(s.Ended, run) }

// WatchedSession is a session that runs, as it was last observed.
type WatchedSession struct {
	ID           string          `json:"id"`
	Run          string          `json:"run"`
	Began        time.Time       `json:"began"`
	LastProgress time.Time       `json:"moved,omitzero"` // when it last made progress
	Progress     *NoticeProgress `json:"progress,omitempty"`
	Stalled      bool            `json:"stalled,omitempty"` // there is a notice that it stalled
	Stuck        bool            `json:"stuck,omitempty"`   // there is a notice that it makes no progress
	Resumed      bool            `json:"freed,omitempty"`   // there is a notice that it makes progress again
	Late         bool            `json:"late,omitempty"`    // there is a notice that its start was missed
	Seen         bool            `json:"seen,omitempty"`    // it was observed; before that, it is only known by name
}

// PlannedStart is a start that the schedule announced, and how the schedule was
// at the first look after the start was due.
type PlannedStart struct {
	At              time.Time `json:"at"`
	ScheduleCreated time.Time `json:"of"`                // when the schedule that announced it was created
	Looked          bool      `json:"looked,omitempty"`  // the schedule was observed since
	Existed         bool      `json:"existed,omitempty"` // it was there then
	Edited          bool      `json:"edited,omitempty"`  // it had been edited, and no longer had this start
	Paused          string    `json:"paused,omitempty"`  // note of its pause
	OnPurpose       bool      `json:"meant,omitempty"`   // the pause was made on purpose
}

// Trouble counts what went wrong since the last good session.
type Trouble struct {
	Failed int       `json:"failed,omitempty"`
	Missed int       `json:"missed,omitempty"`
	Since  time.Time `json:"since,omitzero"`
}

// HasAny reports whether anything did.
func (t Trouble) HasAny() bool { return t.Failed+t.Missed > 0 }

// SkippedStarts counts the starts that the schedule has skipped, by its counters,
// and that are not yet matched with missing sessions.
type SkippedStarts struct {
	CatchUp int `json:"catchUp,omitempty"`
	Overlap int `json:"overlap,omitempty"`
}
