// Package moment writes times for operators: in the time zone of INTEGRATION_TIMEZONE,
// and never without its name. Whatever an operator reads, on a screen, in a mail or in the
// Web UI, has its times from here; programs get RFC 3339 in UTC.
//
// A zone that is nil is UTC.
package moment

import (
	"sync"
	"time"
)

// Format writes a time to the minute: "2026-11-27 13:05 CET".
func Format(t time.Time, zone *time.Location) string {
	return write(t, zone, "2006-01-02 15:04")
}

// FormatSecond writes a time to the second: "2026-11-27 13:05:09 CET".
func FormatSecond(t time.Time, zone *time.Location) string {
	return write(t, zone, "2006-01-02 15:04:05")
}

// FormatExact writes a time to the minute, and with seconds where it has any.
func FormatExact(t time.Time, zone *time.Location) string {
	if t.Second() != 0 {
		return FormatSecond(t, zone)
	}
	return Format(t, zone)
}

// FormatWeekday writes a time to the second with its day of the week, by which people
// plan: "Fri 2026-11-27 13:05:09 CET".
func FormatWeekday(t time.Time, zone *time.Location) string {
	return write(t, zone, "Mon 2006-01-02 15:04:05")
}

// FormatProse writes a time for running text, as in mails: "Fri 27 Nov 2026, 13:05 CET".
func FormatProse(t time.Time, zone *time.Location) string {
	return write(t, zone, "Mon 2 Jan 2006, 15:04")
}

// FormatPage writes a time for a page or a chart: "27 Nov 2026, 13:05 CET".
func FormatPage(t time.Time, zone *time.Location) string {
	return write(t, zone, "2 Jan 2006, 15:04")
}

// FormatDay writes the day of a time, as it is in the zone: "2026-11-27".
func FormatDay(t time.Time, zone *time.Location) string {
	return t.In(orUTC(zone)).Format(time.DateOnly)
}

// NameZone names the zone that is in force at a time: "CET", or where it has no name of
// letters, "UTC+0545".
func NameZone(t time.Time, zone *time.Location) string {
	name, _ := t.In(orUTC(zone)).Zone()
	if name != "" && (name[0] == '+' || name[0] == '-') {
		return "UTC" + name
	}
	return name
}

func write(t time.Time, zone *time.Location, layout string) string {
	return t.In(orUTC(zone)).Format(layout) + " " + NameZone(t, zone)
}

func orUTC(zone *time.Location) *time.Location {
	if zone == nil {
		return time.UTC
	}
	return zone
}

// zones are those that were loaded, by name.
var zones sync.Map

// LoadZone returns the zone of an IANA name. "" and a name that is none are UTC: settings
// are checked before they get here.
func LoadZone(name string) *time.Location {
	if name == "" {
		return time.UTC
	}
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	zones.Store(name, zone)
	return zone
}
