package main

import (
	"fmt"
	"time"

	"defendersync/internal/config"
	"defendersync/internal/moment"
	"defendersync/internal/sessions"
)

// tookOf returns how long a session took, or has been running.
func tookOf(s sessions.Session, now time.Time) string {
	if s.Began.IsZero() {
		return ""
	}
	return formatDuration(s.EndOrNow(now).Sub(s.Began))
}

// noteOf says what is worth knowing about a session besides its counts.
func (c connection) noteOf(s sessions.Session) string {
	switch {
	case s.Queued != nil:
		return c.describeOpen(*s.Queued)
	case s.Unclear != "":
		return s.Unclear
	case s.Error != "":
		return s.Error
	case s.Blocker != "":
		return s.Blocker + " was running"
	case s.Progress != nil && s.Progress.Waiting.IsOn():
		return "waiting: " + s.Progress.Waiting.Describe(c.timeZone())
	case s.Progress != nil:
		return s.Progress.Phase
	}
	return ""
}

// describeOpen says what a session that has not ended is doing or waiting for,
// and since when.
func (c connection) describeOpen(o sessions.OpenSession) string {
	since := moment.FormatWeekday(o.Began, c.timeZone()) + " (" + formatDuration(time.Since(o.Began)) + ")"
	switch {
	case o.Leaving && o.PickedUp.IsZero():
		return fmt.Sprintf("%s was cancelled before a worker picked it up, and ends once a worker runs; it has been waiting since %s", o.ID, since)
	case o.Leaving:
		return fmt.Sprintf("%s has been running since %s and is being cancelled", o.ID, since)
	case o.PickedUp.IsZero():
		return fmt.Sprintf("%s has been waiting for a worker since %s: %s", o.ID, since, c.sessionReader().WorkerHint())
	case o.LimitApps > 0:
		return fmt.Sprintf("%s, which is limited to %d apps, has been running since %s", o.ID, o.LimitApps, since)
	case o.DryRun:
		return fmt.Sprintf("%s, a dry run, has been running since %s", o.ID, since)
	}
	return fmt.Sprintf("%s has been running since %s", o.ID, since)
}

// formatDuration formats a duration in its two largest units.
func formatDuration(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1fs", max(0, d.Seconds()))
	}
	if d < time.Hour {
		return d.Round(time.Second).String()
	}
	return formatTimeLeft(d)
}

// timeZone is the time zone in which times are shown.
func (c connection) timeZone() *time.Location { return zoneOfSettings(c.settings) }

// zoneOfSettings is INTEGRATION_TIMEZONE.
func zoneOfSettings(s config.Settings) *time.Location {
	return moment.LoadZone(s.Integration.Timezone)
}
