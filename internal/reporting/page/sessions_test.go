package page

import (
	"strings"
	"testing"
	"time"
)

func TestTheLastSessionIsOneThatCarriedDataOver(t *testing.T) {
	began := time.Date(2026, 11, 24, 2, 30, 0, 0, time.UTC)
	after := func(hours int, outcome string, dry bool) Session {
		return Session{Began: began.Add(time.Duration(hours) * time.Hour), Outcome: outcome, DryRun: dry}
	}
	for name, tt := range map[string]struct {
		sessions []Session
		want     figure
	}{
		"none":        {nil, figure{Label: "Last session", Value: "–", Detail: "none known"}},
		"a dry run":   {[]Session{after(2, "Completed", true), after(0, "Failed", false)}, figure{Label: "Last session", Value: "Failed", Detail: "24 Nov 2026, 02:30 UTC", Tone: "bad"}},
		"a skipped":   {[]Session{after(0, "Completed", false), after(1, "Skipped", false)}, figure{Label: "Last session", Value: "Completed", Detail: "24 Nov 2026, 02:30 UTC", Tone: "good"}},
		"a cancelled": {[]Session{after(0, "Completed", false), after(1, "Cancelled", false)}, figure{Label: "Last session", Value: "Cancelled", Detail: "24 Nov 2026, 03:30 UTC", Tone: "ended"}},
		"a limited":   {[]Session{after(0, "Failed", false), {Began: began.Add(time.Hour), Outcome: "Completed", Limited: true}}, figure{Label: "Last session", Value: "Failed", Detail: "24 Nov 2026, 02:30 UTC", Tone: "bad"}},
		"no real one": {[]Session{after(0, "Completed", true), after(1, "Skipped", false)}, figure{Label: "Last session", Value: "–", Detail: "only skipped, limited and dry runs"}},
	} {
		p := page{Data: Data{Sessions: tt.sessions}, zone: time.UTC}
		if got := p.sessionFigure(); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

func TestTonesOfUnlikeOutcomesDiffer(t *testing.T) {
	seen := map[string]string{}
	for _, outcome := range []string{"Completed", "Completed with errors", "Failed", "Running", "Cancelled", "Skipped"} {
		tone := toneOf(outcome)
		if other := seen[tone]; other != "" {
			t.Errorf("%s and %s look alike", outcome, other)
		}
		seen[tone] = outcome
		style, err := readAsset("page.css")
		if err != nil || !strings.Contains(style, ".legend ."+tone+"::before") {
			t.Errorf("the legend has no colour for %s: %v", outcome, err)
		}
	}
}
