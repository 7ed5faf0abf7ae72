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
	KindEmpty      IdentityKind = "empty"      // nothing but white space
)

// Identity is a user name taken apart. A part that the name doesn't have is
// empty.
type Identity struct {
	Kind    IdentityKind
	Raw     string // as given, without surrounding white space
	Email   string // lower-cased; only of KindEmail
	Local   string // what stands before the @, lower-cased; only of KindEmail
	Domain  string // what stands after the @, lower-cased, or before the \, as given
	Account string // the local part, the name after the \, or the bare name
}

// maxNameLength bounds, in bytes, what is taken for a user name: an email
// address has at most 254.
const maxNameLength = 320

// ParseIdentity takes a user name apart. The forms are those that log sources
// deliver to Defender [DOC D14, D18]; the lists of service accounts are
// Windows' own and common practice [INF].
func ParseIdentity(raw string) Identity {
	raw = strings.TrimSpace(raw)
	id := Identity{Kind: KindOther, Raw: raw}
	switch {
	case raw == "":
		id.Kind = KindEmpty
		return id
	case isAnonymised(raw):
		id.Kind = KindAnonymised
		return id
	case len(raw) > maxNameLength || !printable(raw):
		return id
	}
	if domain, account, ok := strings.Cut(raw, `\`); ok {
		if domain != "" && account != "" && !strings.ContainsAny(account, `\@`) {
			id.Kind, id.Domain, id.Account = KindDomainUser, domain, account
		}
	} else if at := strings.LastIndexByte(raw, '@'); at >= 0 {
		if isEmail(raw, at) {
			lower := strings.ToLower(norm.NFC.String(raw))
			at = strings.LastIndexByte(lower, '@')
			id.Kind, id.Email = KindEmail, lower
			id.Local, id.Domain, id.Account = lower[:at], lower[at+1:], lower[:at]
		}
	} else if !hasSpace(raw) {
		id.Kind, id.Account = KindBare, raw
	}
	id.Kind = machineKind(id)
	return id
}

// machineKind tells devices and service accounts from people.
func machineKind(id Identity) IdentityKind {
	switch {
	case strings.HasSuffix(id.Account, "$"):
		return KindDevice
	case isService(id):
		return KindService
	}
	return id.Kind
}

// isService knows the accounts that Windows, Exchange and Entra Connect make
// for themselves, and the prefix that administrators give to theirs.
func isService(id Identity) bool {
	account := id.Account
	if account == "" {
		account = id.Raw // "LOCAL SERVICE" has a space and no domain
	}
	if id.Kind == KindDomainUser && equalFoldAny(id.Domain,
		"NT AUTHORITY", "NT SERVICE", "NT VIRTUAL MACHINE", "IIS APPPOOL", "Window Manager", "Font Driver Host") {
		return true
	}
	if id.Kind != KindEmail && equalFoldAny(account,
		"SYSTEM", "LOCAL SYSTEM", "LOCAL SERVICE", "NETWORK SERVICE", "ANONYMOUS LOGON", "krbtgt") {
		return true
	}
	for _, prefix := range [...]string{"svc-", "svc_", "svc.", "HealthMailbox", "MSOL_", "AAD_"} {
		if len(account) > len(prefix) && strings.EqualFold(account[:len(prefix)], prefix) {
			return true
		}
	}
	return false
}

func equalFoldAny(s string, names ...string) bool {
	for _, name := range names {
		if strings.EqualFold(s, name) {
			return true
		}
	}
	return false
}

// isAnonymised recognises what Defender puts in place of a name when a stream
// hides its users: User_ and the base64 of a cipher text [DOC D14, S1].
func isAnonymised(raw string) bool {
	const prefix = "User_"
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

// printable reports whether s is text without control characters.
func printable(s string) bool {
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
