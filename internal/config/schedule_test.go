package config

import (
	"strings"
	"testing"
	"time"
)

func TestScheduleNext(t *testing.T) {
	at := time.Date(2026, 11, 23, 10, 30, 0, 0, time.UTC) // a Monday
	tests := []struct{ text, zone, want string }{
		{"every 24h", "", "2026-11-24T00:00:00Z"},
		{"every 1d", "Europe/Berlin", "2026-11-24T00:00:00Z"},
		{"Every 10m", "UTC", "2026-11-23T10:40:00Z"},
		{"every 7d", "UTC", "2026-11-26T00:00:00Z"}, // the epoch was a Thursday
		{"30 2 * * *", "UTC", "2026-11-24T02:30:00Z"},
		{"30 2 * * *", "Europe/Berlin", "2026-11-24T01:30:00Z"},
		{" 0  6 * *  1-5 ", "America/New_York", "2026-11-23T11:00:00Z"},
		{"0 0 1 * *", "UTC", "2026-12-01T00:00:00Z"},
		{"0 0 29 2 *", "UTC", "2028-02-29T00:00:00Z"},
		{"0 2 * * 7", "UTC", "2026-11-29T02:00:00Z"},
		{"0 2 * * 5-7", "UTC", "2026-11-27T02:00:00Z"},
		{"0 2 * * fri-Sun", "UTC", "2026-11-27T02:00:00Z"},
		{"0 2 * * sat-sun", "UTC", "2026-11-28T02:00:00Z"},
		{"0 2 * * SUN,7,0", "UTC", "2026-11-29T02:00:00Z"},
		{"0 2 * * 0-7", "UTC", "2026-11-24T02:00:00Z"},
		{"0 2 * * 1-7/2", "UTC", "2026-11-25T02:00:00Z"},
		{"0 2 * * 7/2", "UTC", "2026-11-29T02:00:00Z"},
		{"0 2 * * */3", "UTC", "2026-11-25T02:00:00Z"},
		{"0 2 1 dec *", "UTC", "2026-12-01T02:00:00Z"},
		{"@daily", "Europe/Berlin", "2026-11-23T23:00:00Z"},
		{"@Midnight", "UTC", "2026-11-24T00:00:00Z"},
		{"@weekly", "UTC", "2026-11-29T00:00:00Z"},
		{"@monthly", "UTC", "2026-12-01T00:00:00Z"},
		{"@annually", "UTC", "2027-01-01T00:00:00Z"},
		{"@hourly", "UTC", "2026-11-23T11:00:00Z"},
		{"@every 12h", "UTC", "2026-11-23T12:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.text+" "+tt.zone, func(t *testing.T) {
			s, err := ParseSchedule(tt.text, tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.NextStart(at).UTC().Format(time.RFC3339); got != tt.want {
				t.Errorf("%v: next is %s, want %s", s, got, tt.want)
			}
			if (s.Every > 0) == (s.Cron != "") {
				t.Errorf("%+v is both or neither", s)
			}
		})
	}
}

func TestScheduleNextAlwaysMovesOn(t *testing.T) {
	s, err := ParseSchedule("every 24h", "")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	if got := s.NextStart(start); !got.Equal(start.Add(24 * time.Hour)) {
		t.Errorf("after a start comes %v", got)
	}
	if got := (Schedule{}).NextStart(start); !got.IsZero() {
		t.Errorf("no schedule starts at %v", got)
	}
}

func TestBadSchedulesSayWhatIsAccepted(t *testing.T) {
	for _, tt := range []struct{ text, zone, want string }{
		{"", "", "every 24h"}, {"every day", "", "not a duration"}, {"every 5s", "", "least"}, {"0 0 2 * * *", "", "five fields"},
		{"61 * * * *", "", "cron"}, {"@sometimes", "", "five fields"}, {"0 0 * * 8", "", "0 and 7 are Sunday"}, {"0 0 * * fri-mon", "", "goes backwards"},
		{"0 0 * * mon/0", "", "no step"}, {"0 0 * * 5L", "", "no day of the week"}, {"0 0 * * 1#2", "", "no day of the week"}, {"0 0 * *  -", "", "no day of the week"}, {"0 0 ? * *", "", "not ?"}, {"0 0 1 * 1", "", "not both"},
		{"0 0 31 2 *", "", "never fire"}, {"0 0 * * *", "Nowhere", "INTEGRATION_TIMEZONE"}, {"0 0 * * *", "Local", "INTEGRATION_TIMEZONE"},
	} {
		if _, err := ParseSchedule(tt.text, tt.zone); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q in %q: %v, want %q", tt.text, tt.zone, err, tt.want)
		}
	}
}

func FuzzParseSchedule(f *testing.F) {
	for _, s := range []string{"every 24h", "30 2 * * *", "*/5 1-3 * jan mon", "TZ=UTC 0 0 * *", "0 0 31 2 *", "99999999999999999999 * * * *"} {
		f.Add(s)
	}
	at := time.Date(2026, 11, 23, 10, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSchedule(text, "UTC")
		if err != nil {
			return
		}
		if next := s.NextStart(at); !next.After(at) {
			t.Errorf("%q: next after %v is %v", text, at, next)
		}
	})
}

func TestTheWrongFieldOfACronExpressionIsNamedWithWhatItTakes(t *testing.T) {
	for text, want := range map[string]string{
		"x * * * *":                    `"x" is not a minute: use 0 to 59,`,
		"61 * * * *":                   `"61" is not a minute: use 0 to 59,`,
		"-1 * * * *":                   `"-1" is not a minute`,
		"*/0 * * * *":                  `"*/0" is not a minute`,
		"1/2/3 * * * *":                `"1/2/3" is not a minute`,
		"0 5-1 * * *":                  `"5-1" is not an hour: use 0 to 23,`,
		"0 2 32 * *":                   `"32" is not a day of the month: use 1 to 31,`,
		"0 2 * janu *":                 `"janu" is not a month: use 1 to 12 or jan, feb, …,`,
		"0 2 * 1-x *":                  `"1-x" is not a month`,
		"0 2 99999999999999999999 * *": `"99999999999999999999" is not a day of the month`,
	} {
		_, err := ParseSchedule(text, "")
		if err == nil || !strings.HasPrefix(err.Error(), "not a cron expression: "+want) || strings.Contains(err.Error(), "strconv") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
