package ratelimit

import (
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// LongestPause bounds how long nothing is sent because a peer asked for a pause.
// Both vendors count requests by the minute, so an hour is long enough for
// whatever they count. A longer one is a garbled header, or a block that a person
// has to lift: after an hour a single request asks again, which costs the peer one
// an hour, and shows at once when the block is gone.
const LongestPause = time.Hour

// plausible is how far from now a number may lie that is read as a point in time.
const plausible = 366 * 24 * time.Hour

// RetryAfter reads how long a peer wants to be left alone: by the Retry-After
// header in whatever form, else by a key or a sentence of the body. Dates and Unix
// times are compared with the answer's own Date, since the peer's clock may differ
// from ours; now stands in for a Date that is missing. Of several headers the
// longest wait counts. The wait is never negative and at most LongestPause; ok is
// false when the peer does not say.
func RetryAfter(h http.Header, body []byte, now time.Time) (wait time.Duration, ok bool) {
	server := now
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		server = date
	}
	for _, value := range h.Values("Retry-After") {
		if d, readable := readWait(value, server, now); readable {
			wait, ok = max(wait, d), true
		}
	}
	for _, key := range []string{"Retry-After-Ms", "X-Ms-Retry-After-Ms"} {
		if n, err := strconv.ParseFloat(strings.TrimSpace(h.Get(key)), 64); err == nil && n >= 0 && !ok {
			wait, ok = boundSeconds(n/1000), true
		}
	}
	if ok {
		return wait, ok
	}
	return findWait(body)
}

// readWait reads one header, or one that a proxy has joined from several.
func readWait(value string, server, now time.Time) (wait time.Duration, ok bool) {
	value = strings.Trim(value, " \t\"'")
	if at, isDate := readDate(value); isDate {
		return waitUntil(at, server, now), true
	}
	for part := range strings.SplitSeq(value, ",") {
		d, readable := readNumber(strings.TrimSpace(part), server, now)
		if !readable {
			d, readable = readSpan(strings.TrimSpace(part))
		}
		if readable {
			wait, ok = max(wait, d), true
		}
	}
	return wait, ok
}

// dateForms are those beside HTTP's own three.
var dateForms = []string{time.RFC1123, time.RFC1123Z, "Mon, 2 Jan 2006 15:04:05 MST", "Mon, 2 Jan 2006 15:04:05 -0700",
	time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", time.RFC850, time.ANSIC}

func readDate(value string) (time.Time, bool) {
	if at, err := http.ParseTime(value); err == nil {
		return at, true
	}
	for _, form := range dateForms {
		if at, err := time.Parse(form, value); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// waitUntil is the time until a point of the server's clock. Where that is absurd,
// and our clock makes sense of it, a proxy wrote one of the two times.
func waitUntil(at, server, now time.Time) time.Duration {
	wait := at.Sub(server)
	if ours := at.Sub(now); wait > LongestPause && ours > 0 {
		wait = ours
	}
	return boundWait(wait)
}

// readNumber reads seconds, or a point in time in Unix seconds or thousandths of
// them and so on, where the number is plausible as one.
func readNumber(text string, server, now time.Time) (time.Duration, bool) {
	n, err := strconv.ParseFloat(text, 64)
	if n < 0 || math.IsNaN(n) || err != nil && n == 0 {
		return 0, false
	}
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond, time.Nanosecond} {
		s := n * unit.Seconds()
		if math.Abs(s-float64(now.Unix())) < plausible.Seconds() {
			return waitUntil(time.Unix(0, 0).Add(time.Duration(s*float64(time.Second))), server, now), true
		}
	}
	return boundSeconds(n), true
}

// spans is a number with a unit: "30s", "1.5 min", "2 hours".
var spans = regexp.MustCompile(`(?i)^(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?)\.?$`)

// readSpan reads a duration with its unit, as people, Go or ISO 8601 write it.
func readSpan(text string) (time.Duration, bool) {
	if m := spans.FindStringSubmatch(text); m != nil {
		return convertUnit(m[1], m[2]), true
	}
	text = strings.TrimPrefix(strings.ToLower(text), "pt")
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return boundWait(d), true
	}
	return 0, false
}

// Words and keys of bodies: "Request was throttled. Expected available in 23
// seconds." [CODE E4; sentence INF], "retryAfter": 30.
var (
	waitInWords = regexp.MustCompile(`(?i)(\d+(?:\.\d+)?)\s*(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|hours?)\b`)
	waitUnder   = regexp.MustCompile(`(?i)"retry[_-]?(?:after|in)[_-]?(ms|milliseconds|seconds|s|secs|minutes)?"\s*:\s*"?(\d+(?:\.\d+)?)\b`)
)

// findWait finds a wait in a body.
func findWait(body []byte) (time.Duration, bool) {
	if m := waitUnder.FindSubmatch(body); m != nil {
		unit := string(m[1])
		if unit == "" {
			unit = "s"
		}
		return convertUnit(string(m[2]), unit), true
	}
	if m := waitInWords.FindSubmatch(body); m != nil {
		return convertUnit(string(m[1]), string(m[2])), true
	}
	return 0, false
}

// convertUnit reads a number of units, which are told apart by their first
// letters.
func convertUnit(digits, unit string) time.Duration {
	n, _ := strconv.ParseFloat(digits, 64) // +Inf where it is too large
	switch unit = strings.ToLower(unit); {
	case strings.HasPrefix(unit, "ms"), strings.HasPrefix(unit, "milli"):
		n /= 1000
	case strings.HasPrefix(unit, "m"):
		n *= 60
	case strings.HasPrefix(unit, "h"):
		n *= 3600
	}
	return boundSeconds(n)
}

// boundSeconds is a number of seconds, between none and LongestPause.
func boundSeconds(n float64) time.Duration {
	return time.Duration(min(max(n, 0), LongestPause.Seconds()) * float64(time.Second))
}

// boundWait is a wait, between none and LongestPause.
func boundWait(d time.Duration) time.Duration { return min(max(d, 0), LongestPause) }
