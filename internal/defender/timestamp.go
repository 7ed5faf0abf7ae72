package defender

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/width"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// rawTime decodes a time of any kind that assumptions.go knows, in UTC. ok is
// false when it is none of them, or outside the range that makes sense.
func rawTime(raw []byte) (t time.Time, ok bool) {
	t, reason := readTime(raw)
	return t, reason == ""
}

// readTime is rawTime with the reason why a value is no time.
func readTime(raw []byte) (t time.Time, reason string) {
	switch {
	case len(raw) == 0:
		return time.Time{}, badTime
	case raw[0] == '{':
		return timeInObject(raw, 0)
	case raw[0] == '"':
		s, _ := httpx.UnquoteText(raw)
		return timeOfText(plainTime(s))
	}
	if t, reason = checkRange(fromNumber(string(raw))); reason != "" && isoBasic.Match(raw) {
		return timeOfText(string(raw)) // 20261124182110
	}
	return t, reason
}

// timeInObject reads what databases and other services put around a time:
// {"$date": …}, {"dateTime": …, "timeZone": "UTC"}, {"seconds": …}.
func timeInObject(raw []byte, depth int) (t time.Time, reason string) {
	const deepest = 2
	reason = badTime
	zone := ""
	httpx.EachField(raw, func(key, value []byte) {
		switch string(key) {
		case "timeZone", "timezone":
			zone, _ = httpx.UnquoteText(value)
		case "$date", "$numberLong", "$numberDouble", "date", "dateTime", "time", "timestamp", "value", "seconds", "_seconds", "epochSecond", "epoch", "DateTime":
			if reason == "" {
				return
			}
			if value[0] != '{' {
				t, reason = readTime(value)
			} else if depth < deepest {
				t, reason = timeInObject(value, depth+1)
			}
		}
	})
	if zone != "" && !isUTC(zone) {
		return time.Time{}, badZone
	}
	return t, reason
}

// plainTime takes off what stands around a time and makes blanks and digits of
// other forms plain: browsers put narrow blanks before PM, and a zone's name in
// brackets behind its offset.
func plainTime(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) {
		s = strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) {
				return ' '
			}
			return r
		}, width.Fold.String(saas.StripInvisible(s)))
	}
	s = strings.TrimSpace(s)
	if inner, ok := strings.CutPrefix(s, "datetime'"); ok {
		s = inner
	}
	s = strings.Trim(s, `"'`)
	if before, zone, ok := strings.Cut(s, " ("); ok && strings.HasSuffix(zone, ")") && strings.Count(zone, ")") == 1 && zoned.MatchString(before) {
		s = before
	}
	return s
}

// zoned ends with an offset.
var zoned = regexp.MustCompile(`[+\-−]\d{2}:?\d{2}$`)

// isDate is the form of dates in JSON that Microsoft's serializers wrote; an
// offset after the milliseconds is for showing the time and changes nothing.
var isDate = regexp.MustCompile(`^\\?/?(?:new )?Date\((-?\d+)(?:[+-]\d{4})?\)\\?/?$`)

// timeOfText reads a time in words or digits.
func timeOfText(s string) (time.Time, string) {
	if s == "" || len(s) > maxTimeText {
		return time.Time{}, badTime
	}
	if m := isDate.FindStringSubmatch(s); m != nil {
		return checkRange(fromNumber(m[1]))
	}
	if t, ok := fromNumber(s); ok {
		if t, reason := checkRange(t, true); reason == "" {
			return t, ""
		}
	}
	if m := isoForm.FindStringSubmatch(s); m != nil {
		return fromISO(m)
	}
	if m := isoBasic.FindStringSubmatch(s); m != nil {
		return fromISO(m)
	}
	if m := slashForm.FindStringSubmatch(s); m != nil {
		return fromSlashes(m)
	}
	return fromLayouts(s)
}

// maxTimeText bounds, in bytes, what is taken for a time.
const maxTimeText = 100

