// Package mailaddr reads email addresses as operators write them, tells when
// two spellings are one mailbox, and gives the form that every mail server
// takes.
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
	errDomain    = errors.New("not an email address: there is no such domain name")
)

// domains maps and checks names as browsers do (UTS 46, non-transitional), so
// that Bücher.Example and bücher.example are one.
var domains = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(), idna.CheckHyphens(true), idna.VerifyDNSLength(true))

// ParseAddress reads one address, alone or with a name before it: Ann <ann@contoso.com>.
// Characters that nobody sees, such as U+200B and U+FEFF, don't count. The name
// is dropped: nothing of ours shows it.
func ParseAddress(text string) (string, error) {
	text = strings.TrimSpace(StripInvisible(text))
	parsed, err := mail.ParseAddress(text)
	if err != nil {
		return "", errNoAddress
	}
	// String has the quotes that an unusual part before the @ needs.
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

// isHostName reports whether an ASCII name can be a domain's (RFC 1123, 2.1),
// with the underscore that some hosts have besides. It refuses what quotes and
// wildcards leave in a name, and IPv4 addresses without their brackets.
func isHostName(name string) bool {
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if len(label) == 0 || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(strings.ToLower(label), nameLetters) != "" {
			return false
		}
	}
	return len(name) <= 253 && strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

// nameLetters are those of a label, in lower case.
const nameLetters = "abcdefghijklmnopqrstuvwxyz0123456789-_"

// StripInvisible is text without the characters that nobody sees: format characters
// (Unicode's category Cf), such as byte order marks and zero-width spaces, and
// control characters.
func StripInvisible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// ToASCII is an address with its domain in the form that is sent over the
// network: it@bücher.example becomes it@xn--bcher-kva.example, which takes no
// SMTPUTF8 (RFC 5890; RFC 6531, 3.2). What is before the @ stays: for a letter
// outside ASCII there, no other form exists.
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

// HostToASCII is a host's name in ASCII. Names that are ASCII already stay as they
// are, address literals ([192.0.2.1]) too.
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

// NeedsUTF8 reports whether the part before the @ has letters outside ASCII: a
// server without SMTPUTF8 can't deliver to such an address.
func NeedsUTF8(address string) bool {
	return !isASCII(address[:max(0, strings.LastIndexByte(address, '@'))])
}

// MailboxKey is the same for two spellings of one mailbox. Upper and lower case don't
// count before the @ either: RFC 5321 leaves that to the server, and no server
// in use tells Ann@ from ann@.
func MailboxKey(address string) string {
	ascii, err := ToASCII(address)
	if err != nil {
		ascii = address
	}
	return strings.ToLower(ascii)
}

// RemoveDuplicates leaves of several addresses the first spelling of each.
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
