package saas

import (
	"testing"
	"time"
)

func TestNewer(t *testing.T) {
	at := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	tests := []struct {
		name      string
		have, got time.Time
		want      bool
	}{
		{"nothing was known", time.Time{}, at, true},
		{"later", at, at.Add(time.Second), true},
		{"the same", at, at, false},
		{"earlier", at, at.Add(-time.Second), false},
		{"a fraction of a second later", at, at.Add(900 * time.Millisecond), false},
		{"nothing is told", at, time.Time{}, false},
		{"nothing at all", time.Time{}, time.Time{}, false},
		{"the same in another zone", at, at.In(time.FixedZone("", 3600)), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := IsNews(tt.have, tt.got); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestActive(t *testing.T) {
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		last time.Time
		want bool
	}{
		{now, true}, {now.Add(time.Hour), true}, {now.Add(-60 * Day), true}, {now.Add(-60*Day - time.Second), false}, {time.Time{}, false},
	} {
		if got := IsActive(tt.last, now, 60*Day); got != tt.want {
			t.Errorf("last seen %v: %v", tt.last, got)
		}
	}
}

func TestThresholdIsTheAppsOwnOrTheIntegrations(t *testing.T) {
	p := Policy{ActiveThreshold: 45 * Day, AppThresholds: map[string]time.Duration{"Dropbox": 30 * Day, "BOX": 10 * Day, "box": 5 * Day}}
	for name, want := range map[string]time.Duration{
		"Dropbox": 30 * Day, " dropbox": 30 * Day, "Box": 5 * Day, "BOX": 10 * Day, "Slack": 45 * Day,
	} {
		if got := p.Threshold(name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
	if got := (Policy{}).Threshold("Slack"); got != DefaultActiveThreshold {
		t.Errorf("without settings: %v", got)
	}
}

func TestMergeKeepsThePersonsLatestVisit(t *testing.T) {
	at := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	visits := map[string]Visit{}
	MergeVisit(visits, Person{Username: "Alice"}, at)
	MergeVisit(visits, Person{Username: "alice", Email: "alice@contoso.com"}, at.Add(-time.Hour))
	MergeVisit(visits, Person{Username: "ALICE"}, at.Add(time.Hour))
	MergeVisit(visits, Person{Username: "bob"}, at)
	if len(visits) != 2 {
		t.Fatalf("%d people: %v", len(visits), visits)
	}
	want := Visit{Person{Username: "Alice", Email: "alice@contoso.com"}, at.Add(time.Hour)}
	if got := visits[Fold("alice")]; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
