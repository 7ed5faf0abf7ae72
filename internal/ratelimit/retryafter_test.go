package ratelimit

import (
	"net/http"
	"strconv"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		header, body string
		want         time.Duration
		ok           bool
	}{
		"seconds in the header":              {"23", "", 23 * time.Second, true},
		"fractions of a second":              {" 1.5 ", "", 1500 * time.Millisecond, true},
		"a date in the header":               {"Mon, 23 Nov 2026 12:01:00 GMT", "", time.Minute, true},
		"a date in the past":                 {"Mon, 23 Nov 2026 11:00:00 GMT", "", 0, true},
		"a header before the body":           {"5", "available in 60 seconds", 5 * time.Second, true},
		"the sentence in the body":           {"", `{"error":{"message":"Request was throttled. Expected available in 23 seconds."}}`, 23 * time.Second, true},
		"one second in the body":             {"", "in 1 second.", time.Second, true},
		"fractions in the body":              {"", "in 2.5 seconds", 2500 * time.Millisecond, true},
		"the number before second, no other": {"", "error 429 for 3 calls, wait 12 seconds", 12 * time.Second, true},
		"a garbled header and a body":        {"soon", "in 7 seconds", 7 * time.Second, true},
		"an absurd header":                   {"99999999999999999999", "", LongestPause, true},
		"no wait":                            {"0", "in 7 seconds", 0, true},
		"no wait, with a unit":               {"PT0S", "in 7 seconds", 0, true},
		"an hour":                            {"3600", "", LongestPause, true},
		"an hour less a second":              {"3599", "", 3599 * time.Second, true},
		"a Unix time of a year ago":          {strconv.FormatInt(now.Add(-plausible).Unix()+1, 10), "", 0, true},
		"a number that is none by a hair":    {strconv.FormatInt(now.Add(-plausible).Unix(), 10), "", LongestPause, true},
		"a negative header":                  {"-5", "", 0, false},
		"not a number":                       {"NaN", "", 0, false},
		"nothing":                            {"", `{"error":true}`, 0, false},
		"a word that begins with second":     {"", "2 secondary nodes", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			if tc.header != "" {
				h.Set("Retry-After", tc.header)
			}
			got, ok := RetryAfter(h, []byte(tc.body), now)
			if got != tc.want || ok != tc.ok {
				t.Errorf("got %v, %v; want %v, %v", got, ok, tc.want, tc.ok)
			}
		})
	}
}

