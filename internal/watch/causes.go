package watch

import (
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// causeKind is why a session did not run as scheduled.
type causeKind string

const (
	causePaused   causeKind = "paused"
	causeDeleted  causeKind = "deleted"
	causeCatchUp  causeKind = "catch-up"
	causeOverlap  causeKind = "overlap"
	causeNoWorker causeKind = "no worker"
	causeLate     causeKind = "late"
	causeUnknown  causeKind = "unknown"
)

// cause is why a session did not run as scheduled, with what is known about it.
type cause struct {
	kind    causeKind
	text    string               // the note of the pause, or the session that was running
	at      time.Time            // when the obstacle was gone; zero: it is not
	workers contract.WorkersView // of causeNoWorker, where they have a problem
}

// findCause finds out why a start was missed; false if it was not, or was meant to be.
func (d *decider) findCause(p contract.PlannedStart, start contract.StartView) (cause, bool) {
	if v := start.Session; v != nil {
		return d.findCauseOfLate(p, *v)
	}
	s := d.seen.Schedule
	switch {
	case p.OnPurpose, s.OnPurpose(p.At), p.Edited:
		return cause{}, false
	case !p.Existed && !s.Exists:
		return cause{kind: causeDeleted}, true
	case !p.Existed:
		return cause{kind: causeDeleted, at: s.Created}, true
	case p.Paused != "":
		return cause{kind: causePaused, text: p.Paused}, true
	}
	return d.findSkipped(p.At), true
}

// findSkipped finds out why the schedule skipped a start, by its counters.
func (d *decider) findSkipped(at time.Time) cause {
	running, causes := d.findRunning(at), &d.state.Causes
	switch {
	case causes.Overlap > 0 && (running != "" || causes.CatchUp == 0):
		causes.Overlap--
		return cause{kind: causeOverlap, text: running}
	case causes.CatchUp > 0:
		causes.CatchUp--
		return cause{kind: causeCatchUp}
	}
	return cause{kind: causeUnknown, text: d.seen.Schedule.Note}
}

// findRunning returns the id of a session that was running at a time, or "".
func (d *decider) findRunning(at time.Time) string {
	for _, v := range d.seen.Sessions {
		if ranAt(v, at) {
			return v.ID
		}
	}
	return ""
}

// findCauseOfLate finds out whether a session that was started came too late, and why.
func (d *decider) findCauseOfLate(p contract.PlannedStart, v contract.SessionView) (cause, bool) {
	limit := p.At.Add(d.state.Settings.Grace)
	switch {
	case v.Outcome == saas.OutcomeSkipped:
		return cause{kind: causeOverlap, text: v.Blocker}, true
	case (v.End == contract.EndCancelled || v.CancelRequested) && d.seen.Rules > 0:
		return cause{}, false // an operator's decision, whether or not a worker has picked it up
	case v.Began.After(limit):
		return cause{kind: causeLate, at: v.Began}, true
	case v.PickedUp.IsZero() && v.HasEnded():
		return cause{}, false // it ended before a worker picked it up, which is reported as a failure
	case v.PickedUp.IsZero():
		c := cause{kind: causeNoWorker}
		if d.seen.Workers.Problem != "" {
			c.workers = d.seen.Workers
		}
		return c, true
	case v.PickedUp.After(limit):
		return cause{kind: causeNoWorker, at: v.PickedUp}, true
	}
	return cause{}, false
}
