package gather

import (
	"strings"
	"testing"
	"time"

	"defendersync/internal/reporting/query"
	"defendersync/internal/saas"
	"defendersync/internal/testing/instants"
)

func TestUsersAreCountedByTheAgeOfTheirLastActivity(t *testing.T) {
	c := newCounter(query.Source{}, instants.Noon)
	for days, want := range map[int]string{0: "0–7 days", 7: "0–7 days", 8: "8–30 days", 30: "8–30 days", 31: "31–60 days", 60: "31–60 days", 61: "61–90 days", 90: "61–90 days", 91: "over 90 days", 4000: "over 90 days", -1: "0–7 days"} {
		if got := c.findAge(instants.Noon.Add(-time.Duration(days) * saas.Day)); got.Label != want {
			t.Errorf("%d days: %q, want %q", days, got.Label, want)
		}
	}
}

func TestOfAPersonTheLongestUnusedAppsAreKept(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC) }
	for name, days := range map[string][]int{"descending": {5, 4, 3, 2, 1}, "ascending": {1, 2, 3, 4, 5}, "mixed": {3, 1, 5, 2, 4}} {
		var p person
		for _, d := range days {
			p.unused++
			p.keepApp(unusedApp{&query.AppRef{Name: strings.Repeat("x", d)}, at(d)})
		}
		for i, want := range []int{1, 2, 3} {
			if !p.apps[i].last.Equal(at(want)) || len(p.apps[i].app.Name) != want {
				t.Errorf("%s: place %d has %v", name, i, p.apps[i])
			}
		}
	}
	var one person
	one.unused = 1
	one.keepApp(unusedApp{&query.AppRef{Name: "a"}, at(9)})
	if one.apps[0].app.Name != "a" || one.apps[1].app != nil {
		t.Errorf("got %v", one.apps)
	}
}

func TestCountryDomainsHaveTheNamesOfTheirCountries(t *testing.T) {
	for suffix, want := range map[string]string{"de": "Germany", "uk": "United Kingdom", "eu": "European Union", "cn": "China", "zz": "", "q1": ""} {
		if got := countryOf(suffix); got != want {
			t.Errorf("%s: %q, want %q", suffix, got, want)
		}
	}
}

func TestAMonthBeginsInItsZone(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	if got := startOfMonth(time.Date(2026, 1, 31, 23, 30, 0, 0, time.UTC).In(berlin)); !got.Equal(time.Date(2026, 2, 1, 0, 0, 0, 0, berlin)) {
		t.Errorf("got %v", got)
	}
}
