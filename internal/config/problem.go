package config

import (
	"fmt"
	"strings"
)

// Problem is one setting that is missing or invalid. Its text names the variable,
// shows the value unless that is a secret, and says what is accepted.
type Problem struct {
	Name  string // name of the variable
	Value string // value as given; empty if there is none, or if it is a secret
	Err   error  // what is wrong and what to do
}

// Error returns one line for the operator.
func (p *Problem) Error() string {
	if p.Value == "" {
		return p.Name + ": " + p.Err.Error()
	}
	value, hint := p.Value, ""
	if isQuoted(value) {
		hint = "; " + quotesHint
	}
	if runes := []rune(value); len(runes) > 100 {
		value = string(runes[:100]) + "…"
	}
	return fmt.Sprintf("%s=%q: %v%s", p.Name, value, p.Err, hint)
}

// quotesHint tells what to do about a value that includes its own quotes.
const quotesHint = "the quotes around it are part of the value: remove them (a file for docker --env-file takes none)"

// isQuoted reports whether a value begins and ends with the same kind of quote
// and has none in between.
func isQuoted(value string) bool {
	n := len(value)
	return n >= 2 && value[0] == value[n-1] && (value[0] == '"' || value[0] == '\'') && strings.IndexByte(value[1:n-1], value[0]) < 0
}

// Unwrap returns Err.
func (p *Problem) Unwrap() error { return p.Err }

// problems collects Problems in the order in which they are found.
type problems []error

func (ps *problems) addProblem(name, value string, err error) {
	if err != nil {
		*ps = append(*ps, &Problem{Name: name, Value: value, Err: err})
	}
}

// addProblemf is addProblem with a formatted message.
func (ps *problems) addProblemf(name, value, format string, args ...any) {
	ps.addProblem(name, value, fmt.Errorf(format, args...))
}

// isServiceLink reports whether a variable is one of those that Kubernetes sets
// for each service of the namespace, rather than a misspelt setting.
func isServiceLink(name, value string) bool {
	if strings.HasSuffix(name, "_SERVICE_HOST") || strings.Contains(name, "_SERVICE_PORT") {
		return true
	}
	return strings.Contains(name, "_PORT") &&
		(strings.Contains(value, "://") || strings.Contains(name, "_TCP") || strings.Contains(name, "_UDP"))
}
