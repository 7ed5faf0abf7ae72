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

	"defendersync/internal/contract"
)

// keptEnds bounds the run ids that are remembered. An ended session is seen
// for as long as overlap goes back, so it has to outlast those.
const keptEnds = 200

// cloneWatched is a state that can be changed without changing the original.
func cloneWatched(s contract.Watched) contract.Watched {
	s.Sessions, s.Ended, s.Starts = slices.Clone(s.Sessions), slices.Clone(s.Ended), slices.Clone(s.Starts)
	return s
}

// AnnounceSession adds a session that is said to run, so that the next look asks for
// it by name.
func AnnounceSession(s contract.Watched, id, run string, began time.Time) contract.Watched {
	if s.KnowsEnd(run) || findSession(s, run) >= 0 {
		return s
	}
	s = cloneWatched(s)
	s.Sessions = append(s.Sessions, contract.WatchedSession{ID: id, Run: run, Began: began})
	return s
}

func findSession(s contract.Watched, run string) int {
	return slices.IndexFunc(s.Sessions, func(x contract.WatchedSession) bool { return x.Run == run })
}

// closeSession notes that the end of a run is judged.
func closeSession(s *contract.Watched, run string) {
	if i := findSession(*s, run); i >= 0 {
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
func Judge(s contract.Watched, o contract.Observation) (contract.Watched, []contract.Notice) {
	j := &judgement{Watched: cloneWatched(s), o: o}
	j.starts() // first, so that a session that ran late can be good news after it
	for _, v := range o.Sessions {
		if v.HasEnded() {
			j.end(v)
		} else {
			j.running(v)
		}
	}
	j.plan()
	j.Looked, j.Schedule = o.At, o.Schedule
	return j.Watched, j.notices
}

// judgement is one call of Judge.
type judgement struct {
	contract.Watched
	o       contract.Observation
	notices []contract.Notice
}

// maxCause bounds a cause, which may be a tenant's own words, in characters.
const maxCause = 1000

// tell adds a notice.
func (j *judgement) tell(n contract.Notice) {
	n.Integration, n.At = j.Settings.Integration, j.o.At.UTC()
	n.Key = j.Settings.Integration + "/" + n.Key
	if r := []rune(n.Cause); len(r) > maxCause {
		n.Cause = string(r[:maxCause]) + "…"
	}
	j.notices = append(j.notices, n)
}
