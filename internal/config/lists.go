package config

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"defendersync/internal/mailaddr"
	"defendersync/internal/saas"
)

// All list settings share one syntax. Items are separated by commas; white space
// around an item and empty items are ignored. An item that begins with a double
// quote ends at the closing one and may contain anything in between, including
// commas, equals signs and line breaks. A double quote inside is doubled:
//
//	"Yahoo!, Inc."=30d,"The ""Q"" App"=14d,Slack=7d
//
// A quote elsewhere in an item is an ordinary character.

// List is a setting of several values, separated by commas.
type List []string

// EnvDecode splits the value.
func (l *List) EnvDecode(value string) error {
	*l = nil
	return eachItem(value, `""`, func(item string) error {
		text, rest, err := cutQuotes(item)
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

// Patterns is a List in which a regular expression between slashes may contain
// commas: *-test,/^x{1,2}$/.
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

// endOfRegexp returns the index of the comma after the closing slash, or len(s).
func endOfRegexp(s string) int {
	for i := 2; i < len(s); i++ {
		if s[i] == ',' && strings.HasSuffix(strings.TrimRight(s[1:i], " \t"), "/") {
			return i
		}
	}
	return len(s)
}

// Thresholds maps app names to durations: Dropbox=30d,"Yahoo!, Inc."=14d.
type Thresholds map[string]time.Duration

// EnvDecode reads name=duration pairs. An unquoted name ends at the last =.
func (t *Thresholds) EnvDecode(value string) error {
	*t = nil
	out, seen := Thresholds{}, map[string]bool{}
	err := eachItem(value, `""`, func(item string) error {
		name, d, err := parseThreshold(item)
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

// parseThreshold reads one name=duration pair.
func parseThreshold(item string) (name string, d time.Duration, err error) {
	bad := badItem("%q is not an app's name and a duration: use Dropbox=30d, and quotes around a name with commas: \"Yahoo!, Inc.\"=30d", item)
	name, text, err := cutQuotes(item)
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

// Contacts holds email addresses without their display names and without
// duplicates, however the duplicates are spelled.
type Contacts []string

// EnvDecode reads the addresses.
func (c *Contacts) EnvDecode(value string) error {
	*c = nil
	var all []string
	var bad []string
	// Display names are quoted as in email headers, where a backslash escapes a quote.
	err := eachItem(value, `\"`, func(item string) error {
		address, err := mailaddr.ParseAddress(item)
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
		*c = mailaddr.RemoveDuplicates(all)
	}
	return err
}

// listError is a complete message about a list, shown without further wrapping.
type listError struct{ error }

func badItem(format string, args ...any) error { return listError{fmt.Errorf(format, args...)} }

// eachItem calls take with each item as written, without surrounding white
// space. escaped is the spelling of a double quote inside quotes.
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

// endOfItem returns the index at which the first item ends, or -1 if its quote
// is not closed.
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

// closingQuote returns the index of the quote that closes the one s begins
// with, or -1.
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

// cutQuotes splits a quoted item into what its quotes hold and what follows
// them. An unquoted item is returned whole.
func cutQuotes(item string) (text, rest string, err error) {
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
