package main

import (
	"strings"
	"testing"
	"time"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/moment"
	"defendersync/internal/sessions"
)

func TestAnOpenSessionSaysWhatItWaitsForAndSinceWhen(t *testing.T) {
	c := connection{settings: config.Settings{Integration: config.Integration{Name: "hr", Timezone: "UTC"}}}
	began := time.Now().Add(-5 * time.Minute)
	for want, o := range map[string]sessions.OpenSession{
		"s has been waiting for a worker since ":             {ID: "s", Began: began},
		"s was cancelled before a worker picked it up, and ": {ID: "s", Began: began, Leaving: true},
		"s has been running since ":                          {ID: "s", Began: began, PickedUp: began},
		"s, a dry run, has been running since ":              {ID: "s", Began: began, PickedUp: began, DryRun: true},
		"s has been running since " + moment.FormatWeekday(began, time.UTC) + " (5m0s) and is being cancelled": {ID: "s", Began: began, PickedUp: began, Leaving: true, DryRun: true},
	} {
		if got := c.describeOpen(o); !strings.HasPrefix(got, want) || !strings.Contains(got, "(5m0s)") {
			t.Errorf("it says %q, not %q", got, want)
		}
	}
}

func TestASessionHasTheNoteThatMattersMost(t *testing.T) {
	c := connection{settings: config.Settings{Integration: config.Integration{Name: "hr"}}}
	result := contract.SessionResult{Error: "why", Blocker: "another"}
	progress := &sessions.Progress{Progress: contract.Progress{Phase: "reading apps"}}
	waiting := &sessions.Progress{Progress: contract.Progress{Phase: "reading apps", Waiting: contract.Waiting{For: "Defender"}}}
	for want, s := range map[string]sessions.Session{
		"q has been waiting":  {Queued: &sessions.OpenSession{ID: "q"}, Unclear: "no key", SessionResult: result},
		"no key":              {Unclear: "no key", SessionResult: result},
		"why":                 {SessionResult: result},
		"another was running": {SessionResult: contract.SessionResult{Blocker: "another"}, Progress: progress},
		"waiting: Defender":   {Progress: waiting},
		"reading apps":        {Progress: progress},
		"":                    {},
	} {
		if got := c.noteOf(s); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func TestASessionSaysWhatItReadsAndHowLongItTook(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		of         contract.SessionResult
		mode, took string
	}{
		{contract.SessionResult{}, "", ""},
		{contract.SessionResult{Mode: "full", Began: now.Add(-time.Minute)}, "full", "1m0s"},
		{contract.SessionResult{Mode: "full", DryRun: true, Began: now.Add(-time.Hour), Ended: now.Add(-59 * time.Minute)}, "dry run, full", "1m0s"},
		{contract.SessionResult{DryRun: true, Began: now.Add(-time.Second)}, "dry run", "1.0s"},
	} {
		s := sessions.Session{SessionResult: tc.of}
		if s.DescribeMode() != tc.mode || tookOf(s, now) != tc.took {
			t.Errorf("%+v: %q, %q", tc.of, s.DescribeMode(), tookOf(s, now))
		}
	}
}
