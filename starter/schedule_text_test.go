package main

import (
	"bytes"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"defendersync/internal/calendar"
	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/sessions"
)

func TestWhatIsToBeExpectedOfSessionsIsToldInWords(t *testing.T) {
	until := time.Date(2026, 12, 2, 12, 0, 0, 0, time.UTC)
	one := sessions.Taken{Sessions: 1, Duration: 90 * time.Second, Requests: 45}
	some := sessions.Taken{Sessions: 5, Duration: 20 * time.Minute, Requests: 600}
	const incremental = "  incremental sessions are expected to take 1m30s (by the last one; requests: 45 to Defender)\n"
	const full = "  full sessions are expected to take 20m0s (by the last 5; requests: 600 to Defender)\n"
	for name, tc := range map[string]struct {
		x    expected
		want string
	}{
		"nothing is known":   {expected{unknown: "none has completed so far"}, "  how long sessions take is not known: none has completed so far\n"},
		"no full one":        {expected{incremental: one}, incremental + "  how long full sessions take is not known yet: none has completed\n"},
		"no incremental one": {expected{full: some}, "  how long incremental sessions take is not known yet: none has completed\n" + full},
		"starts are skipped": {expected{incremental: one, full: some, until: until, fullEvery: 7 * 24 * time.Hour, load: calendar.Load{Starts: 8000, Skipped: 4000, SkippedByFull: 19}}, incremental + full +
			"  warning: incremental sessions take longer than the time between starts: of the 8000 starts until Wed 2026-12-02, 4000 are expected to be skipped; choose longer intervals\n" +
			"  warning: while full sessions run, which are due every 7d, 19 of the 8000 starts until Wed 2026-12-02 are expected to be skipped\n"},
		"a part of the budget":       {expected{incremental: one, full: some, budget: 30, share: 0.126, load: calendar.Load{Starts: 8}}, incremental + full + "  sessions use about 13 % of the request budget (30 a minute)\n"},
		"hardly any of the budget":   {expected{incremental: one, full: some, budget: 30, share: 0.001, load: calendar.Load{Starts: 8}}, incremental + full + "  sessions use about 1 % of the request budget (30 a minute)\n"},
		"no starts to use any of it": {expected{incremental: one, full: some, budget: 30, share: 0.1}, incremental + full},
	} {
		var out bytes.Buffer
		if tellExpected(&out, tc.x, time.UTC); out.String() != tc.want {
			t.Errorf("%s: it says\n%s\nnot\n%s", name, out.String(), tc.want)
		}
	}
}

func TestASessionTakesAtLeastAsLongAsItsRequests(t *testing.T) {
	taken := sessions.Taken{Sessions: 1, Duration: time.Minute, Requests: 60}
	for budget, want := range map[int]time.Duration{0: time.Minute, 30: 2 * time.Minute, 60: time.Minute, 120: time.Minute} {
		if got := atLeastByBudget(taken, budget); got.Duration != want || got.Requests != 60 {
			t.Errorf("at %d a minute: %+v", budget, got)
		}
	}
}

func TestPoliciesAndChangesOfTheClockAreToldInWords(t *testing.T) {
	const madeUp = "  a start missed while Temporal was down is made up for if it is no older than 12h\n"
	for _, tc := range []struct{ jitter, overlap, want string }{
		{"", "Skip", "  a start is skipped if a session is running\n" + madeUp},
		{"0s", "BufferOne", "  a start while a session is running: BufferOne\n" + madeUp},
		{"5m", "Skip", "  each start is delayed by a random time of up to 5m\n  a start is skipped if a session is running\n" + madeUp},
	} {
		var out bytes.Buffer
		if tellPolicies(&out, tc.jitter, tc.overlap, "12h"); out.String() != tc.want {
			t.Errorf("it says\n%s\nnot\n%s", out.String(), tc.want)
		}
	}
	var out bytes.Buffer
	if tellClockChanges(&out, nil); out.Len() > 0 {
		t.Errorf("of none it says %s", out.String())
	}
	tellClockChanges(&out, []calendar.ClockChange{{Date: "2027-03-28", Time: "02:30"}, {Date: "2026-10-25", Time: "02:30", Twice: true}})
	want := "  on Sun 2027-03-28 the clock skips 02:30: no session starts\n  on Sun 2026-10-25 the clock shows 02:30 twice: a session starts each time\n" +
		"    choose a time outside of these hours, or INTEGRATION_TIMEZONE=UTC, to avoid this\n"
	if out.String() != want {
		t.Errorf("it says\n%s", out.String())
	}
}

