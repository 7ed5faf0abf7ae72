package main

import (
	"strings"
	"testing"
	"time"
)

func TestUntilIsReadInTheZoneOfTheIntegration(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 24, 12, 0, 0, 500, time.UTC) // a Tuesday, 13:00 in Berlin
	for text, want := range map[string]string{
		"2026-12-01":                "2026-12-01T00:00:00+01:00",
		"2026-12-01 08:00":          "2026-12-01T08:00:00+01:00",
		" 2026-12-01  08:00:30 ":    "2026-12-01T08:00:30+01:00",
		"2026-12-01T08:00":          "2026-12-01T08:00:00+01:00",
		"2026-12-01T08:00:00-05:00": "2026-12-01T14:00:00+01:00",
		"2026-12-01T08:00:00Z":      "2026-12-01T09:00:00+01:00",
		"2027-07-01 08:00":          "2027-07-01T08:00:00+02:00",
		"3d":                        "2026-11-27T13:00:00+01:00",
		"1d12h":                     "2026-11-26T01:00:00+01:00",
		"90m":                       "2026-11-24T14:30:00+01:00",
		"2w":                        "2026-12-08T13:00:00+01:00",
		"18:00":                     "2026-11-24T18:00:00+01:00",
		"12:30":                     "2026-11-25T12:30:00+01:00",
		"today 18:00":               "2026-11-24T18:00:00+01:00",
		"tomorrow":                  "2026-11-25T00:00:00+01:00",
		"Tomorrow 08:00":            "2026-11-25T08:00:00+01:00",
		"wednesday":                 "2026-11-25T00:00:00+01:00",
		"Tue":                       "2026-12-01T00:00:00+01:00",
		"monday 08:00":              "2026-11-30T08:00:00+01:00",
	} {
		at, err := parseUntil(text, now, berlin)
		if got := at.In(berlin).Format(time.RFC3339); err != nil || got != want {
			t.Errorf("%q is %s, %v, not %s", text, got, err, want)
		}
	}
	for text, says := range map[string]string{
		"":                     "use a time such as",
		"soon":                 `--until "soon": use a time such as '2026-12-01 08:00' or 2026-12-01 (in Europe/Berlin)`,
		"2026-13-01":           "use a time such as",
		"monday 25:00":         "use a time such as",
		"3":                    "use a time such as",
		"-3d":                  "use a time such as",
		"0s":                   "Tue 2026-11-24 13:00:00 CET is over",
		"2026-11-24":           "Tue 2026-11-24 00:00:00 CET is over: use a time to come",
		"today":                "is over",
		"2026-11-24T12:00:00Z": "is over",
		"367d":                 "Fri 2027-11-26 13:00:00 CET is more than a year away",
		"9000w":                "more than a year away",
		"2027-03-28 02:30":     "there is no such time in Europe/Berlin: the clocks skip it",
		"2027-10-31 02:30":     "2027-10-31T02:30:00+01:00",
		"9999-12-31":           "more than a year away",
	} {
		if at, err := parseUntil(text, now, berlin); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q is %s, %v, which does not say %q", text, at, err, says)
		}
	}
}
