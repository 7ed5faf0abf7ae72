package watch

import (
	"cmp"
	"slices"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// decideRunning decides on a session that has not ended.
func (d *decider) decideRunning(v contract.SessionView) {
	if d.state.KnowsEnd(v.Run) {
		return // this view is older than the one of its end
	}
	s := d.updateSession(v)
	if v.CancelRequested && v.PickedUp.IsZero() && d.seen.Rules > 0 {
		return // it does no work any more
	}
	if d.isStuck(*s, v) {
		s.Stuck = true
		d.addNotice(nameLimit(noticeStuck(*s, v, d.seen, d.zone()), v))
	}
	if !s.Stalled && d.seen.At.Sub(s.Began) >= d.state.Settings.StallAfter {
		s.Stalled = true
		d.addNotice(nameLimit(noticeStalled(*s, v, d.seen, d.zone()), v))
	}
}

// updateSession records the view of a running session. A session that was stuck and has
// made progress since is good news.
func (d *decider) updateSession(v contract.SessionView) *contract.WatchedSession {
	d.state = AnnounceSession(d.state, v.ID, v.Run, v.Began)
	s := &d.state.Sessions[findSession(d.state, v.Run)]
	s.Began, s.Seen = v.Began, true
	if v.Progress != nil {
		s.Progress = v.Progress
	}
	if moved := v.LastProgress.After(s.LastProgress); moved {
		s.LastProgress = v.LastProgress
		if s.Stuck && !s.Resumed {
			s.Resumed = true
			d.addNotice(noticeMoving(*s, d.zone()))
		}
	}
	return s
}

// isStuck reports whether a session has newly got stuck. If it waits for its first worker
// and its start was reported as missed, that notice said so already.
func (d *decider) isStuck(s contract.WatchedSession, v contract.SessionView) bool {
	reported := s.Stuck || s.Late && v.PickedUp.IsZero()
	return !reported && d.seen.At.Sub(later(s.Began, s.LastProgress)) >= d.state.Settings.NoProgress
}

// decideEnded decides on a session that has ended, once.
func (d *decider) decideEnded(v contract.SessionView) {
	if d.state.KnowsEnd(v.Run) || v.Closed.Before(d.state.Since) {
		return
	}
	known := contract.WatchedSession{ID: v.ID, Run: v.Run, Began: v.Began}
	if i := findSession(d.state, v.Run); i >= 0 {
		known = d.state.Sessions[i]
	}
	v.Progress = d.latestProgress(known.Progress, v.Progress)
	closeSession(&d.state, v.Run)
	announcedOnly := v.End == contract.EndGone && !known.Seen // and nobody has ever seen it
	if !announcedOnly {
		countEnd(&d.state.Totals, v)
	}
	switch {
	case announcedOnly && d.seen.Rules > 0:
	case v.End == contract.EndCompleted && v.Outcome == saas.OutcomeSkipped:
		// Whether that makes a missed start is decided with the starts.
	case v.End == contract.EndCompleted:
		d.decideCompleted(known, v)
	case v.End == contract.EndCancelled:
		if d.isUnresolved(known) {
			d.addNotice(nameLimit(noticeCancelled(known, v), v))
		}
	default:
		d.countTrouble(&d.state.Trouble.Failed, v.Closed)
		d.addNotice(nameLimit(noticeFailed(known, v), v))
	}
}

// decideCompleted decides on a session that did its work, which is good news after bad.
// A dry run and a limited session make up for nothing.
func (d *decider) decideCompleted(known contract.WatchedSession, v contract.SessionView) {
	trouble := d.state.Trouble
	if v.IsTrial() {
		trouble = contract.Trouble{}
	}
	switch {
	case d.isUnresolved(known):
		d.addNotice(nameLimit(noticeCompleted(known, v, trouble, d.zone()), v))
	case d.wasOnlyLate(known, trouble):
		// That it makes progress was the good news.
	case trouble.HasAny():
		d.addNotice(noticeRecovered(v, trouble, d.zone()))
	}
	if !v.IsTrial() {
		d.state.Trouble, d.state.LastGood = contract.Trouble{}, v.Closed
	}
}

// isReported reports whether the contacts were told that a running session stalled or
// makes no progress.
func isReported(s contract.WatchedSession) bool { return s.Stalled || s.Stuck }

// isUnresolved reports whether contacts who were told of a running session's trouble have
// not heard yet that it is over.
func (d *decider) isUnresolved(s contract.WatchedSession) bool {
	if d.seen.Rules < 2 {
		return isReported(s)
	}
	return s.Stalled || s.Stuck && !s.Resumed
}

// wasOnlyLate reports whether the only trouble was a session's own late start, which made
// it stuck as well, and contacts know that it got going.
func (d *decider) wasOnlyLate(s contract.WatchedSession, t contract.Trouble) bool {
	return d.seen.Rules >= 2 && s.Late && s.Resumed && t.Failed == 0 && t.Missed == 1
}

// latestProgress returns what a session that has ended had done. Its result says so, and
// else the later of what was observed while it ran and what it reported before its end.
// No end is to be expected any more.
func (d *decider) latestProgress(known, ended *contract.NoticeProgress) *contract.NoticeProgress {
	if d.seen.Rules < 2 {
		if ended == nil {
			return known
		}
		return ended
	}
	switch {
	case known == nil && ended == nil:
		return nil
	case ended == nil, known != nil && !ended.Final && isFurther(*known, *ended):
		ended = known
	}
	out := *ended
	out.ExpectedEnd = time.Time{}
	return &out
}

// isFurther compares how far a session was by what only grows.
func isFurther(a, b contract.NoticeProgress) bool {
	return cmp.Or(cmp.Compare(a.AppsRead, b.AppsRead), cmp.Compare(a.Counts.Users.Seen, b.Counts.Users.Seen)) > 0
}

// fewReasons bounds the reasons for rejected rows that a notice names.
const fewReasons = 5

// topReasons returns the most frequent reasons for rejected rows.
func topReasons(counts []saas.ReasonCount) []saas.ReasonCount {
	out := slices.Clone(counts)
	slices.SortStableFunc(out, func(a, b saas.ReasonCount) int { return b.Count - a.Count })
	return out[:min(fewReasons, len(out))]
}

// ranAt reports whether a session was running at a time.
func ranAt(v contract.SessionView, at time.Time) bool {
	return !v.Began.After(at) && (v.Closed.IsZero() || v.Closed.After(at))
}
