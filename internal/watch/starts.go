package watch

import (
	"slices"
	"time"

	"defendersync/internal/contract"
)

// decideStarts decides on the starts whose grace period is over: did a session run as
// scheduled, and if not, why?
func (d *decider) decideStarts() {
	d.countSkipped()
	for _, start := range d.seen.Starts {
		i := d.findStart(start)
		if i < 0 {
			continue
		}
		d.recordSchedule(&d.state.Starts[i], start)
		if planned := d.state.Starts[i]; d.isRipe(start) {
			d.state.Starts = slices.Delete(d.state.Starts, i, i+1)
			d.decideStart(planned, start)
		}
	}
	if len(DueStarts(d.state, d.seen.At)) == 0 {
		d.state.Causes = contract.SkippedStarts{} // triggers by hand, which nobody waits for
	}
}

// findStart finds the plan of a start, and adds one if the schedule had not announced the
// start at the last observation. It returns -1 if the start was decided before.
func (d *decider) findStart(start contract.StartView) int {
	i := slices.IndexFunc(d.state.Starts, func(p contract.PlannedStart) bool { return p.At.Equal(start.At) })
	s := d.seen.Schedule
	if i >= 0 || !start.At.After(later(d.state.Looked, d.state.Since)) || !s.Exists || start.At.Before(s.Created) {
		return i
	}
	d.state.Starts = append(d.state.Starts, contract.PlannedStart{At: start.At, ScheduleCreated: s.Created})
	return len(d.state.Starts) - 1
}

// scheduleLag is how long Temporal may take to process its schedules after an outage.
const scheduleLag = 5 * time.Minute

// isRipe reports whether a start can be decided: its grace period is over, and the
// schedule has processed it, which takes a moment after an outage.
func (d *decider) isRipe(start contract.StartView) bool {
	over := start.At.Add(d.state.Settings.Grace)
	if d.seen.At.Before(over) {
		return false
	}
	s := d.seen.Schedule
	// A start that was given up also stays among the next ones until another is due.
	unprocessed := start.Session == nil && !s.Paused && d.state.Causes == (contract.SkippedStarts{}) && slices.ContainsFunc(s.Next, start.At.Equal)
	return !unprocessed || d.seen.At.After(over.Add(scheduleLag))
}

// noReason replaces an empty note of a pause.
const noReason = "no reason was given"

// recordSchedule records how the schedule was when a start came due. It may be different
// when the grace period is over.
func (d *decider) recordSchedule(p *contract.PlannedStart, start contract.StartView) {
	if p.Looked {
		return
	}
	s := d.seen.Schedule
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

// newborn is how much older than its watch a schedule may be for its counters to be of
// the watch's time: one command creates both.
const newborn = time.Minute

// countSkipped adds the starts that the schedule has skipped since the last observation.
func (d *decider) countSkipped() {
	now, before := d.seen.Schedule, d.state.Schedule
	if d.state.IsFirstLook() && (d.seen.Inherited || now.Created.Add(newborn).Before(d.state.Since)) {
		return // the schedule is older than the watch, and so are its counters
	}
	if !before.Exists || now.Created.After(before.Created) {
		before = contract.ScheduleView{} // another schedule, which counts anew
	}
	d.state.Causes.CatchUp += max(0, now.CatchUp-before.CatchUp)
	d.state.Causes.Overlap += max(0, now.Overlap-before.Overlap)
}

// decideStart decides on a start whose session did not run as scheduled.
func (d *decider) decideStart(p contract.PlannedStart, start contract.StartView) {
	cause, missed := d.findCause(p, start)
	if !missed {
		return
	}
	d.countTrouble(&d.state.Trouble.Missed, p.At)
	n := noticeMissed(p.At, cause, d.zone())
	if v := start.Session; v != nil {
		n.Session, n.Run = v.ID, v.Run
		if !v.HasEnded() {
			d.state = AnnounceSession(d.state, v.ID, v.Run, v.Began)
			d.state.Sessions[findSession(d.state, v.Run)].Late = true
		}
	}
	d.addNotice(n)
	if cause.kind == causeDeleted {
		// The other starts that the deleted schedule had announced will not come either.
		d.state.Starts = slices.DeleteFunc(d.state.Starts, func(other contract.PlannedStart) bool {
			return other.ScheduleCreated.Equal(p.ScheduleCreated) && other.At.After(d.seen.At)
		})
	}
}

// planStarts takes over the next starts from the schedule as it is now. If the schedule
// is gone, the starts that it had announced stay, to be reported when they are due.
func (d *decider) planStarts() {
	s := d.seen.Schedule
	if !s.Exists {
		return
	}
	plan := slices.DeleteFunc(d.state.Starts, func(p contract.PlannedStart) bool { return p.At.After(d.seen.At) })
	for _, at := range s.Next {
		if at.After(d.seen.At) {
			plan = append(plan, contract.PlannedStart{At: at.UTC(), ScheduleCreated: s.Created})
		}
	}
	d.state.Starts = plan
}
