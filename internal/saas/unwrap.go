package saas

import (
	"html"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// unwrapAddress takes the address out of what log sources put around it: quotes,
// brackets, a display name, a scheme, a claim's prefix, a domain, percent
// signs. A name that holds no address comes back without its quotes alone.
func unwrapAddress(name string) string {
	if isBareAddress(name) {
		return name
	}
	s := name
	if !isPlain(s) {
		s = width.Fold.String(s)
	}
	for range 4 { // each may be inside another
		before := s
		for _, peel := range []func(string) string{stripQuotes, unescapeName, stripClaim, stripScheme, stripBrackets, stripPrefix, stripRealm} {
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
	return strings.Count(name, "@") < 2
}

// parseAddress reports whether a text, but for a dot or comma that ended a sentence
// and a quote that lost its other half, is an address, and gives it.
func parseAddress(s string) (string, bool) {
	s = strings.TrimLeft(strings.TrimRight(strings.TrimSpace(s), ".,;?!\"'`"), "\"'`")
	at := strings.LastIndexByte(s, '@')
	return s, at > 0 && isEmail(s, at)
}

// stripQuotes removes pairs of quotes.
func stripQuotes(s string) string {
	s = strings.TrimSpace(s)
	for _, pair := range [...]struct{ open, end string }{{`"`, `"`}, {"'", "'"}, {"`", "`"}, {"“", "”"}, {"„", "“"}, {"‘", "’"}, {"«", "»"}, {"<", ">"}} {
		if inner, ok := strings.CutPrefix(s, pair.open); ok && len(inner) > len(pair.end) {
			if inner, ok = strings.CutSuffix(inner, pair.end); ok {
				return strings.TrimSpace(inner)
			}
		}
	}
	if at := strings.LastIndexByte(s, '@'); at > 0 {
		if inner, ok := parseAddress(s); ok {
			return inner
		}
	}
	return s
}

// stripClaim takes the value out of a claim: i:0#.f|membership|alice@contoso.com
// and i:0#.w|contoso\alice [S], also of one that lost its beginning.
func stripClaim(s string) string {
	last := strings.LastIndexByte(s, '|')
	if last <= 0 {
		return s
	}
	value := strings.TrimSpace(s[last+1:])
	if len(s) > 3 && (s[0] == 'i' || s[0] == 'I') && s[1] == ':' && s[2] == '0' {
		return value
	}
	if inner, ok := parseAddress(value); ok {
		return inner
	}
	return s
}

// unescapeName reads a name that came in a URL or out of a web page, where that
// makes an address or DOMAIN\name of it.
func unescapeName(s string) string {
	plain := s
	if strings.Contains(s, "&") {
		plain = StripInvisible(html.UnescapeString(s))
	}
	if strings.Contains(plain, "%") {
		if decoded, err := url.PathUnescape(plain); err == nil && utf8.ValidString(decoded) {
			plain = decoded
		}
	}
	plain = strings.TrimSpace(plain)
	if _, ok := parseAddress(plain); plain != s && isPrintable(plain) && (ok || strings.ContainsAny(plain, `\|`)) {
		return plain
	}
	return s
}

// schemes stand before an address in directories and links.
var schemes = []string{"mailto", "smtp", "sip", "sips", "upn", "acct", "im", "email", "e-mail", "mail", "user", "xmpp", "http", "https",
	"userPrincipalName", "principalName", "username", "user name", "login", "account", "emailAddress"}

// stripScheme removes a scheme, and what a link has after the address.
func stripScheme(s string) string {
	for _, scheme := range schemes {
		if len(s) <= len(scheme) || !strings.EqualFold(s[:len(scheme)], scheme) || s[len(scheme)] != ':' && s[len(scheme)] != '=' {
			continue
		}
		rest := s[len(scheme)+1:]
		if end := strings.IndexAny(rest, "?;"); end > 0 {
			rest = rest[:end]
		}
		if inner, ok := parseAddress(strings.TrimLeft(rest, "/ ")); ok {
			return inner
		}
	}
	return s
}

// stripBrackets takes the address out of "Alice Example <alice@contoso.com>" and
// the like, and out of "alice@contoso.com (Alice Example)".
func stripBrackets(s string) string {
	for _, pair := range [...]string{"<>", "()", "[]", "{}"} {
		open := strings.IndexByte(s, pair[0])
		if open < 0 || !strings.HasSuffix(s, pair[1:]) {
			continue
		}
		if inner, ok := parseAddress(stripScheme(s[open+1 : len(s)-1])); ok {
			return inner
		}
		if inner, ok := parseAddress(s[:open]); ok {
			return inner
		}
		if inner := strings.TrimSpace(s[open+1 : len(s)-1]); isDomainUser(inner) {
			return inner
		}
		if inner := strings.TrimSpace(s[:open]); isDomainUser(inner) {
			return inner
		}
	}
	return s
}

// isDomainUser knows DOMAIN\name with nothing around it.
func isDomainUser(s string) bool {
	domain, account, ok := splitDomain(s)
	return ok && domain != "" && account != "" && !strings.ContainsAny(s, "()[]{}<>@\"/") && !strings.ContainsAny(account, `\`)
}

// stripPrefix removes what stands before a whole address: a domain, as in
// AzureAD\alice@contoso.com, or the provider that somebody signed in with, as
// in live.com#bob@outlook.example.
func stripPrefix(s string) string {
	if before, after, ok := strings.Cut(s, `\`); ok && strings.Contains(before, "@") && !strings.Contains(after, "@") {
		if inner, ok := parseAddress(before); ok { // the account behind is theirs, or a line's end
			return inner
		}
	}
	if at := strings.LastIndexByte(s, '\\'); at >= 0 {
		if inner, ok := parseAddress(s[at+1:]); ok {
			return inner
		}
	}
	for _, directory := range directories {
		if len(s) > len(directory) && strings.EqualFold(s[:len(directory)], directory) && strings.IndexByte("/+", s[len(directory)]) >= 0 {
			if inner, ok := parseAddress(s[len(directory)+1:]); ok {
				return inner
			}
		}
	}
	if before, rest, ok := strings.Cut(s, "/"); ok && isShortDomain(before) {
		if inner, ok := parseAddress(rest); ok {
			return inner
		}
	}
	if provider, rest, ok := strings.Cut(s, "#"); ok && isProvider(provider) && strings.Count(s, "#") == 1 {
		if inner, ok := parseAddress(rest); ok {
			return inner
		}
	}
	return s
}

// directories stand before an address as domains do, with another sign between.
var directories = []string{"AzureAD", "MicrosoftAccount", "EntraID"}

// isProvider knows what stands before the # of somebody's sign-in: a host, or a
// word that the services of Microsoft put there.
func isProvider(s string) bool {
	switch strings.ToLower(s) {
	case "mail", "guest", "live", "urn:spo:guest":
		return true
	}
	return strings.Contains(s, ".") && !strings.ContainsAny(s, "@_ ")
}

// stripRealm removes a Kerberos realm behind a whole address.
func stripRealm(s string) string {
	if name, _, ok := cutLast(s, "@"); ok && strings.Contains(name, "@") {
		name = strings.Replace(strings.TrimSuffix(name, `\`), `\@`, "@", 1)
		if len(name) > 5 && strings.EqualFold(name[len(name)-5:], "#EXT#") {
			name = name[:len(name)-5]
		}
		if inner, ok := parseAddress(name); ok {
			return inner
		}
	}
	return s
}

// guestMark stands in the user principal name of a guest: Entra makes it of
// the guest's own address, an underscore for its @, and the host's domain.
const guestMark = "#EXT#@"

// guestAddress takes the address of a guest out of their user principal name. The
// last underscore divides, since no domain has one.
func guestAddress(upn string) (email string, ok bool) {
	if mark := guestMark[:len(guestMark)-1]; len(upn) > len(mark) && strings.EqualFold(upn[len(upn)-len(mark):], mark) {
		upn += "@" // without the host's domain
	}
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

// canonicalAddress is an address in one spelling: lower case, one Unicode form, and
// the domain as people write it rather than as DNS does.
func canonicalAddress(email string) string {
	email = strings.ToLower(norm.NFC.String(email))
	if !strings.Contains(email, "xn--") {
		return email
	}
	local, domain, _ := cutLast(email, "@")
	shown, err := idna.ToUnicode(domain)
	shown = local + "@" + strings.ToLower(norm.NFC.String(shown))
	if err != nil || !isEmail(shown, len(local)) || !isPrintable(shown) || StripInvisible(shown) != shown {
		return email
	}
	return shown
}
