package main

import (
	"testing"
	"time"

	"defendersync/internal/contract"
)

func TestAPauseOfTheScheduleIsToldWithItsOriginAgeAndEnd(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	from, ends := noon.Add(-50*time.Hour), noon.Add(20*time.Hour)
	mine := contract.PauseNote{By: "ann@desk", From: from}.String()
	why := contract.PauseNote{By: "ann@desk", From: from, Reason: "audit week"}.String()
	ending := contract.PauseNote{By: "ann@desk", From: from, Ends: ends, Reason: "move"}.String()
	for name, tc := range map[string]struct {
		view contract.ScheduleView
		want string
	}{
		"none":                      {contract.ScheduleView{Exists: true, Note: "by hand"}, "not paused"},
		"by us":                     {contract.ScheduleView{Exists: true, Paused: true, Note: mine}, "paused by ann@desk since Sun 2026-11-22 11:00:00 CET (2 days ago)"},
		"by us, for a reason":       {contract.ScheduleView{Exists: true, Paused: true, Note: why}, "paused by ann@desk since Sun 2026-11-22 11:00:00 CET (2 days ago): audit week"},
		"by us, until an end":       {contract.ScheduleView{Exists: true, NotBefore: ends, Note: ending}, "paused by ann@desk since Sun 2026-11-22 11:00:00 CET (2 days ago) until Wed 2026-11-25 09:00:00 CET (in 20h00m): move"},
		"by us, and it has ended":   {contract.ScheduleView{Exists: true, NotBefore: noon.Add(-time.Hour), Note: ending}, "not paused"},
		"by others, without a note": {contract.ScheduleView{Exists: true, Paused: true}, "paused outside of defendersync, without a note"},
		"by others":                 {contract.ScheduleView{Exists: true, Paused: true, Note: "by hand"}, "paused outside of defendersync with the note: by hand"},
	} {
		if got := pauseText(tc.view, berlin, noon); got != tc.want {
			t.Errorf("%s: %q, not %q", name, got, tc.want)
		}
	}
}

func TestAPauseOnPurposeIsAWarningThatNamesItsEnd(t *testing.T) {
	from, ends := noon.Add(-time.Hour), noon.Add(time.Hour)
	for want, p := range map[string]paused{
		"the schedule has been paused for 1h00m (audit), and starts nothing until it is resumed":         {Since: &from, Note: "audit", zone: time.UTC},
		"the schedule has been paused for 1h00m (audit), and starts nothing before 2026-11-24 13:00 UTC": {Since: &from, Until: &ends, Note: "audit", zone: time.UTC},
	} {
		if got := p.describePause(noon); got != want {
			t.Errorf("%q, not %q", got, want)
		}
		if !p.isToldBy("sessions wait: audit") || p.isToldBy("sessions wait") {
			t.Errorf("%+v is told by another text", p)
		}
	}
}

func TestAgesAndDurationsAreToldInTheirLargestUnits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0.0s", 0: "0.0s", 1250 * time.Millisecond: "1.2s", 10*time.Second - 1: "10.0s", 10 * time.Second: "10s", 90 * time.Second: "1m30s",
		59*time.Minute + 29*time.Second: "59m29s", time.Hour: "1h00m", 47*time.Hour + 59*time.Minute: "47h59m", 48 * time.Hour: "2 days", 71 * time.Hour: "2 days", 30 * 24 * time.Hour: "30 days",
	} {
		if got := formatAge(d); got != want {
			t.Errorf("%s is told as %q, not %q", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{59 * time.Second: "59s", time.Minute: "1m", 59*time.Minute + 59*time.Second: "59m", time.Hour: "1h00m", 100 * time.Hour: "100h00m"} {
		if got := formatTimeLeft(d); got != want {
			t.Errorf("of %s is left %q, not %q", d, got, want)
		}
	}
}
