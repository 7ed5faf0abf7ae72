package watch

import (
	"slices"
	"time"

	"defendersync/internal/contract"
)

// listLag is how far before the last look sessions that have ended are asked for, since
// Temporal's lists lag behind.
const listLag = 10 * time.Minute

// PlanObservation returns what has to be observed for the next decision.
func PlanObservation(s contract.Watched, now time.Time) contract.ObserveParams {
	in := contract.ObserveParams{
		Integration: s.Settings.Integration, Now: now.UTC(), Since: s.Since, Sessions: s.Sessions, Due: DueStarts(s, now), Looked: s.Looked, Timezone: s.Settings.Timezone,
	}
	if !s.Looked.IsZero() {
		in.Since = s.Looked.Add(-listLag)
	}
	return in
}

// DueStarts returns the starts that are due at a time and not decided yet.
func DueStarts(s contract.Watched, at time.Time) []time.Time {
	var out []time.Time
	for _, p := range s.Starts {
		if !p.At.After(at) {
			out = append(out, p.At)
		}
	}
	return out
}

// NextStart returns the first start that the schedule has announced for after the last
// look; false if there is none.
func NextStart(s contract.Watched) (time.Time, bool) {
	for _, p := range s.Starts {
		if p.At.After(s.Looked) {
			return p.At, true
		}
	}
	return time.Time{}, false
}

// idleLooks is how many times less often looks are taken while no session is running.
const idleLooks = 12

// NextLook returns when to look again, after the look at s.Looked. The zero time means
// at once.
func NextLook(s contract.Watched) time.Time {
	if s.Looked.IsZero() {
		return time.Time{}
	}
	next := s.Looked.Add(idleLooks * s.Settings.Every)
	advance := func(at time.Time) {
		if at.After(s.Looked) && at.Before(next) {
			next = at
		}
	}
	overdue := func(p contract.PlannedStart) bool { return !p.At.Add(s.Settings.Grace).After(s.Looked) }
	if len(s.Sessions) > 0 || slices.ContainsFunc(s.Starts, overdue) {
		advance(s.Looked.Add(s.Settings.Every))
	}
	for _, x := range s.Sessions {
		advance(x.Began.Add(s.Settings.StallAfter))
		advance(later(x.Began, x.LastProgress).Add(s.Settings.NoProgress))
	}
	for _, p := range s.Starts {
		advance(p.At)
		advance(p.At.Add(s.Settings.Grace))
	}
	return next
}