// TestRetryAfterIsReadInWhateverForm has the server's clock 40 minutes ahead of
// ours: dates are held against its own.
func TestRetryAfterIsReadInWhateverForm(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	server := now.Add(40 * time.Minute)
	in30 := server.Add(30 * time.Second)
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	for name, tc := range map[string]struct {
		headers []string
		want    time.Duration
		ok      bool
	}{
		"the date that HTTP prefers":       {[]string{in30.Format(http.TimeFormat)}, 30 * time.Second, true},
		"the date of RFC 850":              {[]string{in30.Format("Monday, 02-Jan-06 15:04:05 GMT")}, 30 * time.Second, true},
		"the date of C":                    {[]string{in30.Format(time.ANSIC)}, 30 * time.Second, true},
		"a date with a numeric zone":       {[]string{in30.Format(time.RFC1123Z)}, 30 * time.Second, true},
		"a date of ISO 8601":               {[]string{in30.Format(time.RFC3339)}, 30 * time.Second, true},
		"a date of ISO 8601 in a zone":     {[]string{in30.In(time.FixedZone("", 3600)).Format(time.RFC3339)}, 30 * time.Second, true},
		"Unix seconds":                     {[]string{number(in30.Unix())}, 30 * time.Second, true},
		"Unix seconds with a fraction":     {[]string{number(in30.Unix()) + ".5"}, 30500 * time.Millisecond, true},
		"Unix milliseconds":                {[]string{number(in30.UnixMilli())}, 30 * time.Second, true},
		"Unix microseconds":                {[]string{number(in30.UnixMicro())}, 30 * time.Second, true},
		"Unix seconds of the past":         {[]string{number(server.Unix() - 5)}, 0, true},
		"Unix seconds a day ahead":         {[]string{number(server.Unix() + 86400)}, LongestPause, true},
		"a date of the past":               {[]string{server.Add(-time.Hour).Format(http.TimeFormat)}, 0, true},
		"a date by our clock, far by its":  {[]string{server.Add(100 * time.Minute).Format(http.TimeFormat)}, LongestPause, true},
		"seconds":                          {[]string{"17"}, 17 * time.Second, true},
		"seconds with a fraction":          {[]string{"0.5"}, 500 * time.Millisecond, true},
		"seconds with an exponent":         {[]string{"1e3"}, 1000 * time.Second, true},
		"seconds with a unit":              {[]string{"30s"}, 30 * time.Second, true},
		"seconds with a word":              {[]string{"30 seconds"}, 30 * time.Second, true},
		"minutes":                          {[]string{"2 min"}, 2 * time.Minute, true},
		"milliseconds with a unit":         {[]string{"1500ms"}, 1500 * time.Millisecond, true},
		"a duration of Go":                 {[]string{"1m30s"}, 90 * time.Second, true},
		"a duration of ISO 8601":           {[]string{"PT1M30S"}, 90 * time.Second, true},
		"in quotes":                        {[]string{`"30"`}, 30 * time.Second, true},
		"a day":                            {[]string{"86400"}, LongestPause, true},
		"the largest number":               {[]string{"9223372036854775807"}, LongestPause, true},
		"infinity":                         {[]string{"Inf"}, LongestPause, true},
		"negative":                         {[]string{"-30"}, 0, false},
		"negative with a unit":             {[]string{"-30s"}, 0, false},
		"garbage":                          {[]string{"soon, please"}, 0, false},
		"empty":                            {[]string{""}, 0, false},
		"two headers, the longer one":      {[]string{"5", "30"}, 30 * time.Second, true},
		"two headers, one of them garbage": {[]string{"garbage", "30"}, 30 * time.Second, true},
		"two in one header":                {[]string{"5, 30"}, 30 * time.Second, true},
		"two in one header, longer first":  {[]string{"30, 5"}, 30 * time.Second, true},
		"two headers, longer first":        {[]string{"30", "5"}, 30 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{"Retry-After": tc.headers, "Date": {server.Format(http.TimeFormat)}}
			if got, ok := RetryAfter(h, nil, now); got != tc.want || ok != tc.ok {
				t.Errorf("got %v, %v; want %v, %v", got, ok, tc.want, tc.ok)
			}
		})
	}
}

func TestRetryAfterWhereAProxyWroteTheDate(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct{ date, until, want time.Duration }{ // date and until by our clock
		"the server's clock is right":         {20 * time.Minute, 21 * time.Minute, time.Minute},
		"the date is of years ago":            {-6 * 366 * 24 * time.Hour, 20 * time.Second, 20 * time.Second},
		"both are absurd":                     {-6 * 366 * 24 * time.Hour, -time.Second, LongestPause},
		"it is over by our clock":             {-6 * 366 * 24 * time.Hour, 0, LongestPause},
		"an hour by the server's clock":       {-55 * time.Minute, 5 * time.Minute, LongestPause},
		"more than an hour by either":         {-time.Hour, 2 * time.Hour, LongestPause},
		"a little more than an hour, it says": {-55 * time.Minute, 5*time.Minute + time.Second, 5*time.Minute + time.Second},
	} {
		h := http.Header{"Date": {now.Add(tc.date).Format(http.TimeFormat)}, "Retry-After": {now.Add(tc.until).Format(http.TimeFormat)}}
		if got, ok := RetryAfter(h, nil, now); got != tc.want || !ok {
			t.Errorf("%s: %v, %v, want %v", name, got, ok, tc.want)
		}
	}
}

