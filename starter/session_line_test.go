package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/reporting/sheet"
)

// longLine is the line of a large session, with the longest of each part.
func longLine(wait waitPart) progressLine {
	return progressLine{
		bar: drawBar(4800, 12000), phase: "carrying over users", apps: "apps 4800 of ~12000 in 11 of 12 streams", users: "users 1234567",
		requests: "requests 123456 (1000/min)", left: "about 23h59m left", rejected: "12345 rejected", wait: wait,
	}
}

// longWaits are the longest of each wait, with what has to be seen of it at any width.
func longWaits(zone *time.Location, now time.Time) map[string]struct {
	wait  waitPart
	shows []string
} {
	pause := contract.Waiting{For: "Oomnitza's rate limit (HTTP 429)", Since: now, Until: now.Add(time.Hour)}
	outage := contract.Waiting{
		For: "Oomnitza: assign people: POST /api/v3/saas/42/users: HTTP 503: " + strings.Repeat("the service is not available at the moment ", 12), Since: now, Until: now.Add(6 * time.Hour),
	}
	endless := outage
	endless.Until = time.Time{}
	return map[string]struct {
		wait  waitPart
		shows []string
	}{
		"the budget":               {waitPart{reason: "the request budget (1000000/min)"}, []string{"waiting: the request budget (1000000/min)"}},
		"a rate limit":             {waitOf(pause, zone, now), []string{"waiting: Oomnitza's rate limit (HTTP 429), ", "1h00m"}},
		"an outage":                {waitOf(outage, zone, now), []string{"waiting: Oomnitza: assign people: ", "6h00m at most"}},
		"an outage without an end": {waitOf(endless, zone, now), []string{"waiting: Oomnitza: assign people: POST"}},
	}
}

func TestWhatIsWaitedForIsSeenAtAnyWidth(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	zone := time.FixedZone("America/Argentina/Buenos_Aires", -3*60*60)
	for name, tc := range longWaits(zone, now) {
		t.Run(name, func(t *testing.T) {
			for _, width := range []int{60, 80, 120, 200} {
				room := width - 1
				line := longLine(tc.wait).fitRoom(room)
				if n := sheet.LineWidth(line); n > room {
					t.Errorf("on a terminal of %d it takes %d: %s", width, n, line)
				}
				for _, text := range tc.shows {
					if !strings.Contains(line, text) {
						t.Errorf("on a terminal of %d %q is not in %s", width, text, line)
					}
				}
			}
			if line := longLine(tc.wait).fitRoom(1000); !strings.HasPrefix(line, "[█") || !strings.HasSuffix(line, longLine(tc.wait).String()) {
				t.Errorf("where there is room it is %s", line)
			}
		})
	}
}

func TestALineOfProgressLeavesOutWhatMattersLeast(t *testing.T) {
	budget := waitPart{reason: "the request budget (30/min)"}
	line := progressLine{bar: drawBar(104, 372), phase: "carrying over users", apps: "apps 104 of ~372", users: "users 4256", requests: "requests 128 (30/min)", left: "about 18m left", rejected: "3 rejected"}
	waiting := line
	waiting.wait = budget
	const bar = "[██████░░░░░░░░░░░░░░░░░░]  28% "
	for _, tc := range []struct {
		of    progressLine
		width int
		want  string
	}{
		{line, 200, bar + "carrying over users · apps 104 of ~372 · users 4256 · requests 128 (30/min) · about 18m left · 3 rejected"},
		{line, 120, bar + "carrying over users · apps 104 of ~372 · users 4256 · about 18m left · 3 rejected"},
		{line, 80, bar + "apps 104 of ~372 · about 18m left · 3 rejected"},
		{line, 60, "apps 104 of ~372 · about 18m left · 3 rejected"},
		{line, 20, "apps 104 of ~372"},
		{line, 10, "apps 104…"},
		{waiting, 200, bar + "carrying over users · apps 104 of ~372 · users 4256 · requests 128 (30/min) · about 18m left · 3 rejected · waiting: the request budget (30/min)"},
		{waiting, 160, "carrying over users · apps 104 of ~372 · users 4256 · requests 128 (30/min) · about 18m left · 3 rejected · waiting: the request budget (30/min)"},
		{waiting, 120, "carrying over users · apps 104 of ~372 · about 18m left · 3 rejected · waiting: the request budget (30/min)"},
		{waiting, 80, "apps 104 of ~372 · about 18m left · waiting: the request budget (30/min)"},
		{waiting, 60, "apps 104 of ~372 · waiting: the request budget (30/min)"},
		{waiting, 40, "waiting: the request budget (30/min)"},
		{waiting, 30, "waiting: the request budget…"},
		{progressLine{phase: "checking both tenants", users: "users 0", requests: "requests 0"}, 30, "checking both tenants"},
	} {
		if got := tc.of.fitRoom(tc.width - 1); got != tc.want {
			t.Errorf("on a terminal of %d:\n%s, not\n%s", tc.width, got, tc.want)
		}
	}
}

func TestTheEndOfAWaitDrawsNear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var errs bytes.Buffer
		v := (commands{streams{err: &errs, terminal: terminal{err: true, width: 60}}}).newView(30, nil)
		p := seen(10, 20)
		p.Waiting = contract.Waiting{For: "Defender's rate limit (HTTP 429)", Since: p.At, Until: p.At.Add(time.Hour)}
		for range 2 {
			v.showProgress(p)
			time.Sleep(20 * time.Minute)
		}
		want := "\rwaiting: Defender's rate limit (HTTP 429), 1h00m at most\rwaiting: Defender's rate limit (HTTP 429), 40m at most  "
		if got := errs.String(); got != want {
			t.Errorf("got %q", got)
		}
	})
}
