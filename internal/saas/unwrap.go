package saas

import (
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// unwrap takes the address out of what log sources put around it: quotes,
// brackets, a display name, a scheme, a claim's prefix, a domain, percent
// signs. A name that holds no address comes back without its quotes alone.
func unwrap(name string) string {
	if isBareAddress(name) {
		return name
	}
	s := name
	if !isPlain(s) {
		s = width.Fold.String(s)
	}
	for range 4 { // each may be inside another
		before := s
		for _, peel := range []func(string) string{unquote, unclaim, unescape, unscheme, unbracket, unprefix} {
			s = peel(s)
		}
		if s == before {
			break
		}
	}
	return s
}

// isBareAddress knows most names: there is nothing around them.
func isBareAddress(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && (i == 0 || i == len(name)-1 || strings.IndexByte("@.-_", c) < 0) {
			return false
		}
	}
	return true
}

// address reports whether a text, but for a dot or comma that ended a
// sentence, is an address, and gives it.
func address(s string) (string, bool) {
	s = strings.TrimRight(strings.TrimSpace(s), ".,;")
	at := strings.LastIndexByte(s, '@')
	return s, at > 0 && isEmail(s, at)
}

// unquote removes pairs of quotes.
func unquote(s string) string {
	s = strings.TrimSpace(s)
	for _, pair := range [...]struct{ open, end string }{{`"`, `"`}, {"'", "'"}, {"`", "`"}, {"“", "”"}, {"„", "“"}, {"‘", "’"}, {"«", "»"}, {"<", ">"}} {
		if inner, ok := strings.CutPrefix(s, pair.open); ok && len(inner) > len(pair.end) {
			if inner, ok = strings.CutSuffix(inner, pair.end); ok {
				return strings.TrimSpace(inner)
			}
		}
	}
	if at := strings.LastIndexByte(s, '@'); at > 0 {
		if inner, ok := address(s); ok {
			return inner
		}
	}
	return s
}

// unclaim takes the value out of a claim: i:0#.f|membership|alice@contoso.com
// and i:0#.w|contoso\alice [S].
func unclaim(s string) string {
	if last := strings.LastIndexByte(s, '|'); last > 0 && len(s) > 3 && (s[0] == 'i' || s[0] == 'I') && s[1] == ':' && s[2] == '0' {
		return strings.TrimSpace(s[last+1:])
	}
	return s
}

// unescape reads the percent signs of an address that came in a URL.
func unescape(s string) string {
	if !strings.Contains(s, "%40") || strings.Contains(s, "@") {
		return s
	}
	return strings.NewReplacer("%40", "@", "%23", "#", "%2B", "+", "%2b", "+").Replace(s)
}

// schemes stand before an address in directories and links.
var schemes = []string{"mailto:", "smtp:", "sip:", "sips:", "upn:", "acct:", "im:", "email:", "mail:", "user:", "xmpp:"}

// unscheme removes a scheme, and what a link has after the address.
func unscheme(s string) string {
	for _, scheme := range schemes {
		if len(s) <= len(scheme) || !strings.EqualFold(s[:len(scheme)], scheme) {
			continue
		}
		rest := s[len(scheme):]
		if end := strings.IndexAny(rest, "?;"); end > 0 {
			rest = rest[:end]
		}
		if inner, ok := address(strings.TrimLeft(rest, "/ ")); ok {
			return inner
		}
	}
	return s
}

// unbracket takes the address out of "Alice Example <alice@contoso.com>" and
// the like, and out of "alice@contoso.com (Alice Example)".
func unbracket(s string) string {
	for _, pair := range [...]string{"<>", "()", "[]", "{}"} {
		open := strings.IndexByte(s, pair[0])
		if open < 0 || !strings.HasSuffix(s, pair[1:]) {
			continue
		}
		if inner, ok := address(unscheme(s[open+1 : len(s)-1])); ok {
			return inner
		}
		if inner, ok := address(s[:open]); ok {
			return inner
		}
	}
	return s
}

// unprefix removes what stands before a whole address: a domain, as in
// AzureAD\alice@contoso.com, or the provider that somebody signed in with, as
// in live.com#bob@outlook.example.
func unprefix(s string) string {
	if at := strings.LastIndexByte(s, '\\'); at >= 0 {
		if inner, ok := address(s[at+1:]); ok {
			return inner
		}
	}
	if provider, rest, ok := strings.Cut(s, "#"); ok && strings.Contains(provider, ".") && !strings.ContainsAny(provider, "@_ ") && strings.Count(s, "#") == 1 {
		if inner, ok := address(rest); ok {
			return inner
		}
	}
	return s
}

// guestMark stands in the user principal name of a guest: Entra makes it of
// the guest's own address, an underscore for its @, and the host's domain.
const guestMark = "#EXT#@"

// guest takes the address of a guest out of their user principal name. The
// last underscore divides, since no domain has one.
func guest(upn string) (email string, ok bool) {
	at := strings.LastIndexByte(upn, '@') + 1 - len(guestMark)
	if at < 0 || !strings.EqualFold(upn[at:at+len(guestMark)], guestMark) {
		return "", false
	}
	local, domain, found := cutLast(upn[:at], "_")
	email = local + "@" + domain
	return email, found && isEmail(email, len(local))
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// canonical is an address in one spelling: lower case, one Unicode form, and
// the domain as people write it rather than as DNS does.
func canonical(email string) string {
	email = strings.ToLower(norm.NFC.String(email))
	if !strings.Contains(email, "xn--") {
		return email
	}
	local, domain, _ := cutLast(email, "@")
	if shown, err := idna.ToUnicode(domain); err == nil {
		domain = shown
	}
	return strings.ToLower(norm.NFC.String(local + "@" + domain))
}
