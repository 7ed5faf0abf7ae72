package query

import (
	"errors"
	"fmt"
	"strings"
)

// OptionError is an invalid option. Its text begins with the option's name, which
// is that of a flag without the dashes.
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

// OptionErrors are all invalid options of a question, at least one.
type OptionErrors []*OptionError

func (e OptionErrors) Error() string {
	texts := make([]string, len(e))
	for i, one := range e {
		texts[i] = one.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns the errors one by one.
func (e OptionErrors) Unwrap() []error {
	out := make([]error, len(e))
	for i, one := range e {
		out[i] = one
	}
	return out
}

func (e *OptionErrors) addError(option, value, problem string) {
	*e = append(*e, &OptionError{option, value, problem})
}

// addIf adds an error if a condition holds.
func (e *OptionErrors) addIf(wrong bool, option, value, problem string) {
	if wrong {
		e.addError(option, value, problem)
	}
}

// orNil returns the errors as an error; nil when there are none.
func (e OptionErrors) orNil() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

// UnknownAppError is the error for a name that no SaaS record has.
type UnknownAppError struct {
	Name    string
	Nearest []string // similar names, the most similar first
}

func (e *UnknownAppError) Error() string {
	return fmt.Sprintf("Oomnitza has no app %q", e.Name) + askMeant(e.Nearest)
}

// UnknownPersonError is the error for a username or email address that nobody has.
type UnknownPersonError struct {
	Name    string
	Nearest []string // usernames that may be meant, the most similar first
}

func (e *UnknownPersonError) Error() string {
	return fmt.Sprintf("nobody in Oomnitza has the username or email address %q", e.Name) + askMeant(e.Nearest)
}

// askMeant is the question that follows an unknown name; "" without similar names.
func askMeant(names []string) string {
	if len(names) == 0 {
		return ""
	}
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return "; did you mean " + strings.Join(quoted, ", ") + "?"
}

// NeedsDefenderError is the error for an option that needs Defender when Defender
// is not configured.
type NeedsDefenderError struct{ Option string }

func (e *NeedsDefenderError) Error() string {
	return e.Option + " needs Defender: set DEFENDER_API_URL and DEFENDER_API_KEY"
}

// IsInvalid reports whether an error lies in the question, so that asking again
// returns it again.
func IsInvalid(err error) bool {
	option, needs, app, person := new(OptionError), new(NeedsDefenderError), new(UnknownAppError), new(UnknownPersonError)
	return errors.As(err, &option) || errors.As(err, &needs) || errors.As(err, &app) || errors.As(err, &person)
}
