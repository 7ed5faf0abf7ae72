package pace

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter bounds what a peer may ask for, so that a garbled header
// doesn't put a session to sleep for years.
const maxRetryAfter = 24 * time.Hour

// secondsInText finds "23 seconds" in a sentence such as "Request was
// throttled. Expected available in 23 seconds." [CODE E4; sentence INF].
var secondsInText = regexp.MustCompile(`(?i)(\d+)(\.\d+)?\s*seconds?\b`)

// RetryAfter reads when a peer wants to be asked again: the Retry-After
// header, in seconds or as a date, else the first number before "second" in
// the body. It is never negative and at most a day; ok is false when the peer
// did not say.
func RetryAfter(h http.Header, body []byte, now time.Time) (wait time.Duration, ok bool) {
	if wait, ok := fromHeader(strings.TrimSpace(h.Get("Retry-After")), now); ok {
		return wait, true
	}
	m := secondsInText.FindSubmatch(body)
	if m == nil {
		return 0, false
	}
	return fromSeconds(string(m[1]) + string(m[2]))
}

func fromHeader(value string, now time.Time) (time.Duration, bool) {
	if value == "" {
		return 0, false
	}
	if wait, ok := fromSeconds(value); ok {
		return wait, true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return min(max(at.Sub(now), 0), maxRetryAfter), true
}

func fromSeconds(text string) (time.Duration, bool) {
	s, err := strconv.ParseFloat(text, 64)
	if err != nil || s < 0 || s != s {
		return 0, false
	}
	if s >= maxRetryAfter.Seconds() {
		return maxRetryAfter, true
	}
	return time.Duration(s * float64(time.Second)), true
}
