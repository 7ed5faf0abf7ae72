package watch

import (
	"slices"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// running judges a session that has not ended.
func (j *judgement) running(v contract.SessionView) {
	if j.KnowsEnd(v.Run) {
		return // seen before its end was
	}
	i := findSession(j.Watched, v.Run)
	if i < 0 {
		j.Sessions = append(j.Sessions, contract.WatchedSession{ID: v.ID, Run: v.Run})
		i = len(j.Sessions) - 1
	}
	s := &j.Sessions[i]
	s.Began, s.Seen = v.Began, true
	moved := later(s.LastProgress, v.LastProgress)
	freed := s.Stuck && !s.Resumed && moved.After(s.LastProgress)
	s.LastProgress = moved
	if v.Progress != nil {
		s.Progress = v.Progress
	}
	if freed {
		s.Resumed = true
		j.tell(movesAgain(*s))
	}
	if v.CancelRequested && v.PickedUp.IsZero() && j.o.Rules > 0 {
		return // it does nothing any more, whenever a worker is there to say so
	}
	if !s.Stuck && j.o.At.Sub(later(s.Began, s.LastProgress)) >= j.Settings.NoProgress && !(s.Late && v.PickedUp.IsZero()) {
		s.Stuck = true
		j.tell(stuck(*s, v, j.o))
	}
	if !s.Stalled && j.o.At.Sub(s.Began) >= j.Settings.StallAfter {
		s.Stalled = true
		j.tell(stalled(*s, v, j.o))
	}
}

// end judges a session that has ended, once.
func (j *judgement) end(v contract.SessionView) {
	if j.KnowsEnd(v.Run) || v.Closed.Before(j.Since) {
		return
	}
	known := contract.WatchedSession{ID: v.ID, Run: v.Run, Began: v.Began}
	if i := findSession(j.Watched, v.Run); i >= 0 {
		known = j.Sessions[i]
	}
	if v.Progress == nil {
		v.Progress = known.Progress
	}
	closeSession(&j.Watched, v.Run)
	switch {
	case v.End == contract.EndGone && !known.Seen && j.o.Rules > 0:
		// Somebody said that it runs, and nobody has ever seen it.
	case v.End == contract.EndCompleted && v.Outcome == saas.OutcomeSkipped:
		// Whether that makes a missed start is judged with the starts.
	case v.End == contract.EndCompleted:
		j.completed(known, v)
	case v.End == contract.EndCancelled:
		if known.Stalled || known.Stuck {
			j.tell(cancelledAfterAll(v))
		}
	default:
		j.bad(&j.Trouble.Failed, v.Closed)
		j.tell(failed(known, v))
	}
}

// completed judges a session that did its work: that is news after bad ones.
func (j *judgement) completed(known contract.WatchedSession, v contract.SessionView) {
	if v.DryRun {
		if known.Stalled || known.Stuck {
			j.tell(completedAfterAll(known, v, contract.Trouble{}))
		}
		return
	}
	switch {
	case known.Stalled || known.Stuck:
		j.tell(completedAfterAll(known, v, j.Trouble))
	case j.Trouble.HasAny():
		j.tell(runningAgain(v, j.Trouble))
	}
	j.Trouble, j.LastGood = contract.Trouble{}, v.Closed
}

// bad counts bad news until a session completes.
func (j *judgement) bad(count *int, since time.Time) {
	*count++
	if j.Trouble.Since.IsZero() || since.Before(j.Trouble.Since) {
		j.Trouble.Since = since
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// leading are the reasons that most rows were rejected for, a few.
func leading(counts []saas.ReasonCount) []saas.ReasonCount {
	const few = 5
	out := slices.Clone(counts)
	slices.SortStableFunc(out, func(a, b saas.ReasonCount) int { return b.Count - a.Count })
	return out[:min(few, len(out))]
}
