// Package instants holds the instants at which tests run. No test takes the
// present for its "now": a test that is right today and wrong on a leap day,
// or when somebody's last activity turns 90 days old overnight, would be found
// by whoever is on duty that day.
package instants

import "time"

// Noon is the instant at which tests run that don't say otherwise: a Friday,
// far from midnight and from any change of clocks.
var Noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// Instant is a moment at which a rule that goes by time may break.
type Instant struct {
	Name string
	At   time.Time // UTC
}

// All are the instants at which what depends on time is tested besides Noon.
func All() []Instant {
	return []Instant{
		{"noon", Noon},
		{"a month later", Noon.AddDate(0, 1, 7)},
		{"the last second of a year", time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC)},
		{"the first second of a year", time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"the day before a short month", time.Date(2027, 1, 31, 23, 30, 0, 0, time.UTC)},
		{"a leap day", time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC)},
		{"the last second of a leap day", time.Date(2028, 2, 29, 23, 59, 59, 999e6, time.UTC)},
		{"clocks go forward in America", time.Date(2027, 3, 14, 7, 0, 0, 0, time.UTC)},
		{"clocks go forward in Europe", time.Date(2027, 3, 28, 1, 0, 0, 0, time.UTC)},
		{"clocks go back in Europe", time.Date(2027, 10, 31, 1, 0, 0, 0, time.UTC)},
		{"clocks go back in America", time.Date(2027, 11, 7, 6, 0, 0, 0, time.UTC)},
		{"a midnight", time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)},
		{"past 32 bits of seconds", time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC)},
	}
}

// Each runs a test at every instant of All, as a subtest of its name.
func Each[T interface{ Run(string, func(T)) bool }](t T, test func(T, time.Time)) {
	for _, i := range All() {
		t.Run(i.Name, func(t T) { test(t, i.At) })
	}
}

// Still is a clock that stands, so that nothing ages while a test runs,
// however slow the machine.
func Still(at time.Time) func() time.Time { return func() time.Time { return at } }
