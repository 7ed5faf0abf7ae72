package pace

import (
	"net/http"
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
		"an absurd header":                   {"99999999999999999999", "", 24 * time.Hour, true},
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

func FuzzRetryAfter(f *testing.F) {
	f.Add("23", "in 5 seconds")
	f.Add("Mon, 23 Nov 2026 12:01:00 GMT", "")
	f.Add("1e308", "99999999999999999999999 seconds")
	f.Fuzz(func(t *testing.T, header, body string) {
		got, ok := RetryAfter(http.Header{"Retry-After": {header}}, []byte(body), time.Unix(1763900000, 0))
		if got < 0 || got > maxRetryAfter || !ok && got != 0 {
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
