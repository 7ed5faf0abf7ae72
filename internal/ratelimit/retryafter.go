package ratelimit

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// LongestPause bounds how long nothing is sent because a peer said so. Both
// peers count requests by the minute, so an hour is long enough for whatever
// they count; what asks for more is a garbled header, or a block that a person
// has to lift. After it one request asks anew, which costs the peer one an hour,
// and shows at once that the block is gone.
const LongestPause = time.Hour

// plainly is how far from now a number may lie that is read as a point in time.
const plainly = 366 * 24 * time.Hour

// RetryAfter reads when a peer wants to be asked again: the Retry-After header
// in whatever form, else what the body says in words or under a key. Dates and
// Unix times are held against the answer's own Date, since the peer's clock may
// differ from ours; now stands in for it. Of several headers the longest counts.
// It is never negative and at most LongestPause; ok is false when the peer did
// not say.
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
	if ok || len(body) == 0 {
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

// waitUntil is the time from the server's now to a point of its clock. Where that
// is absurd, and ours makes sense of it, a proxy in between wrote one of them.
func waitUntil(at, server, now time.Time) time.Duration {
	wait := at.Sub(server)
	if ours := at.Sub(now); wait > LongestPause && ours > 0 && ours <= LongestPause {
		wait = ours
	}
	return boundWait(wait)
}

// readNumber reads seconds, or a point in time in Unix seconds, or in thousandths
// of them and less, where it plainly is one.
func readNumber(text string, server, now time.Time) (time.Duration, bool) {
	n, err := strconv.ParseFloat(text, 64)
	if n < 0 || n != n || err != nil && n == 0 {
		return 0, false
	}
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond, time.Nanosecond} {
		if s := n * unit.Seconds(); s < 9e9 { // what a Duration holds
			at := time.Unix(0, 0).Add(time.Duration(s * float64(time.Second)))
			if d := at.Sub(now); d > -plainly && d < plainly {
				return waitUntil(at, server, now), true
			}
		}
	}
	return boundSeconds(n), true
}

// spans is a number with a unit: "30s", "1.5 min", "2 hours".
var spans = regexp.MustCompile(`(?i)^(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?)\.?$`)

// readSpan reads a duration with its unit, as people, Go or ISO 8601 write it.
func readSpan(text string) (time.Duration, bool) {
	if m := spans.FindStringSubmatch(text); m != nil {
		return convertUnit(m[1], m[2])
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
		return convertUnit(string(m[2]), unit)
	}
	if m := waitInWords.FindSubmatch(body); m != nil {
		return convertUnit(string(m[1]), string(m[2]))
	}
	return 0, false
}

// convertUnit reads a number of units; a unit is known by its first letters.
func convertUnit(number, unit string) (time.Duration, bool) {
	n, err := strconv.ParseFloat(number, 64)
	if err != nil && n == 0 {
		return 0, false
	}
	switch unit = strings.ToLower(unit); {
	case strings.HasPrefix(unit, "ms"), strings.HasPrefix(unit, "milli"):
		n /= 1000
	case strings.HasPrefix(unit, "m"):
		n *= 60
	case strings.HasPrefix(unit, "h"):
		n *= 3600
	}
	return boundSeconds(n), true
}

// boundSeconds is a bounded number of seconds.
func boundSeconds(n float64) time.Duration {
	if n >= LongestPause.Seconds() {
		return LongestPause
	}
	return time.Duration(max(n, 0) * float64(time.Second))
}

// boundWait is a wait that is neither negative nor absurd.
func boundWait(d time.Duration) time.Duration { return min(max(d, 0), LongestPause) }
