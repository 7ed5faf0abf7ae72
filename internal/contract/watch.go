package contract

import (
	"slices"
	"time"
)

// WatchParams is what a Watch is started with, and what one run hands to the
// next. It holds no secret.
type WatchParams struct {
	Settings WatchSettings `json:"settings"`
	State    *WatchState   `json:"state,omitempty"` // of the run before, when continued as new
}

// WatchState is all that a Watch knows. A memo holds it, so that it can be read
// from outside while no worker is alive.
type WatchState struct {
	Watch     Watched       `json:"watch"`
	Notices   []Notice      `json:"notices,omitempty"` // the in-app channel: the latest last
	SentKeys  []string      `json:"told,omitempty"`    // keys of notices that were judged due, the latest last
	Claims    []NoticeClaim `json:"claims,omitempty"`  // what is being sent from outside
	Pending   []Delivery    `json:"pending,omitempty"` // what is still to be delivered
	Lost      []Delivery    `json:"lost,omitempty"`    // what never will be, the latest last
	LookError string        `json:"blind,omitempty"`   // why the last look failed
	// Stopgap says that the settings were of no use and defaults stand in for
	// them, until a session or an apply brings better ones.
	DefaultSettings bool `json:"stopgap,omitempty"`
}

// NewWatchState is what a watch knows when it begins: nothing that was before.
// It may be a while until a worker takes it up.
func NewWatchState(s WatchSettings, began time.Time) *WatchState {
	return &WatchState{Watch: Watched{Settings: s, Since: began.UTC(), Looked: began.UTC()}}
}

// Watched is what a watch knows between two looks.
type Watched struct {
	Settings WatchSettings    `json:"settings"`
	Since    time.Time        `json:"since"`              // when the watch began; nothing older is told
	Looked   time.Time        `json:"looked,omitzero"`    // the last look
	Sessions []WatchedSession `json:"sessions,omitempty"` // those that run, the oldest first
	Ended    []string         `json:"ended,omitempty"`    // run ids of those whose end was judged, the latest last
	Starts   []PlannedStart   `json:"starts,omitempty"`   // starts to come, and those not judged yet, the earliest first
	Schedule ScheduleView     `json:"schedule"`           // as it was at the last look
	Causes   SkippedStarts    `json:"causes"`             // why starts may be missing
	Trouble  Trouble          `json:"trouble"`            // what was told since the last good session
	LastGood time.Time        `json:"lastGood,omitzero"`  // when the last session that completed ended
}

// IsFirstLook reports whether no look was judged yet.
func (s Watched) IsFirstLook() bool { return s.Looked.Equal(s.Since) }

// KnowsEnd reports whether a run's end was judged already.
func (s Watched) KnowsEnd(run string) bool { return slices.Contains(s.Ended, run) }

// WatchedSession is a session that runs, as it was last seen.
type WatchedSession struct {
	ID           string          `json:"id"`
	Run          string          `json:"run"`
	Began        time.Time       `json:"began"`
	LastProgress time.Time       `json:"moved,omitzero"` // when it last got further
	Progress     *NoticeProgress `json:"progress,omitempty"`
	Stalled      bool            `json:"stalled,omitempty"` // told
	Stuck        bool            `json:"stuck,omitempty"`   // told
	Resumed      bool            `json:"freed,omitempty"`   // told that it got further again
	Late         bool            `json:"late,omitempty"`    // its start was told as missed
	Seen         bool            `json:"seen,omitempty"`    // by a look; before, it is only said to run
}

// PlannedStart is a start that the schedule announced, and how the schedule was at
// the first look after it was due.
type PlannedStart struct {
	At              time.Time `json:"at"`
	ScheduleCreated time.Time `json:"of"`                // when the schedule that announced it was made
	Looked          bool      `json:"looked,omitempty"`  // the schedule was looked at since
	Existed         bool      `json:"existed,omitempty"` // it was there
	Edited          bool      `json:"edited,omitempty"`  // it had been edited, and had this start no more
	Paused          string    `json:"paused,omitempty"`  // note of its pause
	OnPurpose       bool      `json:"meant,omitempty"`   // that pause was made on purpose
}

// Trouble counts the bad news since the last good session.
type Trouble struct {
	Failed int       `json:"failed,omitempty"`
	Missed int       `json:"missed,omitempty"`
	Since  time.Time `json:"since,omitzero"`
}

// HasAny reports whether there was bad news.
func (t Trouble) HasAny() bool { return t.Failed+t.Missed > 0 }

// SkippedStarts counts the starts that the schedule's counters tell were skipped, and
// that are not yet matched with those that are missing.
type SkippedStarts struct {
	CatchUp int `json:"catchUp,omitempty"`
	Overlap int `json:"overlap,omitempty"`
}
