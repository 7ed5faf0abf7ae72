package calendar

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/client"
)

// ClockChange is a scheduled time that a day has never or twice, because clocks
// go forward or back.
type ClockChange struct {
	Date  string `json:"date"`  // local
	Time  string `json:"time"`  // local, as scheduled
	Twice bool   `json:"twice"` // sessions start at both; else at neither
}

// String says what comes of it.
func (c ClockChange) String() string {
	day, _ := time.Parse(time.DateOnly, c.Date) // as it was written
	when := day.Format("Mon ") + c.Date
	if c.Twice {
		return fmt.Sprintf("on %s the clock shows %s twice: a session starts each time", when, c.Time)
	}
	return fmt.Sprintf("on %s the clock skips %s: no session starts", when, c.Time)
}

const (
	// horizon is how far ahead changes of the clock are told of.
	horizon = 366 * 24 * time.Hour
	// aroundChange is how far from a change its effects are looked for.
	aroundChange = 6 * time.Hour
	// maxChanges bounds what is told.
	maxChanges = 6
	// everyHour is an expression's hours when it names none: that such a
	// schedule misses an hour which there is not says nothing.
	everyHour = 1<<24 - 1
)

// FindClockChanges finds the scheduled times of the next year that a day has never
// or twice. What comes of the second kind only Temporal can tell: listStarts gives
// its starts between two moments.
func FindClockChanges(spec client.ScheduleSpec, zone *time.Location, now time.Time, listStarts func(from, to time.Time) ([]time.Time, error)) ([]ClockChange, error) {
	var out []ClockChange
	for _, cal := range spec.Calendars {
		if bitsOf(cal.Hour)&everyHour == everyHour {
			continue
		}
		for _, change := range listChanges(zone, now) {
			never, twice := findUnusual(cal, zone, change)
			out = append(out, never...)
			if len(twice) == 0 {
				continue
			}
			starts, err := listStarts(change.Add(-aroundChange), change.Add(aroundChange+spec.Jitter))
			if err != nil {
				return nil, err
			}
			out = append(out, keepDoubled(twice, starts, spec.Jitter)...)
		}
	}
	return out[:min(len(out), maxChanges)], nil
}

// listChanges lists the moments of the next year at which a zone's clocks change.
func listChanges(zone *time.Location, now time.Time) []time.Time {
	var out []time.Time
	for at := now.In(zone); ; {
		_, end := at.ZoneBounds()
		if end.IsZero() || end.Sub(now) > horizon {
			return out
		}
		out = append(out, end)
		at = end.In(zone)
	}
}

// doubled is a scheduled time with the two moments at which the clock shows it.
type doubled struct {
	ClockChange
	at [2]time.Time
}

// findUnusual finds the scheduled times around a change of the clock that there are
// never and twice.
func findUnusual(cal client.ScheduleCalendarSpec, zone *time.Location, change time.Time) (never []ClockChange, twice []doubled) {
	_, before := change.Add(-time.Second).In(zone).Zone()
	_, after := change.In(zone).Zone()
	shift := time.Duration(after-before) * time.Second
	// The times in question, by a clock that knows of no change.
	from, to := change.Add(time.Duration(before)*time.Second).UTC(), change.Add(time.Duration(after)*time.Second).UTC()
	if shift < 0 {
		from, to = to, from
	}
	for wall := from; wall.Before(to); wall = wall.Add(time.Minute) {
		if !hasTime(cal, wall) {
			continue
		}
		what := ClockChange{Date: wall.Format(time.DateOnly), Time: wall.Format("15:04"), Twice: shift < 0}
		if shift > 0 {
			never = append(never, what)
			continue
		}
		first := wall.Add(-time.Duration(before) * time.Second)
		twice = append(twice, doubled{what, [2]time.Time{first, first.Add(-shift)}})
	}
	return never, twice
}

// hasTime reports whether a calendar has a time, whatever the zone.
func hasTime(cal client.ScheduleCalendarSpec, wall time.Time) bool {
	has := func(ranges []client.ScheduleRange, n int) bool { return bitsOf(ranges)&(1<<n) != 0 }
	return has(cal.Minute, wall.Minute()) && has(cal.Hour, wall.Hour()) && has(cal.DayOfMonth, wall.Day()) &&
		has(cal.Month, int(wall.Month())) && has(cal.DayOfWeek, int(wall.Weekday()))
}

// keepDoubled keeps those of the doubled times at which sessions start twice.
func keepDoubled(twice []doubled, starts []time.Time, jitter time.Duration) []ClockChange {
	var out []ClockChange
	for _, d := range twice {
		started := 0
		for _, at := range d.at {
			i := slices.IndexFunc(starts, func(t time.Time) bool { return !t.Before(at) && !t.After(at.Add(jitter)) })
			if i >= 0 {
				started++
				starts = slices.Delete(slices.Clone(starts), i, i+1)
			}
		}
		if started == len(d.at) {
			out = append(out, d.ClockChange)
		}
	}
	return out
}
