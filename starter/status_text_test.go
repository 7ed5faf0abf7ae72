package main

import (
	"testing"
	"time"

	"defendersync/internal/reporting/sheet"
	"defendersync/internal/versions"
)

func TestARunningSessionIsToldByHowFarItIs(t *testing.T) {
	soon, past := noon.Add(12*time.Minute), noon.Add(-time.Minute)
	running := runningStatus{Began: noon.Add(-time.Hour), PickedUp: true}
	for want, change := range map[string]func(*runningStatus){
		"for 1h00m":                    func(*runningStatus) {},
		"waits for a worker for 1h00m": func(r *runningStatus) { r.PickedUp = false },
		"apps 2 of 9":                  func(r *runningStatus) { r.Position = "apps 2 of 9" },
		"apps 3 of 9, about 12m left":  func(r *runningStatus) { r.Position, r.ExpectedEnd = "apps 3 of 9", &soon },
		"apps 9 of 9":                  func(r *runningStatus) { r.Position, r.ExpectedEnd = "apps 9 of 9", &past },
	} {
		r := running
		if change(&r); describeRunning([]runningStatus{r}, noon) != want {
			t.Errorf("%q, not %q", describeRunning([]runningStatus{r}, noon), want)
		}
	}
	if got := describeRunning([]runningStatus{running, {}, {}}, noon); got != "for 1h00m (and 2 more)" {
		t.Errorf("of three: %q", got)
	}
	if got := describeRunning(nil, noon); got != nothing {
		t.Errorf("of none: %q", got)
	}
}

func TestAPauseIsToldByItsEndOrItsAge(t *testing.T) {
	until, since := noon.Add(time.Hour), noon.Add(-50*time.Hour)
	minute := func(at *time.Time) string { return at.Format("15:04") }
	for want, p := range map[string]paused{"paused until 13:00": {Until: &until, Since: &since}, "paused for 2 days": {Since: &since}, "paused": {}} {
		if got := p.describeAge(noon, minute); got != want {
			t.Errorf("%+v: %q", p, got)
		}
	}
}

func TestNoticesThatNeedSomebodyAreCounted(t *testing.T) {
	for want, row := range map[string]statusRow{nothing: {}, "2 unread": {Unread: 2}, "1 undelivered": {Undelivered: 1}, "2 unread, 1 undelivered": {Unread: 2, Undelivered: 1}} {
		if got := describeNotices(row); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	for n, want := range map[int]string{0: "0 integrations", 1: "1 integration", 2: "2 integrations"} {
		if got := countIntegrations(n); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func TestAStatusHasItsColour(t *testing.T) {
	for word, want := range map[any]sheet.Color{"OK": sheet.Green, "WARNING": sheet.Yellow, "CRITICAL": sheet.Red, "UNKNOWN": sheet.Yellow, "else": sheet.Yellow, 7: sheet.Yellow} {
		if got := colourOfStatus(word); got != want {
			t.Errorf("%v is %v", word, got)
		}
	}
}

func TestWhereNewWorkGoesIsNamed(t *testing.T) {
	one, two := versions.Version{Deployment: "hr", Build: "1"}, versions.Version{Deployment: "hr", Build: "2"}
	for want, r := range map[string]versions.Routing{
		"":                                  {},
		"build 1 of hr":                     {Current: one},
		"build 1 of hr, 25 % build 2 of hr": {Current: one, Ramping: two, Percent: 25},
		"workers without a version, 5 % build 2 of hr": {Ramping: two, Percent: 5},
		"build 2 of hr": {Current: two, Ramping: one},
	} {
		if got := nameRouting(r); got != want {
			t.Errorf("%+v: %q, not %q", r, got, want)
		}
	}
}
