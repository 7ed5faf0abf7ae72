package config

import (
	"fmt"
	"strings"
)

// Problem is one setting that is missing or wrong. Its text names the variable,
// shows the value, unless it is a secret, and says what is accepted.
type Problem struct {
	Name  string // of the variable
	Value string // as given; empty when there is none to show
	Err   error  // what is wrong and what to do
}

// Error is one line for the operator.
func (p *Problem) Error() string {
	if p.Value == "" {
		return p.Name + ": " + p.Err.Error()
	}
	value, hint := p.Value, ""
	if quoted(value) {
		hint = "; " + quotesHint
	}
	if runes := []rune(value); len(runes) > 100 {
		value = string(runes[:100]) + "…"
	}
	return fmt.Sprintf("%s=%q: %v%s", p.Name, value, p.Err, hint)
}

// quotesHint is what to do about a value between quotes that are part of it.
const quotesHint = "the quotes around it are part of the value: remove them (a file for docker --env-file takes none)"

// quoted reports whether a value stands between two quotes of a kind.
func quoted(value string) bool {
	n := len(value)
	return n >= 2 && value[0] == value[n-1] && (value[0] == '"' || value[0] == '\'') && strings.IndexByte(value[1:n-1], value[0]) < 0
}

// Unwrap gives what is wrong.
func (p *Problem) Unwrap() error { return p.Err }

// problems collects what is wrong, in the order of finding.
type problems []error

func (ps *problems) add(name, value string, err error) {
	if err != nil {
		*ps = append(*ps, &Problem{Name: name, Value: value, Err: err})
	}
}

// addf is add with a message.
func (ps *problems) addf(name, value, format string, args ...any) {
	ps.add(name, value, fmt.Errorf(format, args...))
}

// nearest finds the known name that a misspelt one most likely means; "" when
// none is near.
func nearest(name string, known []string) string {
	best, bestDistance := "", len(name)/3+1
	for _, k := range known {
		if d := distance(name, k); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance is Levenshtein's, over bytes: variable names are ASCII.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// serviceLink reports whether a variable is one that Kubernetes makes for each
// service of the namespace, and not a misspelt setting.
func serviceLink(name, value string) bool {
	if strings.HasSuffix(name, "_SERVICE_HOST") || strings.Contains(name, "_SERVICE_PORT") {
		return true
	}
	return strings.Contains(name, "_PORT") &&
		(strings.Contains(value, "://") || strings.Contains(name, "_TCP") || strings.Contains(name, "_UDP"))
}