func TestRetryAfterInMilliseconds(t *testing.T) {
	for name, tc := range map[string]struct {
		header http.Header
		want   time.Duration
		ok     bool
	}{
		"a header of its own":   {http.Header{"Retry-After-Ms": {"1500"}}, 1500 * time.Millisecond, true},
		"Microsoft's":           {http.Header{"X-Ms-Retry-After-Ms": {" 20 "}}, 20 * time.Millisecond, true},
		"none":                  {http.Header{"Retry-After-Ms": {"0"}}, 0, true},
		"negative":              {http.Header{"Retry-After-Ms": {"-1"}}, 0, false},
		"garbage":               {http.Header{"Retry-After-Ms": {"soon"}}, 0, false},
		"beside the usual one":  {http.Header{"Retry-After-Ms": {"1500"}, "Retry-After": {"2"}}, 2 * time.Second, true},
		"two, the first counts": {http.Header{"Retry-After-Ms": {"1500"}, "X-Ms-Retry-After-Ms": {"20"}}, 1500 * time.Millisecond, true},
	} {
		if got, ok := RetryAfter(tc.header, nil, time.Unix(1763900000, 0)); got != tc.want || ok != tc.ok {
			t.Errorf("%s: %v, %v, want %v, %v", name, got, ok, tc.want, tc.ok)
		}
	}
}

func TestRetryAfterInBodies(t *testing.T) {
	for body, want := range map[string]time.Duration{
		`{"detail":"Request was throttled. Expected available in 1 second."}`: time.Second,
		`{"retryAfter":30}`:                      30 * time.Second,
		`{"retry_after": "30"}`:                  30 * time.Second,
		`{"retryAfterMs":1500}`:                  1500 * time.Millisecond,
		`{"retry_after_seconds": 2.5}`:           2500 * time.Millisecond,
		`Too many calls: try again in 2 minutes`: 2 * time.Minute,
		`blocked for 3 hours`:                    LongestPause,
		`wait 300 ms`:                            300 * time.Millisecond,
		`{"retryAfter":-30}`:                     0,
		`no more than 30 calls`:                  0,
	} {
		if got, ok := RetryAfter(nil, []byte(body), time.Unix(0, 0)); got != want || ok != (want > 0) {
			t.Errorf("%s: %v, %v; want %v", body, got, ok, want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("23", "in 5 seconds")
	f.Add("Mon, 23 Nov 2026 12:01:00 GMT", "")
	f.Add("1e308", "99999999999999999999999 seconds")
	f.Add("1763900005", `{"retryAfter": 5}`)
	f.Add("PT5S", "wait 5 minutes")
	f.Add("1m30s, Inf, -1", "")
	f.Fuzz(func(t *testing.T, header, body string) {
		got, ok := RetryAfter(http.Header{"Retry-After": {header}}, []byte(body), time.Unix(1763900000, 0))
		if got < 0 || got > LongestPause || !ok && got != 0 {
			t.Errorf("RetryAfter(%q, %q) = %v, %v", header, body, got, ok)
		}
	})
}

func TestBackoffDoublesUpToItsCapAndIsJittered(t *testing.T) {
	none := func() float64 { return 0 }
	for name, tc := range map[string]struct {
		b       Backoff
		attempt int
		rnd     func() float64
		want    time.Duration
	}{
		"the zero value begins with a second": {Backoff{}, 0, none, time.Second},
		"doubles":                             {Backoff{}, 3, none, 8 * time.Second},
		"is capped":                           {Backoff{}, 10, none, time.Minute},
		"does not overflow":                   {Backoff{Max: 1 << 62}, 1000, none, 1 << 62},
		"a base above the cap":                {Backoff{Base: time.Hour, Max: time.Second}, 0, none, time.Second},
		"a negative attempt":                  {Backoff{Base: time.Second}, -3, none, time.Second},
		"jitter takes off up to half":         {Backoff{Base: 2 * time.Second}, 1, func() float64 { return 0.5 }, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.b.Delay(tc.attempt, tc.rnd); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
	for range 100 {
		if d := (Backoff{}).Delay(2, nil); d <= 2*time.Second || d > 4*time.Second {
			t.Fatalf("with its own chance: %v", d)
		}
	}
}