// Times that begin with the year leave no doubt about the month: ISO 8601 and
// RFC 3339 with their usual liberties, and the same without separators.
var (
	isoForm  = regexp.MustCompile(`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})` + clockForm + zoneForm + `$`)
	isoBasic = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})(?:[Tt ]?(\d{2})(\d{2})(?:(\d{2})(?:[.,](\d+))?)?()?)?` + zoneForm + `$`)
	// A day and a month in front may be either.
	slashForm = regexp.MustCompile(`^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})` + clockForm + zoneForm + `$`)
)

const (
	clockForm = `(?:(?:[Tt_,]|,? +)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?: ?([AaPp])\.?[Mm]\.?)?)?`
	// Behind an offset, the zone's name adds nothing.
	zoneForm = ` ?(?:(Z|z|UTC|utc|GMT|UT|(?:UTC|GMT)?[+\-−]\d{2}(?::?\d{2})?)(?: (?:[A-Z]{1,5}|[+-]\d{2,4}))?)?(?:\[[A-Za-z_/+-]+\])?`
)

// fromISO makes a time of year, month, day, clock and zone.
func fromISO(m []string) (time.Time, string) {
	return assembleTime(parseDigits(m[1]), parseDigits(m[2]), parseDigits(m[3]), m[4:])
}

// fromSlashes reads a date of which two numbers may be the month, and only
// where there is no doubt which is.
func fromSlashes(m []string) (time.Time, string) {
	first, second, year := parseDigits(m[1]), parseDigits(m[2]), parseDigits(m[3])
	switch {
	case first > 12:
		return assembleTime(year, second, first, m[4:])
	case second > 12, first == second:
		return assembleTime(year, first, second, m[4:])
	}
	return time.Time{}, badAmbiguous
}

// assembleTime makes a time and checks that there is such a day. rest is hour,
// minute, second, fraction, half of the day and zone; a time without a zone is
// UTC.
func assembleTime(year, month, day int, rest []string) (time.Time, string) {
	hour, minute, second := parseDigits(rest[0]), parseDigits(rest[1]), parseDigits(rest[2])
	if half := strings.ToLower(rest[4]); half != "" {
		if hour < 1 || hour > 12 {
			return time.Time{}, badTime
		}
		if hour %= 12; half == "p" {
			hour += 12
		}
	}
	if second == 60 { // a leap second; Unix time has none
		second = 59
	}
	nanos := parseDigits((rest[3] + "000000000")[:9])
	end := hour == 24 && minute == 0 && second == 0 && nanos == 0 // ISO's end of a day
	if hour > 23 && !end || minute > 59 || second > 59 {
		return time.Time{}, badTime
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Day() != day || t.Month() != time.Month(month) {
		return time.Time{}, badTime
	}
	t = t.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + time.Duration(nanos))
	offset, ok := offsetOf(rest[5])
	if !ok {
		return time.Time{}, badTime
	}
	return checkRange(t.Add(-offset), true)
}

// offsetOf reads +0200, +02:00, +02 and the names of UTC.
func offsetOf(zone string) (time.Duration, bool) {
	if zone == "" || isUTC(zone) {
		return 0, true
	}
	sign := time.Duration(1)
	zone = strings.TrimLeft(zone, "GMTUC")
	if zone[0] != '+' {
		sign = -1
	}
	digits := strings.NewReplacer("+", "", "-", "", "−", "", ":", "").Replace(zone) + "00"
	hours, minutes := parseDigits(digits[:2]), parseDigits(digits[2:4])
	return sign * (time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute), hours <= 14 && minutes < 60
}

func isUTC(zone string) bool {
	switch strings.ToUpper(zone) {
	case "Z", "UTC", "GMT", "UT", "ETC/UTC", "ETC/GMT":
		return true
	}
	return false
}

// fromLayouts reads the forms in which the month is a word. A zone of letters
// counts only where it is UTC: EST and CST are several.
func fromLayouts(s string) (time.Time, string) {
	for _, layout := range timeLayouts {
		t, err := time.ParseInLocation(layout, s, time.UTC)
		if err != nil {
			continue
		}
		if name, _ := t.Zone(); strings.Contains(layout, "MST") && !isUTC(name) {
			return time.Time{}, badZone
		}
		if day, _, _ := strings.Cut(s, " "); strings.HasPrefix(layout, "Mon") && !strings.HasPrefix(t.Weekday().String(), clipText(day, 3)) {
			return time.Time{}, badTime
		}
		return checkRange(t, true)
	}
	return time.Time{}, badTime
}

// parseDigits reads digits; what isn't there is 0.
func parseDigits(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// fromNumber reads a count of seconds, or a thousandth of it and so on, since
// 1970, or of the ticks of .NET or of Windows. Which it is follows from its
// size: the range of one, in another unit, is another age.
func fromNumber(s string) (time.Time, bool) {
	if whole, err := strconv.ParseInt(s, 10, 64); err == nil {
		for _, unit := range timeUnits {
			if whole >= unit.from && whole < unit.to {
				return unit.at(whole), true
			}
		}
		return time.Time{}, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || strings.ContainsAny(s, "xXpP_") {
		return time.Time{}, false
	}
	for _, scale := range []float64{1e6, 1e3, 1, 1e-3} { // seconds … nanoseconds, to microseconds
		// Microseconds are as fine as a float64 of this size is.
		if micros := math.Round(f * scale); micros >= oldestSecond*1e6 && micros < newestSecond*1e6 {
			return time.UnixMicro(int64(micros)), true
		}
	}
	return time.Time{}, false
}

// timeUnit is a way to count time. The ranges of no two overlap.
type timeUnit struct {
	from, to int64
	at       func(int64) time.Time
}

const (
	oldest, newest = int64(oldestSecond), int64(newestSecond)
	dotNetEpoch    = -62_135_596_800 // the year 1, in Unix seconds
	windowsEpoch   = -11_644_473_600 // 1601
)

var timeUnits = []timeUnit{
	{oldest, newest, func(n int64) time.Time { return time.Unix(n, 0) }},
	{oldest * 1e3, newest * 1e3, time.UnixMilli},
	{oldest * 1e6, newest * 1e6, time.UnixMicro},
	{oldest * 1e9, newest * 1e9, func(n int64) time.Time { return time.Unix(0, n) }},
	ticksSince(dotNetEpoch),
	ticksSince(windowsEpoch),
}

// ticksSince counts tenths of microseconds since an epoch.
func ticksSince(epoch int64) timeUnit {
	return timeUnit{(oldest - epoch) * 1e7, (newest - epoch) * 1e7, func(n int64) time.Time { return time.Unix(n/1e7+epoch, n%1e7*100) }}
}

// checkRange lets a time through that was read and lies in the range that makes
// sense.
func checkRange(t time.Time, read bool) (time.Time, string) {
	if !read || t.Unix() < oldestSecond || t.Unix() >= newestSecond {
		return time.Time{}, badTime
	}
	return t.UTC(), ""
}

// isNever knows the values that say that there was no activity: the beginnings
// of the calendars of Unix, .NET, Windows and of databases, and no text.
func isNever(raw []byte) bool {
	if n, ok := rawNumber(raw); ok {
		return n == 0 || n == -62_135_596_800 || n == -62_135_596_800_000
	}
	s, _ := httpx.UnquoteText(raw)
	if s = strings.TrimSpace(s); s == "" {
		return len(raw) > 0 && raw[0] == '"'
	}
	switch strings.ToLower(s) {
	case "never", "-", "n/a", "none", "null":
		return true
	}
	for _, first := range []string{"1/1/0001", "01/01/0001", "1/1/1970", "1/1/1601", "1753-01-01", "1899-12-30", "0001-01-01", "1601-01-01", "1970-01-01", "1900-01-01", "0000-00-00", "/Date(0)/", "/Date(-62135596800000)/"} {
		if strings.HasPrefix(s, first) {
			return true
		}
	}
	return false
}
