package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"defendersync/internal/saas"
)

// List is a setting of several values, separated by commas. White space around
// a value and empty values don't count.
type List []string

// EnvDecode splits the value.
func (l *List) EnvDecode(value string) error {
	*l = nil
	for item := range strings.SplitSeq(value, ",") {
		if item = strings.TrimSpace(item); item != "" {
			*l = append(*l, item)
		}
	}
	return nil
}

// Patterns is a List in which a regular expression between slashes may itself
// have commas: *-test,/^x{1,2}$/.
type Patterns []string

// EnvDecode splits the value.
func (p *Patterns) EnvDecode(value string) error {
	*p = nil
	for rest := value; rest != ""; {
		rest = strings.TrimLeft(rest, ", \t")
		end := strings.IndexByte(rest, ',')
		if strings.HasPrefix(rest, "/") {
			end = endOfRegexp(rest)
		}
		if end < 0 {
			end = len(rest)
		}
		if item := strings.TrimSpace(rest[:end]); item != "" {
			*p = append(*p, item)
		}
		rest = rest[end:]
	}
	return nil
}

// endOfRegexp finds the comma after a closing slash, or -1.
func endOfRegexp(s string) int {
	for i := 2; i < len(s); i++ {
		if s[i] == ',' && strings.HasSuffix(strings.TrimRight(s[1:i], " \t"), "/") {
			return i
		}
	}
	return -1
}

// Thresholds are durations by app name: Dropbox=30d,Slack=14d.
type Thresholds map[string]time.Duration

// EnvDecode reads name=duration pairs. The name is all before the last =.
func (t *Thresholds) EnvDecode(value string) error {
	var items List
	if err := items.EnvDecode(value); err != nil {
		return err
	}
	out, seen := make(Thresholds, len(items)), map[string]bool{}
	for _, item := range items {
		at := strings.LastIndexByte(item, '=')
		name := ""
		if at >= 0 {
			name = strings.TrimSpace(item[:at])
		}
		if name == "" {
			return fmt.Errorf("%q is not an app's name and a duration: use Dropbox=30d", item)
		}
		d, err := ParseDuration(item[at+1:])
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if d <= 0 {
			return fmt.Errorf("%s: the threshold has to be above 0", name)
		}
		key := saas.Fold(name)
		if seen[key] {
			return fmt.Errorf("%s is there twice", name)
		}
		seen[key] = true
		out[name] = d
	}
	*t = out
	return nil
}

// ParseDuration reads durations as Go has them (72h, 1h30m, 15s), with days
// besides (90d, 1d12h). There are no negative ones.
func ParseDuration(s string) (time.Duration, error) {
	s = strings.TrimSpace(s)
	bad := fmt.Errorf("%q is not a duration: use 90d, 72h, 15m or 30s", s)
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
