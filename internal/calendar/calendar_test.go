package calendar

import (
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
)

func ranges(n ...int) []client.ScheduleRange {
	var out []client.ScheduleRange
	for i := 0; i < len(n); i += 3 {
		out = append(out, client.ScheduleRange{Start: n[i], End: n[i+1], Step: n[i+2]})
	}
	return out
}

// nightly is 30 2 * * 1-5 as Temporal keeps it.
func nightly() client.ScheduleCalendarSpec {
	return client.ScheduleCalendarSpec{
		Second: ranges(0, 0, 1), Minute: ranges(30, 30, 1), Hour: ranges(2, 2, 1),
		DayOfMonth: ranges(1, 31, 1), Month: ranges(1, 12, 1), DayOfWeek: ranges(1, 5, 1),
	}
}

func TestACronExpressionIsRecognisedInTheCalendarThatTemporalMakesOfIt(t *testing.T) {
	edited := func(change func(*client.ScheduleCalendarSpec)) client.ScheduleSpec {
		cal := nightly()
		change(&cal)
		return client.ScheduleSpec{Calendars: []client.ScheduleCalendarSpec{cal}}
	}
	cases := []struct {
		name string
		cron string
		old  client.ScheduleSpec
		same bool
	}{
		{"as it is", "30 2 * * 1-5", edited(func(*client.ScheduleCalendarSpec) {}), true},
		{"in other words", "30 2 * * 1,2,3-5", edited(func(*client.ScheduleCalendarSpec) {}), true},
		{"with names", "30 02 * * MON-FRI", edited(func(*client.ScheduleCalendarSpec) {}), true},
		{"steps", "*/20 2 * * 1-5", edited(func(c *client.ScheduleCalendarSpec) { c.Minute = ranges(0, 59, 20) }), true},
		{"another minute", "31 2 * * 1-5", edited(func(*client.ScheduleCalendarSpec) {}), false},
		{"another hour", "30 3 * * 1-5", edited(func(*client.ScheduleCalendarSpec) {}), false},
		{"every day", "30 2 * * *", edited(func(*client.ScheduleCalendarSpec) {}), false},
		{"a second added by hand", "30 2 * * 1-5", edited(func(c *client.ScheduleCalendarSpec) { c.Second = ranges(0, 30, 30) }), false},
		{"a year added by hand", "30 2 * * 1-5", edited(func(c *client.ScheduleCalendarSpec) { c.Year = ranges(2030, 2030, 1) }), false},
		{"a second calendar", "30 2 * * 1-5", client.ScheduleSpec{Calendars: []client.ScheduleCalendarSpec{nightly(), nightly()}}, false},
		{"an interval besides", "30 2 * * 1-5", client.ScheduleSpec{
			Calendars: []client.ScheduleCalendarSpec{nightly()}, Intervals: []client.ScheduleIntervalSpec{{Every: time.Hour}},
		}, false},
		{"an interval instead", "30 2 * * 1-5", client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: 24 * time.Hour}}}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := SameStarts(c.old, client.ScheduleSpec{CronExpressions: []string{c.cron}}); got != c.same {
				t.Errorf("%s and %s: same %v", c.cron, DescribeTimes(c.old), got)
			}
		})
	}
}

func TestAnIntervalIsRecognisedOnlyWithoutAnythingBesides(t *testing.T) {
	every := func(d, offset time.Duration) client.ScheduleSpec {
		return client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: d, Offset: offset}}}
	}
	want := every(24*time.Hour, 0)
	if !SameStarts(every(24*time.Hour, 0), want) {
		t.Error("the same interval is not recognised")
	}
	both := every(24*time.Hour, 0)
	both.Calendars = []client.ScheduleCalendarSpec{nightly()}
	for name, old := range map[string]client.ScheduleSpec{"another": every(12*time.Hour, 0), "shifted": every(24*time.Hour, time.Hour), "more": both, "none": {}} {
		if SameStarts(old, want) {
			t.Errorf("%s passes for every 24h", name)
		}
	}
}

func TestASpecIsDescribedAsItWouldBeSet(t *testing.T) {
	for want, s := range map[string]client.ScheduleSpec{
		"at 30 2 * * 1-5":     {Calendars: []client.ScheduleCalendarSpec{nightly()}},
		"every 90m":           {Intervals: []client.ScheduleIntervalSpec{{Every: 90 * time.Minute}}},
		"every 24h after 30m": {Intervals: []client.ScheduleIntervalSpec{{Every: 24 * time.Hour, Offset: 30 * time.Minute}}},
		"every 7d and at * * * 6 *": {
			Intervals: []client.ScheduleIntervalSpec{{Every: 7 * 24 * time.Hour}},
			Calendars: []client.ScheduleCalendarSpec{{Month: ranges(6, 0, 0)}},
		},
		"never": {},
	} {
		if got := DescribeTimes(s); got != strings.ReplaceAll(want, "90m", "1h30m") {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
