package saas

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// IdentityKind says what a user name as Defender shows it stands for.
type IdentityKind string

// The kinds of identity. Only the first four can be people.
const (
	KindEmail      IdentityKind = "email"      // alice@contoso.com, an email address or UPN
	KindDomainUser IdentityKind = "domain"     // CONTOSO\alice
	KindBare       IdentityKind = "bare"       // alice
	KindOther      IdentityKind = "other"      // text of no known form, such as "Alice Smith"
	KindAnonymised IdentityKind = "anonymised" // User_KSzxdM1v833oYU1kLo9m7w==
	KindDevice     IdentityKind = "device"     // HOST$
	KindService    IdentityKind = "service"    // NT AUTHORITY\SYSTEM, svc-backup
	KindOpaque     IdentityKind = "opaque"     // a security id or a GUID, which tells no name
	KindEmpty      IdentityKind = "empty"      // nothing but white space, or "-", "unknown" and their like
)

// Identity is a user name taken apart. A part that the name doesn't have is
// empty.
type Identity struct {
	Kind    IdentityKind
	Raw     string // as given, without surrounding white space and what nobody sees
	Email   string // lower-cased; only of KindEmail; a guest's own address
	UPN     string // a guest's user principal name, lower-cased; only where there is one
	Local   string // what stands before the @, lower-cased; only of KindEmail
	Domain  string // what stands after the @, lower-cased, or before the \, as given
	Account string // the local part, the name after the \, or the bare name
}

// maxNameLength bounds, in bytes, what is taken for a user name: an email
// address has at most 254.
const maxNameLength = 320

