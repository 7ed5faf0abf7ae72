// Package watch judges whether the sessions of an integration go as they
// should: it turns what is known (State) and what is seen (Observation) into
// what the contacts are to be told (notices), and says when to look next. It is
// pure: no clock, no network. The Watch workflow applies it from inside of
// Temporal, `defendersync watch` from outside, when no worker is alive.
//
// It judges what it sees, not what it is told: an event that nobody reported,
// because a worker was killed or Temporal was down, is found at the next look.
package watch

import (
	"slices"
	"time"

	"defendersync/internal/notice"
)

// State is what a watch knows between two looks.
type State struct {
	Settings Settings  `json:"settings"`
	Since    time.Time `json:"since"`              // when the watch began; nothing older is told
	Looked   time.Time `json:"looked,omitzero"`    // the last look
	Sessions []Session `json:"sessions,omitempty"` // those that run, the oldest first
	Ended    []string  `json:"ended,omitempty"`    // run ids of those whose end was judged, the latest last
	Starts   []Planned `json:"starts,omitempty"`   // starts to come, and those not judged yet, the earliest first
	Schedule Schedule  `json:"schedule"`           // as it was at the last look
	Causes   Causes    `json:"causes"`             // why starts may be missing
	Trouble  Trouble   `json:"trouble"`            // what was told since the last good session
	LastGood time.Time `json:"lastGood,omitzero"`  // when the last session that completed ended
}

// Session is a session that runs, as it was last seen.
type Session struct {
	ID       string           `json:"id"`
	Run      string           `json:"run"`
	Began    time.Time        `json:"began"`
	Moved    time.Time        `json:"moved,omitzero"` // when it last got further
	Progress *notice.Progress `json:"progress,omitempty"`
	Stalled  bool             `json:"stalled,omitempty"` // told
	Stuck    bool             `json:"stuck,omitempty"`   // told
	Freed    bool             `json:"freed,omitempty"`   // told that it got further again
	Late     bool             `json:"late,omitempty"`    // its start was told as missed
	Seen     bool             `json:"seen,omitempty"`    // by a look; before, it is only said to run
}

// Planned is a start that the schedule announced, and how the schedule was at
// the first look after it was due.
type Planned struct {
	At      time.Time `json:"at"`
	Of      time.Time `json:"of"`                // when the schedule that announced it was made
	Looked  bool      `json:"looked,omitempty"`  // the schedule was looked at since
	Existed bool      `json:"existed,omitempty"` // it was there
	Edited  bool      `json:"edited,omitempty"`  // it had been edited, and had this start no more
	Paused  string    `json:"paused,omitempty"`  // note of its pause
	Meant   bool      `json:"meant,omitempty"`   // that pause was made on purpose
}

// Trouble counts the bad news since the last good session.
type Trouble struct {
	Failed int       `json:"failed,omitempty"`
	Missed int       `json:"missed,omitempty"`
	Since  time.Time `json:"since,omitzero"`
}

// Any reports whether there was bad news.
func (t Trouble) Any() bool { return t.Failed+t.Missed > 0 }

// keptEnds bounds the run ids that are remembered. An ended session is seen
// for as long as overlap goes back, so it has to outlast those.
const keptEnds = 200

// clone is a state that can be changed without changing the original.
func (s State) clone() State {
	s.Sessions, s.Ended, s.Starts = slices.Clone(s.Sessions), slices.Clone(s.Ended), slices.Clone(s.Starts)
	return s
}

// First reports whether no look was judged yet.
func (s State) First() bool { return s.Looked.Equal(s.Since) }

// Knows reports whether a run's end was judged already.
func (s State) Knows(run string) bool { return slices.Contains(s.Ended, run) }

// Announce adds a session that is said to run, so that the next look asks for
// it by name.
func (s State) Announce(id, run string, began time.Time) State {
	if s.Knows(run) || s.session(run) >= 0 {
		return s
	}
	s = s.clone()
	s.Sessions = append(s.Sessions, Session{ID: id, Run: run, Began: began})
	return s
}

func (s State) session(run string) int {
	return slices.IndexFunc(s.Sessions, func(x Session) bool { return x.Run == run })
}

// close notes that the end of a run is judged.
func (s *State) close(run string) {
	if i := s.session(run); i >= 0 {
		s.Sessions = slices.Delete(s.Sessions, i, i+1)
	}
	s.Ended = append(s.Ended, run)
	if over := len(s.Ended) - keptEnds; over > 0 {
		s.Ended = slices.Delete(s.Ended, 0, over)
	}
}

// Judge compares what is seen with what is known: it returns what is known
// from now on, and the notices that are due, the oldest matter first. Judging
// the same observation again yields none.
func Judge(s State, o Observation) (State, []notice.Notice) {
	j := &judgement{State: s.clone(), o: o}
	j.starts() // first, so that a session that ran late can be good news after it
	for _, v := range o.Sessions {
		if v.Ended() {
			j.end(v)
		} else {
			j.running(v)
		}
	}
	j.plan()
	j.Looked, j.Schedule = o.At, o.Schedule
	return j.State, j.notices
}

// judgement is one call of Judge.
type judgement struct {
	State
	o       Observation
	notices []notice.Notice
}

// maxCause bounds a cause, which may be a tenant's own words, in characters.
const maxCause = 1000

// tell adds a notice.
func (j *judgement) tell(n notice.Notice) {
	n.Integration, n.At = j.Settings.Integration, j.o.At.UTC()
	n.Key = j.Settings.Integration + "/" + n.Key
	if r := []rune(n.Cause); len(r) > maxCause {
		n.Cause = string(r[:maxCause]) + "…"
	}
	j.notices = append(j.notices, n)
}
