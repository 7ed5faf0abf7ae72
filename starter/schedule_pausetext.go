package main

import (
	"fmt"
	"strings"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/moment"
	"defendersync/internal/saas"
)

// paused describes a pause of the schedule.
type paused struct {
	OnPurpose bool       // by our command
	By        string     // of a pause on purpose
	Since     *time.Time // of that
	Until     *time.Time // when it ends by itself, whoever made it; nil: when it is resumed
	Reason    string     // of a pause on purpose
	Note      string     // as Temporal has it

	zone *time.Location // of times in words
}

// pausedAt returns the pause of a schedule at a time; nil if it is not paused.
func pausedAt(s contract.ScheduleView, at time.Time, zone *time.Location) *paused {
	if !s.IsPaused(at) {
		return nil
	}
	p := &paused{Note: s.Note, zone: zone}
	if ends := s.EndOfPause(at); !ends.IsZero() {
		p.Until = &ends
	}
	if note, ours := contract.ParsePauseNote(s.Note); ours {
		p.OnPurpose, p.By, p.Since, p.Reason = true, note.By, &note.From, note.Reason
	}
	return p
}

// describePause describes a pause on purpose in a line, with its age.
func (p paused) describePause(now time.Time) string {
	if p.Until != nil {
		return fmt.Sprintf("the schedule has been paused for %s (%s), and starts nothing before %s", formatAge(now.Sub(*p.Since)), p.Note, moment.Format(*p.Until, p.zone))
	}
	return fmt.Sprintf("the schedule has been paused for %s (%s), and starts nothing until it is resumed", formatAge(now.Sub(*p.Since)), p.Note)
}

// untilEnd is " until" and when the pause ends by itself; "" if it does not.
func (p paused) untilEnd() string {
	if p.Until == nil {
		return ""
	}
	return " until " + moment.Format(*p.Until, p.zone)
}

// isToldBy reports whether a text already mentions the pause.
func (p paused) isToldBy(text string) bool { return strings.Contains(text, p.Note) }

// pauseText describes the pause of a schedule. A note that we did not write is shown as it
// is.
func pauseText(s contract.ScheduleView, zone *time.Location, now time.Time) string {
	p := pausedAt(s, now, zone)
	if p == nil {
		return "not paused"
	}
	return p.describe(now)
}

// describe says who paused the schedule, since when, until when and why.
func (p paused) describe(now time.Time) string {
	until := ""
	if p.Until != nil {
		until = fmt.Sprintf(" until %s (in %s)", moment.FormatWeekday(*p.Until, p.zone), formatAge(p.Until.Sub(now)))
	}
	switch {
	case p.Note == "":
		return "paused outside of defendersync" + until + ", without a note"
	case !p.OnPurpose:
		return fmt.Sprintf("paused outside of defendersync%s with the note: %s", until, p.Note)
	}
	text := fmt.Sprintf("paused by %s since %s (%s ago)%s", p.By, moment.FormatWeekday(*p.Since, p.zone), formatAge(now.Sub(*p.Since)), until)
	if p.Reason != "" {
		text += ": " + p.Reason
	}
	return text
}

// formatAge formats an age in its largest unit.
func formatAge(d time.Duration) string {
	if d >= 2*saas.Day {
		return fmt.Sprintf("%d days", d/saas.Day)
	}
	return formatDuration(d)
}
