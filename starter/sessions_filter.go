package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/config"
	"defendersync/internal/sessions"
)

// readFilter reads the flags of the list. Times without a zone are in the given
// one.
func readFilter(ctx *cli.Context, now time.Time, zone *time.Location) (sessions.Filter, error) {
	f := sessions.Filter{Limit: ctx.Int("limit")}
	if f.Limit < 0 {
		return f, fmt.Errorf("--limit %d: use a number above 0, or 0 for all", f.Limit)
	}
	for _, word := range ctx.StringSlice("outcome") {
		outcome, ok := sessions.ParseOutcome(word)
		if !ok {
			return f, fmt.Errorf("--outcome %q: use %s", word, strings.ToLower(joinWords(sessions.ListOutcomes())))
		}
		f.Outcomes = append(f.Outcomes, outcome)
	}
	var err error
	if f.Since, err = parseTime("--since", ctx.String("since"), now, zone, false); err != nil {
		return f, err
	}
	if f.Until, err = parseTime("--until", ctx.String("until"), now, zone, true); err != nil {
		return f, err
	}
	if !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until) {
		return f, fmt.Errorf("--since %s is not before --until %s", ctx.String("since"), ctx.String("until"))
	}
	return f, nil
}

// parseTime reads a day, a time, or a duration ago; of a day it returns the end
// if asked to.
func parseTime(flag, text string, now time.Time, zone *time.Location, end bool) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		if end {
			day = day.AddDate(0, 0, 1)
		}
		return day, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	if ago, err := config.ParseDuration(text); err == nil {
		return now.Add(-ago), nil
	}
	return time.Time{}, fmt.Errorf("%s %q: use a day such as 2026-11-01, an instant such as 2026-11-01T08:00:00Z, or a time ago such as 7d", flag, text)
}
