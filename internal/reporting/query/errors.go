package query

import (
	"errors"
	"fmt"
	"strings"
)

// OptionError is an option that can't be used. Its text begins with the
// option's name, as a flag has it without the dashes.
type OptionError struct {
	Option, Value string
	Problem       string
}

func (e *OptionError) Error() string {
	if e.Value == "" {
		return e.Option + ": " + e.Problem
	}
	return fmt.Sprintf("%s %q: %s", e.Option, e.Value, e.Problem)
}

// UnknownApp is the error of a name that no SaaS record has.
type UnknownApp struct {
	Name    string
	Nearest []string // names like it, the nearest first
}

func (e *UnknownApp) Error() string {
	if len(e.Nearest) == 0 {
		return fmt.Sprintf("Oomnitza has no app %q", e.Name)
	}
	quoted := make([]string, len(e.Nearest))
	for i, name := range e.Nearest {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return fmt.Sprintf("Oomnitza has no app %q; did you mean %s?", e.Name, strings.Join(quoted, ", "))
}

// NeedsDefender is the error of an option that can't be answered without
// Defender, for which there are no settings.
type NeedsDefender struct{ Option string }

func (e *NeedsDefender) Error() string {
	return e.Option + " is answered by Defender: set DEFENDER_API_URL and DEFENDER_API_KEY"
}

// IsInvalid reports whether an error lies in the question itself, so that
// asking again gives it again.
func IsInvalid(err error) bool {
	option, unknown, needs := new(OptionError), new(UnknownApp), new(NeedsDefender)
	return errors.As(err, &option) || errors.As(err, &unknown) || errors.As(err, &needs)
}
