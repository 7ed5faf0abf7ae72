package config

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"defendersync/internal/mailaddr"
	"defendersync/internal/saas"
)

// The language of lists, in one place: items are separated by commas, and white
// space around an item and empty items don't count. An item that begins with a
// double quote goes to the closing one, whatever stands between, commas, equals
// signs and line breaks included; a double quote inside is written twice:
//
//	"Yahoo!, Inc."=30d,"The ""Q"" App"=14d,Slack=7d
//
// A quote elsewhere in an item is a character as any other.

// List is a setting of several values, separated by commas.
type List []string

// EnvDecode splits the value.
func (l *List) EnvDecode(value string) error {
	*l = nil
	return eachItem(value, `""`, func(item string) error {
		text, rest, err := unquote(item)
		if err != nil {
			return err
		}
		if rest != "" {
			return badItem("%q follows a closing quote: separate items by commas", rest)
		}
		if text != "" {
			*l = append(*l, text)
		}
		return nil
	})
}

// Patterns is a List in which a regular expression between slashes may itself
// have commas: *-test,/^x{1,2}$/.
type Patterns []string

// EnvDecode splits the value.
func (p *Patterns) EnvDecode(value string) error {
	*p = nil
	for rest := value; rest != ""; {
		rest = strings.TrimLeft(rest, ", \t\r\n")
		end := endOfItem(rest, `""`)
		if strings.HasPrefix(rest, "/") {
			end = endOfRegexp(rest)
		}
		if end < 0 {
			return errOpenQuote(rest)
		}
		var item List
		if strings.HasPrefix(rest, `"`) {
			if err := item.EnvDecode(rest[:end]); err != nil {
				return err
			}
		} else if text := strings.TrimSpace(rest[:end]); text != "" {
			item = List{text}
		}
		*p = append(*p, item...)
		rest = rest[end:]
	}
	return nil
}

// endOfRegexp finds the comma after a closing slash, or the end.
func endOfRegexp(s string) int {
	for i := 2; i < len(s); i++ {
		if s[i] == ',' && strings.HasSuffix(strings.TrimRight(s[1:i], " \t"), "/") {
			return i
		}
	}
	return len(s)
}

// Thresholds are durations by app name: Dropbox=30d,"Yahoo!, Inc."=14d.
type Thresholds map[string]time.Duration

// EnvDecode reads name=duration pairs. A name that isn't quoted is all before
// the last =.
func (t *Thresholds) EnvDecode(value string) error {
	*t = nil
	out, seen := Thresholds{}, map[string]bool{}
	err := eachItem(value, `""`, func(item string) error {
		name, d, err := threshold(item)
		if err != nil {
			return err
		}
		key := saas.Fold(name)
		if seen[key] {
			return badItem("%s is there twice", name)
		}
		seen[key], out[name] = true, d
		return nil
	})
	if err == nil {
		*t = out
	}
	return err
}

// threshold reads one pair.
func threshold(item string) (name string, d time.Duration, err error) {
	bad := badItem("%q is not an app's name and a duration: use Dropbox=30d, and quotes around a name with commas: \"Yahoo!, Inc.\"=30d", item)
	name, text, err := unquote(item)
	if err != nil {
		return "", 0, err
	}
	if strings.HasPrefix(item, `"`) {
		var ok bool
		if text, ok = strings.CutPrefix(text, "="); !ok {
			return "", 0, bad
		}
	} else if at := strings.LastIndexByte(item, '='); at >= 0 {
		name, text = strings.TrimSpace(item[:at]), item[at+1:]
	} else {
		return "", 0, bad
	}
	if strings.TrimSpace(name) == "" {
		return "", 0, bad
	}
	if d, err = ParseDuration(text); err == nil && d <= 0 {
		err = errors.New("the threshold has to be above 0")
	}
	if err != nil {
		return "", 0, badItem("%s: %w", name, err)
	}
	return name, d, nil
}

// Contacts are email addresses, alone or with a name before them, each once,
// however often and in whatever spelling it is named.
type Contacts []string

// EnvDecode reads the addresses.
func (c *Contacts) EnvDecode(value string) error {
	*c = nil
	var all []string
	var bad []string
	// Names are quoted as in mails, where a backslash stands before a quote.
	err := eachItem(value, `\"`, func(item string) error {
		address, err := mailaddr.Parse(item)
		if err != nil && strings.Count(item, "@") > 1 {
			err = errors.New("separate addresses by commas")
		}
		if err != nil {
			bad = append(bad, fmt.Sprintf("%q: %v", item, err))
		}
		all = append(all, address)
		return nil
	})
	if len(bad) > 0 {
		err = listError{errors.New(strings.Join(bad, "; "))}
	}
	if err == nil {
		*c = mailaddr.Distinct(all)
	}
	return err
}

// listError is what is wrong with a list, in words that are whole.
type listError struct{ error }

func badItem(format string, args ...any) error { return listError{fmt.Errorf(format, args...)} }

// eachItem gives the items of a list as they are written, without white space
// around them. escaped is how a double quote is written between two.
func eachItem(value, escaped string, take func(item string) error) error {
	for rest := value; rest != ""; {
		rest = strings.TrimLeft(rest, ", \t\r\n")
		end := endOfItem(rest, escaped)
		if end < 0 {
			return errOpenQuote(rest)
		}
		if item := strings.TrimSpace(rest[:end]); item != "" {
			if err := take(item); err != nil {
				return err
			}
		}
		rest = rest[end:]
	}
	return nil
}

// endOfItem is where the first item ends; -1 where its quote isn't closed.
func endOfItem(s, escaped string) int {
	closed := 0
	if strings.HasPrefix(s, `"`) {
		if closed = closingQuote(s, escaped); closed < 0 {
			return -1
		}
	}
	if comma := strings.IndexByte(s[closed:], ','); comma >= 0 {
		return closed + comma
	}
	return len(s)
}

// closingQuote is where the quote that s begins with is closed; -1: nowhere.
func closingQuote(s, escaped string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], escaped):
			i += len(escaped) - 1
		case s[i] == '"':
			return i
		}
	}
	return -1
}

// unquote gives what an item's quotes hold and what follows them; of an item
// without quotes, all of it.
func unquote(item string) (text, rest string, err error) {
	if !strings.HasPrefix(item, `"`) {
		return item, "", nil
	}
	end := closingQuote(item, `""`)
	if end < 0 {
		return "", "", errOpenQuote(item)
	}
	return strings.ReplaceAll(item[1:end], `""`, `"`), strings.TrimSpace(item[end+1:]), nil
}

func errOpenQuote(item string) error {
	if runes := []rune(item); len(runes) > 40 {
		item = string(runes[:40]) + "…"
	}
	return badItem(`the quote that opens at %q is not closed: a double quote inside quotes is written twice`, item)
}