func TestADifferenceIsToldAsItStandsAndAsItWasPutRight(t *testing.T) {
	for _, tc := range []struct {
		d          difference
		is, mended string
	}{
		{difference{"jitter", "0s", "5m"}, "jitter: 0s, settings: 5m", "jitter: 5m, was 0s"},
		{difference{What: "details"}, "details", "details"},
	} {
		if tc.d.String() != tc.is || changeText(tc.d) != tc.mended {
			t.Errorf("%q and %q", tc.d, changeText(tc.d))
		}
	}
}

func TestAScheduleIsInItsOwnTimeZone(t *testing.T) {
	for name, want := range map[string]string{"": "UTC", "Asia/Tokyo": "Asia/Tokyo", "Nowhere/Atall": "UTC"} {
		d := &client.ScheduleDescription{Schedule: client.Schedule{Spec: &client.ScheduleSpec{TimeZoneName: name}}}
		if got := scheduleZone(d); got.String() != want {
			t.Errorf("%q: %s", name, got)
		}
	}
	if got := scheduleZone(&client.ScheduleDescription{}); got != time.UTC {
		t.Errorf("without times: %s", got)
	}
}

func TestAScheduleIsShownWithItsPauseAndItsDifferences(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	from, ends, took := noon.Add(-time.Hour), noon.Add(20*time.Hour), 90*time.Second
	same, other := true, false
	plain := scheduleView{
		Schedule: "hr", When: "at 0 3 * * *", Timezone: "Europe/Berlin", Jitter: 5 * time.Minute, CatchUp: 12 * time.Hour, Overlap: "Skip", InSync: &same,
		Next: []time.Time{noon.Add(14 * time.Hour).In(berlin)}, Starts: 7, Skipped: 1, Missed: 2, zone: berlin, expected: expected{unknown: "none has completed so far"},
		pause: contract.ScheduleView{Exists: true},
		Recent: []recent{
			{Scheduled: noon.Add(-9 * time.Hour).In(berlin), Started: noon.Add(-9 * time.Hour).In(berlin), Session: "session/hr-2026-11-24T03:00:00Z", Outcome: "Completed", Took: &took},
			{Scheduled: noon.Add(-33 * time.Hour).In(berlin), Started: noon.Add(-33 * time.Hour).In(berlin), Session: "session/hr-2026-11-23T03:00:00Z", Outcome: "unknown: no key"},
		},
	}
	paused := func(v scheduleView, note contract.PauseNote) scheduleView {
		v.Paused, v.Note = true, note.String()
		v.pause = contract.ScheduleView{Exists: true, Paused: note.Ends.IsZero(), NotBefore: note.Ends, Note: v.Note}
		if !note.Ends.IsZero() {
			v.PausedUntil = &note.Ends
		}
		return v
	}
	differs, unread, never := plain, plain, plain
	differs.InSync, differs.Differences, differs.Note = &other, []difference{{"jitter", "0s", "5m"}, {What: "details"}}, "Resumed by ann@desk"
	unread.InSync, unread.NotCompared = nil, "INTEGRATION_DEFAULT_ROLE: not set\nINTEGRATION_USER: not set"
	never.When, never.Next, never.Recent = "never", nil, nil
	var out bytes.Buffer
	c := commands{streams{out: &out, clock: func() time.Time { return noon }}}
	for _, tc := range []struct {
		title string
		view  scheduleView
	}{
		{"as it is applied", plain},
		{"paused", paused(plain, contract.PauseNote{By: "ann@desk", From: from, Reason: "audit week"})},
		{"paused until an end", paused(plain, contract.PauseNote{By: "ann@desk", From: from, Ends: ends})},
		{"changed", differs},
		{"not compared", unread},
		{"without times", never},
	} {
		out.WriteString("== " + tc.title + "\n")
		c.printSchedule(tc.view)
		if err := c.printStarts(t.Context(), connection{settings: config.Settings{Integration: config.Integration{Name: "hr"}}}, tc.view, nil); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "schedule_text", out.String())
}
