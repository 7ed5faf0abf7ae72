package watch

import (
	"slices"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// starts judges the starts whose grace is over: did a session run when it was
// scheduled, and if not, why?
func (j *judgement) starts() {
	j.count()
	for _, start := range j.o.Starts {
		i := slices.IndexFunc(j.Starts, func(p contract.PlannedStart) bool { return p.At.Equal(start.At) })
		if i < 0 {
			s := j.o.Schedule
			if !start.At.After(later(j.Looked, j.Since)) || !s.Exists || start.At.Before(s.Created) {
				continue // judged already
			}
			// Not among what the schedule had announced at the last look.
			j.Starts = append(j.Starts, contract.PlannedStart{At: start.At, ScheduleCreated: s.Created})
			i = len(j.Starts) - 1
		}
		j.note(&j.Starts[i], start)
		if planned := j.Starts[i]; j.ripe(start) {
			j.Starts = slices.Delete(j.Starts, i, i+1)
			j.judge(planned, start)
		}
	}
	if len(DueStarts(j.Watched, j.o.At)) == 0 {
		j.Causes = contract.SkippedStarts{} // triggers pulled by hand, which nobody waits for
	}
}

// lag is how long the schedule's own clockwork is waited for after an outage.
const lag = 5 * time.Minute

// ripe reports whether a start can be judged: its grace is over, and the
// schedule has come to it, which after an outage takes a moment.
func (j *judgement) ripe(start contract.StartView) bool {
	over := start.At.Add(j.Settings.Grace)
	if j.o.At.Before(over) {
		return false
	}
	s := j.o.Schedule
	// One that was given up stays among the next until another is due, too.
	coming := start.Session == nil && !s.Paused && j.Causes == (contract.SkippedStarts{}) && slices.ContainsFunc(s.Next, start.At.Equal)
	return !coming || j.o.At.After(over.Add(lag))
}

// note keeps how the schedule is when a start is due: it may be otherwise when
// the start's grace is over.
func (j *judgement) note(p *contract.PlannedStart, start contract.StartView) {
	if p.Looked {
		return
	}
	s := j.o.Schedule
	p.Looked, p.Existed = true, s.Exists && !s.Created.After(p.At)
	p.Edited = p.Existed && !start.Valid && !s.Updated.IsZero() && !s.Updated.After(p.At)
	p.OnPurpose = s.OnPurpose(p.At)
	if s.Paused {
		p.Paused = s.Note
		if p.Paused == "" {
			p.Paused = noReason
		}
	}
}

// noReason stands in for a pause's note that is empty.
const noReason = "no reason was given"

// newborn is how much older than its watch a schedule may be whose counters
// all fall into the watch's time: one command makes both.
const newborn = time.Minute

// count takes in what the schedule's counters have gained since the last look.
func (j *judgement) count() {
	now, before := j.o.Schedule, j.Schedule
	if j.IsFirstLook() && (j.o.Inherited || now.Created.Add(newborn).Before(j.Since)) {
		return // the schedule was there before the watch: what it counted is none of ours
	}
	if !before.Exists || now.Created.After(before.Created) {
		before = contract.ScheduleView{} // another schedule, which counts anew
	}
	j.Causes.CatchUp += max(0, now.CatchUp-before.CatchUp)
	j.Causes.Overlap += max(0, now.Overlap-before.Overlap)
}

// judge tells of a start whose session did not run when it should have.
func (j *judgement) judge(p contract.PlannedStart, start contract.StartView) {
	why, missed := j.cause(p, start)
	if !missed {
		return
	}
	j.bad(&j.Trouble.Missed, p.At)
	n := missedStart(p.At, why)
	if v := start.Session; v != nil {
		n.Session, n.Run = v.ID, v.Run
		if !v.HasEnded() {
			j.Watched = AnnounceSession(j.Watched, v.ID, v.Run, v.Began)
			j.Sessions[findSession(j.Watched, v.Run)].Late = true
		}
	}
	j.tell(n)
	if why.kind == causeDeleted {
		// The schedule that announced those to come is gone, and so are they.
		j.Starts = slices.DeleteFunc(j.Starts, func(other contract.PlannedStart) bool {
			return other.ScheduleCreated.Equal(p.ScheduleCreated) && other.At.After(j.o.At)
		})
	}
}

// cause finds out why a start was missed; false when it was not, or was meant
// to be.
func (j *judgement) cause(p contract.PlannedStart, start contract.StartView) (why, bool) {
	if v := start.Session; v != nil {
		return j.causeOfLate(p, *v)
	}
	s := j.o.Schedule
	switch {
	case p.OnPurpose || s.OnPurpose(p.At), p.Edited:
		return why{}, false
	case !p.Existed && !s.Exists:
		return why{kind: causeDeleted}, true
	case !p.Existed:
		return why{kind: causeDeleted, at: s.Created}, true
	case p.Paused != "":
		return why{kind: causePaused, text: p.Paused}, true
	}
	running, ran := j.ranAt(p.At)
	switch {
	case ran && j.Causes.Overlap > 0:
		j.Causes.Overlap--
		return why{kind: causeOverlap, text: running}, true
	case j.Causes.CatchUp > 0:
		j.Causes.CatchUp--
		return why{kind: causeCatchUp}, true
	case j.Causes.Overlap > 0:
		j.Causes.Overlap--
		return why{kind: causeOverlap}, true
	}
	return why{kind: causeUnknown, text: s.Note}, true
}

// causeOfLate judges a start that did start something.
func (j *judgement) causeOfLate(p contract.PlannedStart, v contract.SessionView) (why, bool) {
	limit := p.At.Add(j.Settings.Grace)
	switch {
	case v.Outcome == saas.OutcomeSkipped:
		return why{kind: causeOverlap, text: v.Blocker}, true
	case (v.End == contract.EndCancelled || v.CancelRequested) && j.o.Rules > 0:
		return why{}, false // an operator's doing, whoever had picked it up by then
	case v.Began.After(limit):
		return why{kind: causeLate, at: v.Began}, true
	case v.PickedUp.IsZero() && v.HasEnded():
		return why{}, false // it ended before a worker took it up, which is told as a failure
	case v.PickedUp.IsZero():
		return why{kind: causeNoWorker}, true
	case v.PickedUp.After(limit):
		return why{kind: causeNoWorker, at: v.PickedUp}, true
	}
	return why{}, false
}

// ranAt names a session that ran at a time.
func (j *judgement) ranAt(at time.Time) (id string, ok bool) {
	for _, v := range j.o.Sessions {
		if ranAt(v, at) {
			return v.ID, true
		}
	}
	return "", false
}

// plan takes over the starts to come from the schedule as it is now. Those of
// a schedule that is gone stay, to be told when they are due.
func (j *judgement) plan() {
	s := j.o.Schedule
	if !s.Exists {
		return
	}
	var plan []contract.PlannedStart
	for _, p := range j.Starts {
		if !p.At.After(j.o.At) {
			plan = append(plan, p)
		}
	}
	for _, at := range s.Next {
		if at.After(j.o.At) {
			plan = append(plan, contract.PlannedStart{At: at.UTC(), ScheduleCreated: s.Created})
		}
	}
	j.Starts = plan
}

// DueStarts are the starts that a look at a time has to ask about.
func DueStarts(s contract.Watched, at time.Time) []time.Time {
	var out []time.Time
	for _, p := range s.Starts {
		if !p.At.After(at) {
			out = append(out, p.At)
		}
	}
	return out
}

// idleLooks is how many times rarer looks are while no session runs.
const idleLooks = 12

// NextLook is when to look again, after a look at the state's Looked. Zero:
// at once.
func NextLook(s contract.Watched) time.Time {
	if s.Looked.IsZero() {
		return time.Time{}
	}
	next := s.Looked.Add(idleLooks * s.Settings.Every)
	sooner := func(at time.Time) {
		if at.After(s.Looked) && at.Before(next) {
			next = at
		}
	}
	overdue := func(p contract.PlannedStart) bool { return !p.At.Add(s.Settings.Grace).After(s.Looked) }
	if len(s.Sessions) > 0 || slices.ContainsFunc(s.Starts, overdue) {
		sooner(s.Looked.Add(s.Settings.Every))
	}
	for _, x := range s.Sessions {
		sooner(x.Began.Add(s.Settings.StallAfter))
		sooner(later(x.Began, x.LastProgress).Add(s.Settings.NoProgress))
	}
	for _, p := range s.Starts {
		sooner(p.At)
		sooner(p.At.Add(s.Settings.Grace))
	}
	return next
}
