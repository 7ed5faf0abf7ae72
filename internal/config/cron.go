package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/robfig/cron/v3"
)

// cronWords maps cron's named expressions to their five fields.
var cronWords = map[string]string{
	"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *",
	"@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
}

// weekdays holds the names of the days, Sunday first.
var weekdays = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// normalizeWeekdays rewrites a day-of-week field so that Temporal and our own
// parser agree on it: as numbers from 0 to 6. Cron also accepts 7 for Sunday,
// alone or at the end of a range. A field without a 7 is returned unchanged.
func normalizeWeekdays(field string) (string, error) {
	var parts []string
	sundays := false
	for part := range strings.SplitSeq(field, ",") {
		days, seven, err := parseDays(part)
		if err != nil {
			return "", err
		}
		parts, sundays = append(parts, days...), sundays || seven
	}
	if !sundays {
		return field, nil
	}
	slices.Sort(parts)
	return strings.Join(slices.Compact(parts), ","), nil
}

// parseDays reads one comma-separated part of the field: a day, a range or *,
// each with an optional step. seven reports that the part ends with 7.
func parseDays(part string) (days []string, seven bool, err error) {
	span, step, stepped := strings.Cut(part, "/")
	every := 1
	if stepped {
		if every, err = strconv.Atoi(step); err != nil || every < 1 {
			return nil, false, fmt.Errorf("%q is no step between days of the week", step)
		}
	}
	from, to, err := parseDaySpan(span, stepped)
	if err != nil {
		return nil, false, err
	}
	if from > to {
		return nil, false, fmt.Errorf("%q goes backwards: write the days one by one, such as 6,0,1", part)
	}
	for day := from; day <= to; day += every {
		days = append(days, strconv.Itoa(day%7))
	}
	return days, to == 7, nil
}

// parseDaySpan reads the first and the last day of a part without its step.
func parseDaySpan(span string, stepped bool) (from, to int, err error) {
	if span == "*" {
		return 0, 6, nil
	}
	first, last, ranged := strings.Cut(span, "-")
	if from, err = parseWeekday(first); err != nil {
		return 0, 0, err
	}
	switch {
	case ranged:
		if to, err = parseWeekday(last); to == 0 && from > 0 {
			to = 7 // fri-sun
		}
		return from, to, err
	case stepped:
		return from, max(from, 6), nil
	}
	return from, from, nil
}

// parseWeekday reads a day of the week: 0 to 7 or a name.
func parseWeekday(text string) (int, error) {
	if i := slices.Index(weekdays[:], strings.ToLower(text)); i >= 0 {
		return i, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 7 {
		return 0, fmt.Errorf("%q is no day of the week: use 0 to 7 (0 and 7 are Sunday) or mon, tue, …", text)
	}
	return n, nil
}

// cronFields are the fields of a cron expression, with the values that they take.
var cronFields = [...]struct{ name, values string }{
	{"a minute", "0 to 59"}, {"an hour", "0 to 23"}, {"a day of the month", "1 to 31"}, {"a month", "1 to 12 or jan, feb, …"}, {"a day of the week", "0 to 7 or sun, mon, …"},
}

// explainCron says which field of a cron expression the parser does not take, and
// what the field takes. The parser's own errors quote its internals.
func explainCron(fields []string, err error) error {
	for i, field := range fields {
		alone := []string{"*", "*", "*", "*", "*"}
		alone[i] = field
		if _, bad := cron.ParseStandard(strings.Join(alone, " ")); bad != nil {
			return fmt.Errorf("%q is not %s: use %s, a list such as 1,5, a range such as 1-5, * or a step such as */5", field, cronFields[i].name, cronFields[i].values)
		}
	}
	return err
}
