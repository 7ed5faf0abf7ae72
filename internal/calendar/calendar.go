// Package calendar reads the times of Temporal's Schedules: whether they are those
// of a cron expression, how an operator would write them, and which of them a
// change of the clock skips or doubles. Nothing in it asks Temporal; what only
// Temporal knows is handed in.
package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	"go.temporal.io/sdk/client"
)

// SameStarts reports whether a schedule that Temporal has starts at the times that
// are wanted. Temporal keeps a cron expression as the sets of minutes, hours and
// days that it means; want has one interval or one cron expression as it was
// written.
func SameStarts(has, want client.ScheduleSpec) bool {
	if len(want.CronExpressions) == 0 {
		return len(has.Calendars) == 0 && slices.Equal(has.Intervals, want.Intervals)
	}
	parsed, err := cron.ParseStandard(want.CronExpressions[0])
	spec, ok := parsed.(*cron.SpecSchedule)
	if err != nil || !ok || len(has.Intervals) > 0 || len(has.Calendars) != 1 {
		return false
	}
	cal := has.Calendars[0]
	return len(cal.Year) == 0 && bitsOf(cal.Second) == 1 && bitsOf(cal.Minute) == withoutStar(spec.Minute) && bitsOf(cal.Hour) == withoutStar(spec.Hour) &&
		bitsOf(cal.DayOfMonth) == withoutStar(spec.Dom) && bitsOf(cal.Month) == withoutStar(spec.Month) && bitsOf(cal.DayOfWeek) == withoutStar(spec.Dow)
}

// withoutStar is a set of the cron package without its mark for a star.
func withoutStar(bits uint64) uint64 { return bits &^ (1 << 63) }

// bitsOf is the numbers that Temporal's ranges hold, a bit each.
func bitsOf(ranges []client.ScheduleRange) uint64 {
	var bits uint64
	for _, r := range ranges {
		for n := r.Start; n <= max(r.Start, r.End) && n < 63; n += max(r.Step, 1) {
			bits |= 1 << n
		}
	}
	return bits
}

// DescribeTimes says when a schedule starts, in one line: "every 12h",
// "at 30 2 * * 1-5", "never".
func DescribeTimes(s client.ScheduleSpec) string {
	var parts []string
	for _, i := range s.Intervals {
		text := "every " + FormatDuration(i.Every)
		if i.Offset > 0 {
			text += " after " + FormatDuration(i.Offset)
		}
		parts = append(parts, text)
	}
	for _, cal := range s.Calendars {
		parts = append(parts, "at "+formatCalendar(cal))
	}
	if len(parts) == 0 {
		return "never"
	}
	return strings.Join(parts, " and ")
}

// formatCalendar writes a calendar as a cron expression.
func formatCalendar(c client.ScheduleCalendarSpec) string {
	return strings.Join([]string{
		formatField(c.Minute, 0, 59), formatField(c.Hour, 0, 23), formatField(c.DayOfMonth, 1, 31), formatField(c.Month, 1, 12), formatField(c.DayOfWeek, 0, 6),
	}, " ")
}

// formatField writes one field; first and last are its whole range.
func formatField(ranges []client.ScheduleRange, first, last int) string {
	var parts []string
	for _, r := range ranges {
		end := max(r.Start, r.End)
		text := fmt.Sprint(r.Start)
		switch {
		case r.Start == first && end == last:
			text = "*"
		case end > r.Start:
			text = fmt.Sprintf("%d-%d", r.Start, end)
		}
		if r.Step > 1 {
			text += fmt.Sprintf("/%d", r.Step)
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return "*"
	}
	return strings.Join(parts, ",")
}

const day = 24 * time.Hour

// FormatDuration is a duration as an operator would write it: 90d, 12h, 1h30m, 0s.
func FormatDuration(d time.Duration) string {
	if d >= 2*day && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = text[:len(text)-2]
	}
	if strings.HasSuffix(text, "h0m") {
		text = text[:len(text)-2]
	}
	return text
}