// ParseIdentity takes a user name apart. The forms are those that log sources
// deliver to Defender [DOC D14, D18]; see accounts.go for the names that are
// nobody's, and unwrap.go for what stands around an address.
func ParseIdentity(raw string) Identity {
	raw = strings.TrimFunc(StripInvisible(raw), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	id := Identity{Kind: KindOther, Raw: raw}
	switch {
	case raw == "":
		id.Kind = KindEmpty
		return id
	case isAnonymised(raw):
		id.Kind = KindAnonymised
		return id
	case len(raw) > maxNameLength || !isPrintable(raw):
		return id
	}
	name := unwrapAddress(raw)
	switch {
	case isPlaceholder(raw), name != raw && isPlaceholder(name):
		id.Kind = KindEmpty
		return id
	case isOpaque(name):
		id.Kind = KindOpaque
		return id
	}
	id.takeApart(name)
	id.Kind = machineKind(id)
	return id
}

// takeApart fills in the parts of a name that stands alone.
func (id *Identity) takeApart(name string) {
	if bare := name[strings.LastIndexByte(name, '\\')+1:]; !strings.Contains(bare, "@") {
		if own, ok := guestAddress(bare); ok {
			name = own
		}
	}
	if domain, account, ok := splitDomain(name); ok {
		if domain != "" && account != "" && !strings.ContainsAny(account, `\@`) {
			id.Kind, id.Domain, id.Account = KindDomainUser, domain, account
			if isPlaceholder(account) && (isPlaceholder(domain) || !surnames[Fold(account)]) {
				id.Kind = KindEmpty
			} else if isOpaque(account) {
				id.Kind = KindOpaque
			}
		}
		return
	}
	at := strings.LastIndexByte(name, '@')
	switch {
	case at >= 0 && isEmail(name, at):
		email := name
		if own, ok := guestAddress(name); ok {
			email, id.UPN = own, canonicalAddress(name)
		}
		id.Kind, id.Email = KindEmail, canonicalAddress(email)
		id.Local, id.Domain, _ = cutLast(id.Email, "@")
		id.Account = id.Local
	case at < 0 && isDirectoryPath(name):
	case at < 0 && !hasSpace(name):
		id.Kind, id.Account = KindBare, strings.TrimLeft(name, `\`)
		if at := strings.IndexAny(name, "/+"); at > 0 && isShortDomain(name[:at]) && name[at+1:] != "" {
			id.Kind, id.Domain, id.Account = KindDomainUser, name[:at], name[at+1:] // as Winbind has them
		}
	}
}

// splitDomain cuts DOMAIN\name, whose backslash may have been escaped on the
// way, once or more.
func splitDomain(name string) (domain, account string, ok bool) {
	domain, account, ok = strings.Cut(strings.TrimLeft(name, `\`), `\`)
	return strings.TrimSpace(domain), strings.TrimSpace(strings.TrimLeft(account, `\`)), ok
}

// isShortDomain knows CONTOSO where another sign than a backslash follows it.
func isShortDomain(s string) bool {
	const longest = 15
	return len(s) <= longest && s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == "" &&
		strings.ContainsFunc(s, unicode.IsLetter) && !serviceClasses[Fold(s)]
}

// isDirectoryPath knows names of entries in a directory, such as
// uid=alice,ou=People,dc=contoso, and claims without a value that is a name.
func isDirectoryPath(name string) bool {
	return strings.Contains(name, "=") && strings.Contains(name, ",") || strings.ContainsAny(name, "|")
}

// machineKind tells devices and service accounts from people.
func machineKind(id Identity) IdentityKind {
	switch {
	case id.Kind == KindEmpty, id.Kind == KindOpaque:
		return id.Kind
	case strings.HasSuffix(id.Account, "$"), isMachine(id):
		return KindDevice
	case isService(id):
		return KindService
	}
	return id.Kind
}

// isAnonymised recognises what Defender puts in place of a name when a stream
// hides its users: User_ and the base64 of a cipher text [DOC D14, S1].
func isAnonymised(raw string) bool {
	const prefix = "User_"
	if strings.EqualFold(raw, "AnonymousUser") { // in Graph's sample [DOC G3]
		return true
	}
	if len(raw) < len(prefix)+16 || !strings.EqualFold(raw[:len(prefix)], prefix) {
		return false
	}
	cipher := raw[len(prefix):]
	if len(cipher)%4 != 0 {
		return false
	}
	if _, err := base64.StdEncoding.DecodeString(cipher); err == nil {
		return true
	}
	_, err := base64.URLEncoding.DecodeString(cipher)
	return err == nil
}

// isEmail accepts name@host.domain, the @ being at the given place. It is no
// full check of RFC 5322: it only has to tell addresses from other text.
func isEmail(s string, at int) bool {
	local, domain := s[:at], s[at+1:]
	if local == "" || hasSpace(s) || strings.ContainsAny(local, `@"<>,;`) {
		return false
	}
	dot := strings.IndexByte(domain, '.')
	if dot <= 0 || strings.HasSuffix(domain, ".") || strings.Contains(domain, "..") {
		return false
	}
	for i := 0; i < len(domain); i++ {
		c := domain[i]
		ok := c == '-' || c == '.' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf
		if !ok {
			return false
		}
	}
	return true
}

func hasSpace(s string) bool {
	return strings.IndexFunc(s, unicode.IsSpace) >= 0
}

// isPrintable reports whether s is text without control characters.
func isPrintable(s string) bool {
	for _, r := range s {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return false
		}
	}
	return true
}

// Fold gives the key under which two spellings of one name are one: without
// surrounding white space, in one Unicode form and regardless of case. Folding
// twice changes nothing, and what is folded already is returned without
// allocating: a session folds some 20,000 names a second.
func Fold(s string) string {
	upper := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			return foldUnicode(s)
		}
		upper = upper || 'A' <= c && c <= 'Z'
	}
	s = strings.TrimSpace(s)
	if upper {
		return strings.ToLower(s)
	}
	return s
}

// foldUnicode is Unicode's canonical caseless matching: decompose, fold,
// recompose. The lower-casing is for Cherokee, whose two cases the fold of
// x/text exchanges.
func foldUnicode(s string) string {
	s = norm.NFD.String(strings.ToValidUTF8(s, "\uFFFD"))
	return strings.TrimSpace(norm.NFC.String(strings.ToLower(cases.Fold().String(s))))
}
