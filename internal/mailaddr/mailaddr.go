// Package mailaddr reads email addresses as operators write them, compares them
// as mailboxes, and converts them to the form that every mail server accepts.
//
// It does not ask DNS, and it does not know whether a mailbox exists.
package mailaddr

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

var (
	errNoAddress = errors.New("not an email address: use ann@contoso.com or Ann Example <ann@contoso.com>")
	errDomain    = errors.New("not an email address: no valid domain name")
)

// domains maps and checks names as browsers do (UTS 46, non-transitional), so
// that Bücher.Example and bücher.example are one.
var domains = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(), idna.CheckHyphens(true), idna.VerifyDNSLength(true))

// ParseAddress reads one address, alone or with a name before it:
// Ann <ann@contoso.com>. It returns the address without the name. Invisible
// characters, such as U+200B and U+FEFF, are removed.
func ParseAddress(text string) (string, error) {
	text = strings.TrimSpace(StripInvisible(text))
	parsed, err := mail.ParseAddress(text)
	if err != nil {
		return "", errNoAddress
	}
	// String adds the quotes that an unusual local part needs.
	address := strings.Trim((&mail.Address{Address: parsed.Address}).String(), "<>")
	ascii, err := ToASCII(address)
	if err != nil {
		return "", err
	}
	if domain := ascii[strings.LastIndexByte(ascii, '@')+1:]; !strings.HasPrefix(domain, "[") && !isHostName(domain) {
		return "", fmt.Errorf("%w: %q", errDomain, domain)
	}
	return address, nil
}

// isHostName reports whether an ASCII name is a valid domain name (RFC 1123,
// 2.1); underscores are allowed too, since some hosts have them. Stray quotes,
// wildcards and IPv4 addresses without brackets are not valid.
func isHostName(name string) bool {
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if len(label) == 0 || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(strings.ToLower(label), nameLetters) != "" {
			return false
		}
	}
	return len(name) <= 253 && strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

// nameLetters are the characters of a label, in lower case.
const nameLetters = "abcdefghijklmnopqrstuvwxyz0123456789-_"

// StripInvisible removes control characters and format characters (Unicode
// category Cf), such as byte order marks and zero-width spaces.
func StripInvisible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// ToASCII converts the domain of an address to ASCII: it@bücher.example becomes
// it@xn--bcher-kva.example, which needs no SMTPUTF8 (RFC 5890; RFC 6531, 3.2).
// The local part stays as it is: its non-ASCII letters have no ASCII form.
func ToASCII(address string) (string, error) {
	at := strings.LastIndexByte(address, '@')
	if at <= 0 || at == len(address)-1 {
		return "", errNoAddress
	}
	domain, err := HostToASCII(address[at+1:])
	if err != nil {
		return "", err
	}
	return address[:at+1] + domain, nil
}

// HostToASCII converts a host name to ASCII. Names in ASCII and address literals
// ([192.0.2.1]) stay as they are.
func HostToASCII(name string) (string, error) {
	if isASCII(name) {
		return name, nil
	}
	ascii, err := domains.ToASCII(name)
	if err != nil || ascii == "" {
		return "", fmt.Errorf("%w: %q", errDomain, name)
	}
	return ascii, nil
}

// NeedsUTF8 reports whether the local part has letters outside ASCII. A server
// without SMTPUTF8 can't deliver to such an address.
func NeedsUTF8(address string) bool {
	return !isASCII(address[:max(0, strings.LastIndexByte(address, '@'))])
}

// MailboxKey is equal for two spellings of one mailbox. It ignores case, also in
// the local part: RFC 5321 leaves that to the server, and no server in use
// distinguishes Ann@ from ann@.
func MailboxKey(address string) string {
	ascii, err := ToASCII(address)
	if err != nil {
		ascii = address
	}
	return strings.ToLower(ascii)
}

// RemoveDuplicates keeps the first spelling of each mailbox, in the order given.
func RemoveDuplicates(addresses []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, a := range addresses {
		if key := MailboxKey(a); !seen[key] {
			seen[key] = true
			out = append(out, a)
		}
	}
	return out
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
