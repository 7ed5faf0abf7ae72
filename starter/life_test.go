package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"defendersync/internal/config"
	"defendersync/internal/temporalx"
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
			for _, change := range changesOf(zone, now) {
				never, twice := unusual(calendar(tc.minute, tc.hour), zone, change)
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
	d := doubled{clockChange{"2027-10-31", "02:30", true}, [2]time.Time{first, first.Add(time.Hour)}}
	const jitter = 10 * time.Minute
	for name, tc := range map[string]struct {
		starts []time.Time
		want   int
	}{
		"at the second only": {[]time.Time{first.Add(time.Hour + time.Minute)}, 0},
		"at the first only":  {[]time.Time{first}, 0},
		"at both":            {[]time.Time{first.Add(jitter), first.Add(time.Hour)}, 1},
	} {
		if got := bothStart([]doubled{d}, tc.starts, jitter); len(got) != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestATriggerWaitsForASecondOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for name, tc := range map[string]struct {
			actions []client.ScheduleActionResult
			want    time.Duration
		}{
			"nothing was started":          {nil, 0},
			"a start of a minute ago":      {[]client.ScheduleActionResult{{ScheduleTime: now.Add(-time.Minute), ActualTime: now.Add(-time.Minute)}}, 0},
			"a start of this second":       {[]client.ScheduleActionResult{{ScheduleTime: now, ActualTime: now}}, nextSecond},
			"a start by a clock ahead":     {[]client.ScheduleActionResult{{ActualTime: now.Add(time.Hour)}}, nextSecond},
			"a start that was made up for": {[]client.ScheduleActionResult{{ScheduleTime: now.Add(-time.Hour), ActualTime: now}}, nextSecond},
		} {
			began := time.Now()
			if err := apart(t.Context(), &client.ScheduleDescription{Info: client.ScheduleInfo{RecentActions: tc.actions}}, now); err != nil {
				t.Fatal(err)
			}
			if got := time.Since(began); got != tc.want {
				t.Errorf("%s: it waits for %s", name, got)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		recent := client.ScheduleInfo{RecentActions: []client.ScheduleActionResult{{ActualTime: now}}}
		if err := apart(ctx, &client.ScheduleDescription{Info: recent}, now); !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted, it ends with %v", err)
		}
	})
}

func TestASilentSessionIsToldOfAndNotFollowedForEver(t *testing.T) {
	began := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	s := stillness{since: began}
	tells := 0
	for at := began; ; at = at.Add(time.Second) {
		tell, over := s.due(false, at)
		if tell {
			tells++
		}
		if over {
			if at.Sub(began) != lastSilence {
				t.Errorf("given up after %s", at.Sub(began))
			}
			break
		}
	}
	if tells != 10 {
		t.Errorf("told %d times in %s", tells, lastSilence)
	}
	if tell, over := s.due(true, began.Add(lastSilence)); tell || over || !s.since.Equal(began.Add(lastSilence)) {
		t.Errorf("heard again, and %v, %v", tell, over)
	}
}

func TestAWrongKeyNamesTheSetting(t *testing.T) {
	const one, two = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY="
	coded := func(keys string) converter.DataConverter {
		ring, err := temporalx.ParseKeys(keys)
		if err != nil {
			t.Fatal(err)
		}
		return converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), ring)
	}
	var sealed *commonpb.Payloads
	sealed, err := coded("k:" + one).ToPayloads("text")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]converter.DataConverter{
		"none": converter.GetDefaultDataConverter(), "another": coded(two), "another of the same id": coded("k:" + two),
	} {
		var text string
		if err := unreadable("its result", c.FromPayloads(sealed, &text)); !errors.Is(err, errKey) || !strings.Contains(err.Error(), "PAYLOAD_ENCRYPTION_KEY") {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := errors.New("context deadline exceeded")
	if err := unreadable("its result", other); err != other {
		t.Errorf("another error became %v", err)
	}
}

func TestADetailOfAScheduleDependsOnTheKeysIDAlone(t *testing.T) {
	const one, two = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY="
	details := func(keys string) string {
		s, err := config.Load(t.Context(), []string{"PAYLOAD_ENCRYPTION_KEY=" + keys}, 0)
		if err != nil {
			t.Fatal(err)
		}
		return connection{settings: s}.details()
	}
	if details("k:"+one) != details("k:"+two) {
		t.Error("the key itself is part of a text that is shown to all")
	}
	if details("k:"+one) == details("l:"+one) || details("k:"+one) == details("") {
		t.Error("a change of keys does not show")
	}
	if details("k:"+one+",l:"+two) == details("l:"+two+",k:"+one) {
		t.Error("another key in front does not show")
	}
}
