// Package watch decides what the contacts of an integration are told of its sessions:
// that one failed, stalled, makes no progress or was missed, and the good news after.
//
// It works in three steps. Package sessions observes, Decide decides, and Apply records
// the decision, whose deliveries are then made by whoever runs the watch: the Watch
// workflow from inside Temporal, `defendersync watch` from outside when no worker is
// alive. Nothing here has a clock or a network.
//
// Decisions rest on what is observed, not on what is reported: an event that nobody
// reported, because a worker was killed or Temporal was down, is found at the next
// observation.
package watch

import (
	"slices"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/moment"
)

// RulesNow is the version of the rules that new observations are decided by. Older
// versions are kept for workflows that are replayed.
//
// From version 1 on, a cancelled session is neither missed nor stuck, even if no worker
// has heard of the cancellation yet, and a session that was announced but never seen
// raises nothing. From version 2 on, one trouble brings one piece of good news, and what
// is told of a session that has ended is the latest that is known.
const RulesNow = 2

// Decision is what follows from an observation.
type Decision struct {
	State   contract.Watched  // what the watch knows from now on
	Notices []contract.Notice // what the contacts are to be told, the oldest matter first
	Ping    bool              // a session has completed, so the dead man's switch is to be pinged
}

// Decide compares an observation with what the watch knows. Deciding on the same
// observation again yields no notices.
func Decide(known contract.Watched, seen contract.Observation) Decision {
	d := &decider{state: cloneWatched(known), seen: seen}
	d.decideStarts() // first, so that a session that ran late can be good news after it
	for _, v := range seen.Sessions {
		if v.HasEnded() {
			d.decideEnded(v)
		} else {
			d.decideRunning(v)
		}
	}
	d.planStarts()
	d.state.Looked, d.state.Schedule = seen.At, seen.Schedule
	return Decision{State: d.state, Notices: d.notices, Ping: d.state.LastGood.After(known.LastGood)}
}

// Apply records a decision at a time: what the watch knows, and the deliveries to make.
func Apply(s *contract.WatchState, d Decision, at time.Time) {
	s.Watch = d.State
	for _, n := range d.Notices {
		QueueNotice(s, n, at)
	}
	if d.Ping {
		QueuePing(s, at)
	}
}

// decider makes one decision.
type decider struct {
	state   contract.Watched
	seen    contract.Observation
	notices []contract.Notice
}

// zone is the zone of times in notices.
func (d *decider) zone() *time.Location { return moment.LoadZone(d.state.Settings.Timezone) }

// maxCause bounds a cause, which may hold a tenant's own words, in characters.
const maxCause = 1000

// addNotice adds a notice.
func (d *decider) addNotice(n contract.Notice) {
	integration := d.state.Settings.Integration
	n.Integration, n.At, n.Key = integration, d.seen.At.UTC(), integration+"/"+n.Key
	n.Timezone = d.state.Settings.Timezone
	if r := []rune(n.Cause); len(r) > maxCause {
		n.Cause = string(r[:maxCause]) + "…"
	}
	d.notices = append(d.notices, n)
}

// countTrouble counts bad news until a session completes. since is when the matter
// began.
func (d *decider) countTrouble(count *int, since time.Time) {
	*count++
	if t := &d.state.Trouble; t.Since.IsZero() || since.Before(t.Since) {
		t.Since = since
	}
}

// keptEnds bounds the run ids of ended sessions that are kept. An ended session is
// observed for as long as listLag, so its id has to be kept for longer.
const keptEnds = 200

// cloneWatched returns a state that can be changed without changing the original.
func cloneWatched(s contract.Watched) contract.Watched {
	s.Sessions, s.Ended, s.Starts = slices.Clone(s.Sessions), slices.Clone(s.Ended), slices.Clone(s.Starts)
	s.Totals = cloneTotals(s.Totals)
	return s
}

// AnnounceSession adds a session that is reported to be running, so that the next
// observation looks it up by its ids.
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

// closeSession records that the end of a run has been decided.
func closeSession(s *contract.Watched, run string) {
	if i := findSession(*s, run); i >= 0 {
		s.Sessions = slices.Delete(s.Sessions, i, i+1)
	}
	s.Ended = append(s.Ended, run)
	s.Ended = slices.Delete(s.Ended, 0, max(0, len(s.Ended)-keptEnds))
}

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
