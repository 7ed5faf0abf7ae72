package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"go.temporal.io/sdk/client"
)

// clockChange is a scheduled time that a day has never or twice, because clocks
// are put forward or back.
type clockChange struct {
	Date  string `json:"date"`  // local
	Time  string `json:"time"`  // local, as scheduled
	Twice bool   `json:"twice"` // sessions start at both; else at neither
}

// String says what comes of it.
func (c clockChange) String() string {
	day, _ := time.Parse(time.DateOnly, c.Date) // as it was written
	when := day.Format("Mon ") + c.Date
	if c.Twice {
		return fmt.Sprintf("on %s the clock shows %s twice: a session starts each time", when, c.Time)
	}
	return fmt.Sprintf("on %s the clock skips %s: no session starts", when, c.Time)
}

const (
	// clockHorizon is how far ahead changes of the clock are told of.
	clockHorizon = 366 * 24 * time.Hour
	// aroundChange is how far from a change its effects are looked for.
	aroundChange = 6 * time.Hour
	// maxClockChanges bounds what is told.
	maxClockChanges = 6
	// everyHour is an expression's hours when it names none: that such a
	// schedule misses an hour which there is not says nothing.
	everyHour = 1<<24 - 1
)

// clockChanges finds the scheduled times of the next year that a day has never
// or twice. What comes of the second kind only Temporal can tell, so it is
// asked for its starts.
func (c connection) clockChanges(ctx context.Context, d *client.ScheduleDescription, now time.Time) ([]clockChange, error) {
	spec := d.Schedule.Spec
	if spec == nil {
		return nil, nil
	}
	var out []clockChange
	for _, cal := range spec.Calendars {
		for _, change := range changesOf(zoneOf(d), now) {
			if set(cal.Hour)&everyHour == everyHour {
				continue
			}
			never, twice := unusual(cal, zoneOf(d), change)
			out = append(out, never...)
			if len(twice) == 0 {
				continue
			}
			starts, err := c.sessions().ListStarts(ctx, change.Add(-aroundChange), change.Add(aroundChange+spec.Jitter))
			if err != nil {
				return nil, err
			}
			out = append(out, bothStart(twice, starts, spec.Jitter)...)
		}
	}
	return out[:min(len(out), maxClockChanges)], nil
}

// changesOf are the moments of the next year at which a zone's clocks change.
func changesOf(zone *time.Location, now time.Time) []time.Time {
	var out []time.Time
	for at := now.In(zone); ; {
		_, end := at.ZoneBounds()
		if end.IsZero() || end.Sub(now) > clockHorizon {
			return out
		}
		out = append(out, end)
		at = end.In(zone)
	}
}

// doubled is a scheduled time with the two moments at which the clock shows it.
type doubled struct {
	clockChange
	at [2]time.Time
}

// unusual finds the scheduled times around a change of the clock that there are
// never and twice.
func unusual(cal client.ScheduleCalendarSpec, zone *time.Location, change time.Time) (never []clockChange, twice []doubled) {
	_, before := change.Add(-time.Second).In(zone).Zone()
	_, after := change.In(zone).Zone()
	shift := time.Duration(after-before) * time.Second
	// The times in question, by a clock that knows of no change.
	from, to := change.Add(time.Duration(before)*time.Second).UTC(), change.Add(time.Duration(after)*time.Second).UTC()
	if shift < 0 {
		from, to = to, from
	}
	for wall := from; wall.Before(to); wall = wall.Add(time.Minute) {
		if !scheduledAt(cal, wall) {
			continue
		}
		what := clockChange{Date: wall.Format(time.DateOnly), Time: wall.Format("15:04"), Twice: shift < 0}
		if shift > 0 {
			never = append(never, what)
			continue
		}
		first := wall.Add(-time.Duration(before) * time.Second)
		twice = append(twice, doubled{what, [2]time.Time{first, first.Add(-shift)}})
	}
	return never, twice
}

// scheduledAt reports whether a calendar has a time, whatever the zone.
func scheduledAt(cal client.ScheduleCalendarSpec, wall time.Time) bool {
	has := func(ranges []client.ScheduleRange, n int) bool { return set(ranges)&(1<<n) != 0 }
	return has(cal.Minute, wall.Minute()) && has(cal.Hour, wall.Hour()) && has(cal.DayOfMonth, wall.Day()) &&
		has(cal.Month, int(wall.Month())) && has(cal.DayOfWeek, int(wall.Weekday()))
}

// bothStart are those of the doubled times at which sessions start twice.
func bothStart(twice []doubled, starts []time.Time, jitter time.Duration) []clockChange {
	var out []clockChange
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
			out = append(out, d.clockChange)
		}
	}
	return out
}

// tellClockChanges says when sessions start never or twice.
func tellClockChanges(w io.Writer, changes []clockChange) {
	for _, change := range changes {
		fmt.Fprintf(w, "  %s\n", change)
	}
	if len(changes) > 0 {
		fmt.Fprintln(w, "    choose a time outside of these hours, or INTEGRATION_TIMEZONE=UTC, to avoid this")
	}
}
