package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"defendersync/internal/mailaddr"
	"defendersync/internal/saas"
)

// TrimInvisible removes surrounding white space and invisible characters, such as
// a byte order mark added by an editor or a zero-width space that was copied along.
func TrimInvisible(value string) string {
	return strings.TrimFunc(value, func(r rune) bool { return unicode.IsSpace(r) || mailaddr.StripInvisible(string(r)) == "" })
}

// parseNumber reads a whole decimal number: 025 is 25; 0x19, 1_000, 25.0 and 1e3
// are errors.
func parseNumber(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if errors.Is(err, strconv.ErrRange) {
		return 0, errors.New("the number is too large")
	}
	if err != nil {
		return 0, errors.New("not a whole number: use digits alone, such as 25")
	}
	return n, nil
}

// ParseDuration reads Go's durations (72h, 1h30m, 15s) and days (90d, 1d12h).
// Negative durations are errors.
func ParseDuration(s string) (time.Duration, error) {
	s = strings.TrimSpace(s)
	bad := fmt.Errorf("%q is not a duration: use 90d, 72h, 15m or 30s", s)
	if _, err := strconv.ParseFloat(s, 64); err == nil && s != "0" {
		return 0, fmt.Errorf("%q has no unit: use 90d, 72h, 15m or 30s", s)
	}
	total := time.Duration(0)
	rest := s
	if number, after, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.ParseUint(number, 10, 32)
		if err != nil || n > uint64(math.MaxInt64/saas.Day)/2 {
			return 0, bad
		}
		total, rest = time.Duration(n)*saas.Day, after
		if rest == "" {
			return total, nil
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 || strings.HasPrefix(rest, "+") || d > math.MaxInt64-total {
		return 0, bad
	}
	return total + d, nil
}

// requireOneOf returns an error that lists the accepted values, unless value is
// one of them.
func requireOneOf(value string, accepted ...string) error {
	for _, a := range accepted {
		if value == a {
			return nil
		}
	}
	return errors.New("use " + strings.Join(accepted[:len(accepted)-1], ", ") + " or " + accepted[len(accepted)-1])
}
