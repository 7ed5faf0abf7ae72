package saas

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The username formats that have a name. Anything with {{ in it is a Go
// template.
const (
	FormatEmail           = "email"            // alice@contoso.com; needs an email address or UPN
	FormatLocalPart       = "local-part"       // alice, of alice@contoso.com, CONTOSO\alice or alice
	FormatDomainBackslash = "domain-backslash" // CONTOSO\alice; an email address doesn't tell the domain's short name
	FormatAsIs            = "as-is"            // what Defender shows, trimmed
)

// SkipReason says why a user of an app is not taken over; "" when it is.
type SkipReason string

// The reasons to skip a user.
const (
	SkipEmpty      SkipReason = "empty"      // no name at all
	SkipAnonymised SkipReason = "anonymised" // the stream hides its users
	SkipDevice     SkipReason = "device"     // a machine account
	SkipService    SkipReason = "service"    // a service account
	SkipExcluded   SkipReason = "excluded"   // INTEGRATION_EXCLUDE_USERS names it
	SkipUnmappable SkipReason = "unmappable" // the username format needs a part that the name lacks
)

// Namer turns user names into people by the policy's rules. It is safe for
// concurrent use.
type Namer struct {
	format     string
	template   *template.Template
	globs      []string
	patterns   []*regexp.Regexp
	role       int
	restricted bool
}

// NewNamer reads the rules out of a policy. An unknown format, a template that
// doesn't work and a pattern that doesn't compile are errors that name the
// setting to correct.
func NewNamer(p Policy) (*Namer, error) {
	n := &Namer{role: p.DefaultRole, restricted: p.RestrictAccess}
	if err := n.useFormat(p.UsernameFormat); err != nil {
		return nil, fmt.Errorf("INTEGRATION_USERNAME_FORMAT: %w", err)
	}
	for _, pattern := range p.ExcludeUsers {
		if err := n.addExclusion(strings.TrimSpace(pattern)); err != nil {
			return nil, fmt.Errorf("INTEGRATION_EXCLUDE_USERS: %w", err)
		}
	}
	return n, nil
}

// useFormat sets the username format; "" is the default one.
func (n *Namer) useFormat(format string) error {
	n.format = format
	switch format {
	case "":
		n.format = FormatEmail
		return nil
	case FormatEmail, FormatLocalPart, FormatDomainBackslash, FormatAsIs:
		return nil
	}
	if !strings.Contains(format, "{{") {
		return fmt.Errorf("%q is no format: use %s, %s, %s, %s or a Go template such as {{.Local}}",
			format, FormatEmail, FormatLocalPart, FormatDomainBackslash, FormatAsIs)
	}
	var err error
	n.template, err = parseTemplate(format)
	return err
}

// addExclusion adds one pattern: a wildcard pattern over the whole name, or a
// regular expression between slashes. Neither minds upper and lower case.
func (n *Namer) addExclusion(pattern string) error {
	if pattern == "" {
		return errors.New("an empty pattern: remove the extra comma")
	}
	if len(pattern) < 2 || pattern[0] != '/' || pattern[len(pattern)-1] != '/' {
		n.globs = append(n.globs, Fold(pattern))
		return nil
	}
	re, err := regexp.Compile("(?i)" + pattern[1:len(pattern)-1])
	if err != nil {
		return fmt.Errorf("pattern %s: %w", pattern, err)
	}
	n.patterns = append(n.patterns, re)
	return nil
}

// Person maps a user name as Defender shows it to the person it stands for, or
// says why not. The person has no ID, has the email address where the name is
// one, and has first and last names only where the local part plainly is
// first.last: anything else would be guessing.
func (n *Namer) Person(raw string) (Person, SkipReason) {
	id := ParseIdentity(raw)
	switch id.Kind {
	case KindEmpty:
		return Person{}, SkipEmpty
	case KindAnonymised:
		return Person{}, SkipAnonymised
	case KindDevice:
		return Person{}, SkipDevice
	case KindService:
		return Person{}, SkipService
	case KindOpaque:
		return Person{}, SkipUnmappable
	}
	if n.isExcluded(id) {
		return Person{}, SkipExcluded
	}
	username := n.formatUsername(id)
	if username == "" || len(username) > maxNameLength || !isPrintable(username) {
		return Person{}, SkipUnmappable
	}
	first, last := splitName(id.Account)
	return Person{
		Username: username, Email: id.Email, UPN: id.UPN, FirstName: first, LastName: last,
		Role: n.role, Restricted: n.restricted, Origin: n.originOf(id),
	}, ""
}

// Fit tells how much a text looks like the user names that the format needs,
// for the choice between columns: 4 an address or DOMAIN\name that it can use,
// 3 a bare name, 2 an id or a display name, 1 the name of what is no person.
func (n *Namer) Fit(raw string) int {
	id := ParseIdentity(raw)
	switch id.Kind {
	case KindDevice, KindService, KindAnonymised:
		return 1
	case KindEmpty, KindOpaque:
		return 0
	}
	switch {
	case n.formatUsername(id) == "":
		return 0
	case id.Kind == KindEmail, id.Kind == KindDomainUser:
		return 4
	case id.Kind == KindBare && strings.ContainsFunc(id.Account, unicode.IsLetter):
		return 3
	}
	return 2
}

// isExcluded matches the patterns with the address, where there is one, and with
// the name as Defender shows it.
func (n *Namer) isExcluded(id Identity) bool {
	if len(n.globs)+len(n.patterns) == 0 {
		return false
	}
	return id.Email != "" && n.matchesName(id.Email) || !strings.EqualFold(id.Email, id.Raw) && n.matchesName(id.Raw)
}

func (n *Namer) matchesName(name string) bool {
	folded := Fold(name)
	for _, glob := range n.globs {
		if matchWildcard(glob, folded) {
			return true
		}
	}
	for _, re := range n.patterns {
		if re.MatchString(name) {
			return true
		}
	}
	return false
}

// formatUsername is "" where the format needs what the identity doesn't have.
func (n *Namer) formatUsername(id Identity) string {
	switch n.format {
	case FormatEmail:
		return id.Email
	case FormatLocalPart:
		return strings.ToLower(norm.NFC.String(id.Account))
	case FormatDomainBackslash:
		if id.Kind != KindDomainUser || id.Domain == "." {
			return ""
		}
		return strings.ToUpper(norm.NFC.String(id.Domain)) + `\` + strings.ToLower(norm.NFC.String(id.Account))
	case FormatAsIs:
		return norm.NFC.String(id.Raw)
	}
	var b strings.Builder
	if err := n.template.Execute(&b, templateData{id}); err != nil {
		return ""
	}
	return strings.TrimSpace(b.String())
}

// matchWildcard matches s against a pattern in which * stands for any text and ?
// for one character; everything else, a backslash too, stands for itself.
func matchWildcard(pattern, s string) bool {
	star, resume := -1, 0
	p, i := 0, 0
	for i < len(s) {
		_, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, i
			p++
		case p < len(pattern) && pattern[p] == '?':
			p++
			i += size
		case strings.HasPrefix(pattern[p:], s[i:i+size]):
			p += size
			i += size
		case star >= 0:
			_, skip := utf8.DecodeRuneInString(s[resume:])
			resume += skip
			p, i = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// splitName reads first and last name from first.last: exactly two parts of
// two or more letters each. O'Neil and Mary-Ann are names; a.smith is not
// enough.
func splitName(account string) (first, last string) {
	first, last, ok := strings.Cut(account, ".")
	if !ok || !isName(first) || !isName(last) {
		return "", ""
	}
	return titleName(first), titleName(last)
}

func isName(s string) bool {
	letters, joined := 0, true
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			letters++
			joined = false
		case unicode.IsMark(r) && !joined:
		case (r == '-' || r == '\'') && !joined:
			joined = true
		default:
			return false
		}
	}
	return letters >= 2 && !joined
}

func titleName(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	start := true
	for _, r := range s {
		if start {
			r = unicode.ToTitle(r)
		} else {
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
		start = r == '-' || r == '\''
	}
	return b.String()
}
