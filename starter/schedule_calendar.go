package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	"go.temporal.io/sdk/client"

	"defendersync/internal/saas"
)

// sameStarts reports whether two specs mean the same times; want has one
// interval or one cron expression.
func sameStarts(old, want client.ScheduleSpec) bool {
	if len(want.CronExpressions) == 0 {
		return len(old.Calendars) == 0 && slices.Equal(old.Intervals, want.Intervals)
	}
	parsed, err := cron.ParseStandard(want.CronExpressions[0])
	spec, ok := parsed.(*cron.SpecSchedule)
	if err != nil || !ok || len(old.Intervals) > 0 || len(old.Calendars) != 1 {
		return false
	}
	cal := old.Calendars[0]
	return len(cal.Year) == 0 && set(cal.Second) == 1 && set(cal.Minute) == days(spec.Minute) && set(cal.Hour) == days(spec.Hour) &&
		set(cal.DayOfMonth) == days(spec.Dom) && set(cal.Month) == days(spec.Month) && set(cal.DayOfWeek) == days(spec.Dow)
}

// days is a set of the cron package without its mark for a star.
func days(bits uint64) uint64 { return bits &^ (1 << 63) }

// set is the numbers that Temporal's ranges hold, a bit each.
func set(ranges []client.ScheduleRange) uint64 {
	var bits uint64
	for _, r := range ranges {
		for n := r.Start; n <= max(r.Start, r.End) && n < 63; n += max(r.Step, 1) {
			bits |= 1 << n
		}
	}
	return bits
}

// describeSpec says when a schedule starts, as far as a line can.
func describeSpec(s client.ScheduleSpec) string {
	var parts []string
	for _, i := range s.Intervals {
		text := "every " + short(i.Every)
		if i.Offset > 0 {
			text += " after " + short(i.Offset)
		}
		parts = append(parts, text)
	}
	for _, cal := range s.Calendars {
		parts = append(parts, "at "+fields(cal))
	}
	if len(parts) == 0 {
		return "never"
	}
	return strings.Join(parts, " and ")
}

// fields writes a calendar as a cron expression.
func fields(c client.ScheduleCalendarSpec) string {
	return strings.Join([]string{
		field(c.Minute, 0, 59), field(c.Hour, 0, 23), field(c.DayOfMonth, 1, 31), field(c.Month, 1, 12), field(c.DayOfWeek, 0, 6),
	}, " ")
}

func field(ranges []client.ScheduleRange, first, last int) string {
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

func zoneName(name string) string {
	if name == "" {
		return "UTC"
	}
	return name
}

// short is a duration as an operator would write it: 90d, 12h, 1h30m, 0s.
func short(d time.Duration) string {
	if d >= 2*saas.Day && d%saas.Day == 0 {
		return fmt.Sprintf("%dd", d/saas.Day)
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
