package moment

import (
	"testing"
	"time"
	_ "time/tzdata" // zones are there on every machine that runs the tests
)

func TestATimeIsWrittenInItsZoneAndNamesIt(t *testing.T) {
	at := func(text string) time.Time {
		got, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, tt := range []struct{ zone, at, want string }{
		{"", "2026-11-27T12:05:09Z", "2026-11-27 12:05 UTC"},
		{"No/Such", "2026-11-27T12:05:09Z", "2026-11-27 12:05 UTC"},
		{"Asia/Kolkata", "2026-11-27T18:45:00Z", "2026-11-28 00:15 IST"},
		{"America/St_Johns", "2026-11-27T03:00:00Z", "2026-11-26 23:30 NST"},
		{"America/St_Johns", "2026-07-01T12:00:00Z", "2026-07-01 09:30 NDT"},
		{"Asia/Kathmandu", "2026-07-01T12:00:00Z", "2026-07-01 17:45 UTC+0545"},
		{"America/Sao_Paulo", "2026-07-01T12:00:00Z", "2026-07-01 09:00 UTC-03"},
		{"Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25 02:30 CEST"}, // the hour that comes twice
		{"Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25 02:30 CET"},
		{"Europe/Berlin", "2027-03-28T00:59:00Z", "2027-03-28 01:59 CET"}, // the hour that is skipped
		{"Europe/Berlin", "2027-03-28T01:00:00Z", "2027-03-28 03:00 CEST"},
	} {
		zone := LoadZone(tt.zone)
		if got := Format(at(tt.at), zone); got != tt.want {
			t.Errorf("%s in %q is %s, not %s", tt.at, tt.zone, got, tt.want)
		}
		if LoadZone(tt.zone) != zone {
			t.Errorf("%q is another zone the next time", tt.zone)
		}
	}
}

func TestEveryFormNamesTheZone(t *testing.T) {
	at, berlin := time.Date(2026, 11, 27, 12, 5, 9, 0, time.UTC), LoadZone("Europe/Berlin")
	for want, got := range map[string]string{
		"2026-11-27 13:05 CET": Format(at, berlin), "2026-11-27 13:05:09 CET": FormatSecond(at, berlin), "2026-11-27 12:05:09 UTC": FormatExact(at, nil),
		"2026-11-27 12:05 UTC": FormatExact(at.Truncate(time.Minute), nil), "Fri 2026-11-27 13:05:09 CET": FormatWeekday(at, berlin),
		"Fri 27 Nov 2026, 13:05 CET": FormatProse(at, berlin), "27 Nov 2026, 13:05 CET": FormatPage(at, berlin), "CET": NameZone(at, berlin), "2026-11-27": FormatDay(at, berlin),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := FormatDay(time.Date(2026, 11, 27, 23, 30, 0, 0, time.UTC), berlin); got != "2026-11-28" {
		t.Errorf("the day in Berlin is %s", got)
	}
}
