package metrics

import (
	"slices"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/sessions"
)

// collectStanding tells of the integration.
func collectStanding(s sink, now sessions.Standing) {
	totals := now.Memory.State.Watch.Totals
	collectSessions(s, totals.Sessions)
	collectRows(s, totals.Rows)
	collectReasons(s, rejectedTotal, rejectReasons, totals.Rejects)
	collectReasons(s, skippedTotal, skipReasons, totals.Skips)
	s.seconds(lastGood, now.Memory.State.Watch.LastGood)
	if last := totals.Last; !last.Ended.IsZero() {
		s.seconds(lastEnd, last.Ended)
		s.add(lastDuration, last.Ended.Sub(last.Began).Seconds())
		s.add(lastRejected, float64(last.Rejected))
	}
	running, on := now.Running()
	s.flag(sessionRunning, on)
	s.seconds(sessionStart, running.Began)
	collectProgress(s, running, now.Memory.State.Watch.Sessions)
	s.flag(watchRunning, now.Memory.Running)
	collectSchedule(s, now)
	collectNotices(s, now.Memory.State)
}

// collectProgress tells how far the running session is, if the watch has seen it.
func collectProgress(s sink, running sessions.OpenSession, watched []contract.WatchedSession) {
	i := slices.IndexFunc(watched, func(x contract.WatchedSession) bool { return x.Run == running.Run })
	if i < 0 || watched[i].Progress == nil {
		return
	}
	s.add(sessionAppsDone, float64(watched[i].Progress.AppsRead))
	if known := watched[i].Progress.AppsKnown; known > 0 {
		s.add(sessionAppsKnown, float64(known))
	}
	s.seconds(sessionProgress, watched[i].LastProgress)
}

// collectSessions tells how many sessions have ended.
func collectSessions(s sink, counts []contract.SessionCount) {
	type labels struct{ mode, outcome string }
	sums := map[labels]int{}
	for _, m := range modes {
		for _, o := range outcomes {
			sums[labels{modeLabel(m), outcomeLabel(o)}] = 0
		}
	}
	for _, c := range counts {
		sums[labels{modeLabel(c.Mode), outcomeLabel(c.Outcome)}] += c.Count
	}
	for l, n := range sums {
		s.add(sessionsTotal, float64(n), l.mode, l.outcome)
	}
}

// collectRows tells what became of rows.
func collectRows(s sink, c saas.Counts) {
	for _, row := range []struct {
		kind, result string
		count        int
	}{
		{"apps", "created", c.Apps.Created}, {"apps", "updated", c.Apps.Updated}, {"apps", "unchanged", c.Apps.Unchanged},
		{"apps", "adopted", c.Apps.Adopted}, {"apps", "rejected", c.Apps.Rejected},
		{"users", "added", c.Users.Added}, {"users", "updated", c.Users.Updated}, {"users", "unchanged", c.Users.Unchanged},
		{"users", "repeated", c.Users.Repeated}, {"users", "skipped", c.Users.Skipped}, {"users", "rejected", c.Users.Rejected},
		{"people", "created", c.People.Created}, {"people", "rejected", c.People.Rejected},
	} {
		s.add(rowsTotal, float64(row.count), row.kind, row.result)
	}
	s.add(noNewsTotal, float64(c.Apps.NoNews))
}

// collectReasons tells of rows by reason.
func collectReasons(s sink, f Family, known []string, counts []saas.ReasonCount) {
	t := newTally(known)
	for _, c := range counts {
		t.add(bound(c.Reason, known), c.Count)
	}
	t.send(s, f)
}

// collectSchedule tells of the schedule, if there is one.
func collectSchedule(s sink, now sessions.Standing) {
	if !now.Schedule.Exists {
		return
	}
	s.flag(schedulePaused, now.Schedule.IsPaused(now.At))
	if now.Period > 0 {
		s.add(schedulePeriod, now.Period.Seconds())
	}
	if next := now.Schedule.Next; len(next) > 0 && !now.Schedule.Paused {
		s.seconds(scheduleNext, slices.MinFunc(next, time.Time.Compare))
	}
}

// collectNotices tells of the notices that are under way, and of those that were given up.
func collectNotices(s sink, state contract.WatchState) {
	pending, failing, lost := newTally(channels), newTally(channels), newTally(channels)
	for _, d := range state.Pending {
		pending.add(bound(d.Channel, channels), 1)
		if d.Error != "" {
			failing.add(bound(d.Channel, channels), 1)
		}
	}
	for channel, n := range state.GivenUp {
		lost.add(bound(channel, channels), n)
	}
	pending.send(s, noticesPending)
	failing.send(s, noticesFailing)
	lost.send(s, noticesUndelivered)
}
