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

// Trim is a value without the white space around it and without what nobody
// sees there, such as a byte order mark that an editor put before it or a
// zero-width space that came along when it was copied.
func Trim(value string) string {
	return strings.TrimFunc(value, func(r rune) bool { return unicode.IsSpace(r) || mailaddr.Visible(string(r)) == "" })
}

// parseNumber reads a whole number. It is decimal, whatever it begins with:
// 025 is 25, and 0x19, 1_000, 25.0 and 1e3 are none.
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

// ParseDuration reads durations as Go has them (72h, 1h30m, 15s), with days
// besides (90d, 1d12h). There are no negative ones.
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

// among says what is accepted when value isn't.
func among(value string, accepted ...string) error {
	for _, a := range accepted {
		if value == a {
			return nil
		}
	}
	return errors.New("use " + strings.Join(accepted[:len(accepted)-1], ", ") + " or " + accepted[len(accepted)-1])
}
