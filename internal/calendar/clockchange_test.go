package calendar

import (
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
)

// calendar is a cron expression as Temporal keeps it, of single numbers.
func calendar(minute, hour int) client.ScheduleCalendarSpec {
	one := func(n int) []client.ScheduleRange { return []client.ScheduleRange{{Start: n}} }
	return client.ScheduleCalendarSpec{
		Minute: one(minute), Hour: one(hour), DayOfMonth: []client.ScheduleRange{{Start: 1, End: 31}},
		Month: []client.ScheduleRange{{Start: 1, End: 12}}, DayOfWeek: []client.ScheduleRange{{Start: 0, End: 6}},
	}
}

func TestTheClocksChangesOfAYearAreFoundWhateverTheZone(t *testing.T) {
	now := time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		hour, minute int
		want         string
	}{
		"Europe/Berlin":    {2, 30, "2027-03-28 02:30 never, 2027-10-31 02:30 twice"},
		"America/New_York": {1, 30, "2027-11-07 01:30 twice"},
		// Clocks are put forward by half an hour, at two in the morning.
		"Australia/Lord_Howe": {2, 15, "2027-10-03 02:15 never"},
		"Asia/Tokyo":          {2, 30, ""},
		"UTC":                 {2, 30, ""},
	} {
		t.Run(name, func(t *testing.T) {
			zone, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, change := range listChanges(zone, now) {
				never, twice := findUnusual(calendar(tc.minute, tc.hour), zone, change)
				for _, c := range never {
					got = append(got, c.Date+" "+c.Time+" never")
				}
				for _, d := range twice {
					for _, at := range d.at {
						if at.In(zone).Format("2006-01-02 15:04") != d.Date+" "+d.Time {
							t.Errorf("%s %s is not shown at %s", d.Date, d.Time, at.In(zone))
						}
					}
					got = append(got, d.Date+" "+d.Time+" twice")
				}
			}
			if text := strings.Join(got, ", "); text != tc.want {
				t.Errorf("found %q", text)
			}
		})
	}
}

func TestATimeThatIsThereTwiceIsToldOnlyWhereSessionsStartTwice(t *testing.T) {
	first := time.Date(2027, 10, 31, 0, 30, 0, 0, time.UTC)
	d := doubled{ClockChange{"2027-10-31", "02:30", true}, [2]time.Time{first, first.Add(time.Hour)}}
	const jitter = 10 * time.Minute
	for name, tc := range map[string]struct {
		starts []time.Time
		want   int
	}{
		"at the second only": {[]time.Time{first.Add(time.Hour + time.Minute)}, 0},
		"at the first only":  {[]time.Time{first}, 0},
		"at both":            {[]time.Time{first.Add(jitter), first.Add(time.Hour)}, 1},
	} {
		if got := keepDoubled([]doubled{d}, tc.starts, jitter); len(got) != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
