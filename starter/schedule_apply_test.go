package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
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
			if got := sameStarts(c.old, client.ScheduleSpec{CronExpressions: []string{c.cron}}); got != c.same {
				t.Errorf("%s and %s: same %v", c.cron, describeSpec(c.old), got)
			}
		})
	}
}

func TestAnIntervalIsRecognisedOnlyWithoutAnythingBesides(t *testing.T) {
	every := func(d, offset time.Duration) client.ScheduleSpec {
		return client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: d, Offset: offset}}}
	}
	want := every(24*time.Hour, 0)
	if !sameStarts(every(24*time.Hour, 0), want) {
		t.Error("the same interval is not recognised")
	}
	both := every(24*time.Hour, 0)
	both.Calendars = []client.ScheduleCalendarSpec{nightly()}
	for name, old := range map[string]client.ScheduleSpec{"another": every(12*time.Hour, 0), "shifted": every(24*time.Hour, time.Hour), "more": both, "none": {}} {
		if sameStarts(old, want) {
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
		if got := describeSpec(s); got != strings.ReplaceAll(want, "90m", "1h30m") {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func TestFlagsOfTheScheduleAreCheckedAsTheSettingsAreAndNamed(t *testing.T) {
	cases := []struct {
		line string
		says []string
	}{
		{"--cron now", []string{`--cron="now"`, "five fields"}},
		{"--every soon", []string{`--every="soon"`, "not a duration"}},
		{"--every 10s", []string{`--every="10s"`, "too often"}},
		{"--every 1h --cron *", []string{"--cron or --every, not both"}},
		{"--timezone Mars/Base", []string{`--timezone="Mars/Base"`, "Europe/Berlin"}},
		{"--jitter x --catch-up y", []string{`--jitter="x"`, `--catch-up="y"`, "not a duration"}},
		{"--jitter 25h", []string{"--jitter", "0s to 1d"}},
		{"--catch-up 1s", []string{"--catch-up", "10s to 365d"}},
		{"--jitter=", []string{"--jitter has no value"}},
		{"--lookback 3d", []string{"lookback"}},
	}
	for _, c := range cases {
		t.Run(c.line, func(t *testing.T) {
			got := command(t, []string{"INTEGRATION_DEFAULT_ROLE=25"}, nil, append([]string{"schedule", "apply"}, strings.Fields(c.line)...)...)
			if got.code != exitUsage {
				t.Errorf("ended with %d", got.code)
			}
			for _, text := range c.says {
				if !strings.Contains(got.err, text) {
					t.Errorf("it does not say %q: %s", text, got.err)
				}
			}
			if strings.Contains(got.err, "INTEGRATION_") {
				t.Errorf("it speaks of a setting that was not given: %s", got.err)
			}
		})
	}
}

func TestASettingThatIsWrongKeepsItsNameBesideAFlagThatIs(t *testing.T) {
	got := command(t, []string{"INTEGRATION_DEFAULT_ROLE=25", "INTEGRATION_JITTER=x", "INTEGRATION_CATCH_UP=y"}, nil, "schedule", "apply", "--jitter", "z")
	if got.code != exitUsage || !strings.Contains(got.err, `--jitter="z"`) || !strings.Contains(got.err, `INTEGRATION_CATCH_UP="y"`) {
		t.Errorf("ended with %d: %s", got.code, got.err)
	}
}

func TestOnlyAClearYesIsOne(t *testing.T) {
	for answer, want := range map[string]bool{"y\n": true, "YES\n": true, " yes ": true, "n\n": false, "\n": false, "": false, "delete\n": false} {
		var out bytes.Buffer
		got, err := ask(t.Context(), strings.NewReader(answer), &out, "Delete it?")
		if err != nil || got != want || out.String() != "Delete it? [y/N] " {
			t.Errorf("%q: %v, %v, asked %q", answer, got, err, out.String())
		}
	}
}

// silence is an input that nobody writes to.
type silence struct{ over chan struct{} }

func (s silence) Read([]byte) (int, error) {
	<-s.over
	return 0, errors.New("closed")
}

func TestAQuestionIsGivenUpWhenTheCommandIsInterrupted(t *testing.T) {
	s := silence{make(chan struct{})}
	defer close(s.over)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if yes, err := ask(ctx, s, &bytes.Buffer{}, "Delete it?"); yes || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", yes, err)
	}
}

func TestAPauseIsToldByWhomAndWhyAndAnothersNoteAsItIs(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	for note, want := range map[string]string{
		contract.PauseNote{By: "ann@desk", From: from, Reason: "audit week"}.String(): "paused on purpose by ann@desk since Tue 2026-11-24 09:00:00 CET (3 days): audit week",
		contract.PauseNote{By: "ann@desk", From: from}.String():                       "paused on purpose by ann@desk since Tue 2026-11-24 09:00:00 CET (3 days)",
		"Paused via Web UI": "paused by other hands than 'schedule pause'; its note: Paused via Web UI",
		"":                  "paused by other hands than 'schedule pause', without a note",
	} {
		if got := pauseText(note, berlin, from.Add(3*24*time.Hour)); got != want {
			t.Errorf("%q: %q", note, got)
		}
	}
}
