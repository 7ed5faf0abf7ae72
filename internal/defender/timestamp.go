package defender

import (
	"math"
	"strconv"
	"time"
)

// rawTime decodes a time of any kind that assumptions.go knows, in UTC. ok is
// false when it is none of them, or outside the range that makes sense.
func rawTime(raw []byte) (t time.Time, ok bool) {
	if len(raw) == 0 {
		return time.Time{}, false
	}
	if raw[0] == '"' {
		s := digits(raw)
		if s == "" {
			return time.Time{}, false
		}
		if t, ok := parseDate(s); ok {
			return t, true
		}
		return fromNumber(s)
	}
	return fromNumber(string(raw))
}

func parseDate(s string) (time.Time, bool) {
	if len(s) < len(time.DateOnly) || s[4] != '-' {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		for _, layout := range timeLayouts() {
			if t, err = time.Parse(layout, s); err == nil {
				break
			}
		}
	}
	return sensible(t, err == nil)
}

// fromNumber reads seconds or milliseconds since 1970. Which it is follows
// from its size: the range of one, in the other unit, is another age.
func fromNumber(s string) (time.Time, bool) {
	if whole, err := strconv.ParseInt(s, 10, 64); err == nil {
		t := time.UnixMilli(whole)
		if whole < newestSecond {
			t = time.Unix(whole, 0)
		}
		return sensible(t, true)
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > 1e15 {
		return time.Time{}, false
	}
	if f < newestSecond {
		f *= 1000
	}
	// Microseconds are as fine as a float64 of this size is.
	t := time.UnixMicro(int64(math.Round(f * 1000)))
	return sensible(t, true)
}

// sensible lets a time through that was read and lies in the range that makes
// sense.
func sensible(t time.Time, read bool) (time.Time, bool) {
	if !read || t.Unix() < oldestSecond || t.Unix() >= newestSecond {
		return time.Time{}, false
	}
	return t.UTC(), true
}
