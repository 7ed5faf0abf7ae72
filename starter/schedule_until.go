package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"defendersync/internal/config"
	"defendersync/internal/moment"
	"defendersync/internal/saas"
)

// longestPause bounds how far away the end of a pause may be. A pause for longer is one
// that nobody has set an end to.
const longestPause = 366 * saas.Day

// parseUntil reads --until of a pause: an instant by RFC 3339, a day or a time of day in
// the zone, a span from now such as 3d, or a word such as "tomorrow" or "monday 08:00". It
// returns a whole second, because Temporal's schedules know nothing smaller.
func parseUntil(text string, now time.Time, zone *time.Location) (time.Time, error) {
	at, err := readUntil(strings.Join(strings.Fields(text), " "), now.In(zone))
	if err != nil {
		return at, fmt.Errorf("--until %q: %w", text, err)
	}
	at = at.Truncate(time.Second)
	switch said := moment.FormatWeekday(at, zone); {
	case !at.After(now):
		return at, fmt.Errorf("--until %q: %s is over: use a time to come", text, said)
	case at.After(now.Add(longestPause)):
		return at, fmt.Errorf("--until %q: %s is more than a year away: pause without --until, and resume when it is time", text, said)
	}
	return at, nil
}

// readUntil reads a time whatever it is, as of now, which is in the zone of the answer.
func readUntil(text string, now time.Time) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if at, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return checkClock(at, text, layout)
		}
	}
	if span, ok := readSpan(text); ok {
		return now.Add(span), nil
	}
	if at, ok := readWords(strings.ToLower(text), now); ok {
		return at, nil
	}
	return time.Time{}, fmt.Errorf("use a time such as '2026-12-01 08:00' or 2026-12-01 (in %s), 2026-12-01T08:00:00+01:00, 18:00, tomorrow, 'monday 08:00', or a span such as 3d or 36h", now.Location())
}

// checkClock refuses a time of day that a change of the clock skips or repeats.
func checkClock(at time.Time, text, layout string) (time.Time, error) {
	if at.Format(layout) != text {
		return at, fmt.Errorf("there is no such time in %s: the clocks skip it", at.Location())
	}
	for _, other := range []time.Time{at.Add(-time.Hour), at.Add(time.Hour)} {
		if layout != time.DateOnly && other.Format(layout) == text {
			return at, fmt.Errorf("%s has this time twice, because the clocks are set back: use %s or %s",
				at.Location(), at.Format(time.RFC3339), other.Format(time.RFC3339))
		}
	}
	return at, nil
}

// longestSpan keeps a span from overflowing; parseUntil refuses less.
const longestSpan = 10 * longestPause

// readSpan reads a span from now: 36h, 3d, 1d12h, 2w.
func readSpan(text string) (time.Duration, bool) {
	if weeks, ok := strings.CutSuffix(text, "w"); ok {
		n, err := strconv.ParseUint(weeks, 10, 16)
		return min(time.Duration(n)*7*saas.Day, longestSpan), err == nil
	}
	span, err := config.ParseDuration(text)
	return min(span, longestSpan), err == nil
}

// readWords reads a day by its name, a time of day, or both. A day without a time is its
// beginning; a time of day alone is when it comes next; a weekday is never today.
func readWords(text string, now time.Time) (time.Time, bool) {
	day, clock, both := strings.Cut(text, " ")
	if at, err := readClock(day, now); err == nil && !both {
		if !at.After(now) {
			at, err = readClock(day, now.AddDate(0, 0, 1))
		}
		return at, err == nil
	}
	days, ok := daysUntil(day, now.Weekday())
	if !ok {
		return time.Time{}, false
	}
	if !both {
		clock = "00:00"
	}
	at, err := readClock(clock, now.AddDate(0, 0, days))
	return at, err == nil
}

// readClock reads a time of day, on the day of a time.
func readClock(text string, day time.Time) (time.Time, error) {
	clock, err := time.Parse("15:04", text)
	if err != nil {
		return clock, errors.New("no time of day")
	}
	return time.Date(day.Year(), day.Month(), day.Day(), clock.Hour(), clock.Minute(), 0, 0, day.Location()), nil
}

// daysUntil returns in how many days a day comes that is called by a word.
func daysUntil(word string, today time.Weekday) (int, bool) {
	switch word {
	case "today":
		return 0, true
	case "tomorrow":
		return 1, true
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if name := strings.ToLower(d.String()); word == name || word == name[:3] {
			return (int(d-today)+6)%7 + 1, true
		}
	}
	return 0, false
}
