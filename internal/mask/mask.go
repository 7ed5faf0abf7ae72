// Package mask takes what tells of people out of texts, for places that name
// nobody: notices, logs and the Web UI's pages. It masks by patterns and so is
// for messages; a name that is known to be one is masked by saas.MaskName.
package mask

import (
	"regexp"
	"strings"
)

// What stands in a masked text for what it held of people.
const (
	maskedAddress = "[address]"
	maskedAccount = "[account]"
	maskedValue   = "[…]"
)

// personKeys are keys of people's fields.
const personKeys = `user_?name|user|e-?mail|mail|upn|user_?principal_?name|account|login|` +
	`(?:first|last|full|display|given|middle|sur|family)_?name|name|person|phone|mobile|manager`

// Patterns of what tells of a person. Each is linear in the text's length.
var (
	// addresses are also written with %40, and without a dot in their domain.
	addresses = regexp.MustCompile(`(?i)[^\s"'<>()\[\]{},;:=|\\]+(?:@|%40|＠)[^\s"'<>()\[\]{},;:=|@\\]+`)
	// accounts are DOMAIN\name; JSON doubles the backslash.
	accounts = regexp.MustCompile(`[\p{L}\p{N}][\p{L}\p{N}._-]*(?:\\+|%5[Cc])[\p{L}\p{N}][^\s"'<>()\[\]{},;:=|\\]*`)
	// fields are what a row holds about a person, under any of its usual keys: in
	// quotes before a colon or a sign of equality, or bare before the latter.
	// "email: not allowed" is a reason.
	fields = regexp.MustCompile(`(?i)(\\?["'](?:` + personKeys + `)\\?["']\s*[:=]\s*|\b(?:` + personKeys + `)\s*=\s*)` +
		`(\\"[^"\\]*\\"|"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s"'&,;{}\[\]()]+)`)
	// rows are objects that a peer quotes.
	rows = regexp.MustCompile(`\{[^{}]*[:=][^{}]*\}`)
)

// Text masks a text. Addresses, DOMAIN\name accounts, values under the keys of
// people's fields and quoted rows are replaced; what was refused, and why, in
// the words of whoever said so, stays.
func Text(text string) string {
	if strings.ContainsAny(text, "{") {
		text = rows.ReplaceAllString(text, "{…}")
	}
	if strings.ContainsAny(text, "@＠%") {
		text = addresses.ReplaceAllStringFunc(text, maskAddress)
	}
	if strings.ContainsAny(text, `\%`) {
		text = accounts.ReplaceAllString(text, maskedAccount)
	}
	if strings.ContainsAny(text, ":=") {
		text = fields.ReplaceAllStringFunc(text, maskField)
	}
	return text
}

// maskAddress leaves our own names alone: a worker is named after its host.
func maskAddress(found string) string {
	if strings.HasPrefix(found, "defendersync") {
		return found
	}
	return maskedAddress
}

// maskField keeps a field's key. A value that is masked already stays.
func maskField(found string) string {
	parts := fields.FindStringSubmatch(found)
	if strings.HasPrefix(strings.Trim(parts[2], `\"'`), "[") {
		return found
	}
	return parts[1] + maskedValue
}

// Words replaces the given words, as whole words and whatever their case:
// what a peer repeats of a row that it was sent. Short ones would be found
// everywhere.
func Words(text string, words []string) string {
	for _, word := range words {
		if len([]rune(word)) < 3 || !strings.Contains(strings.ToLower(text), strings.ToLower(word)) {
			continue
		}
		p, err := regexp.Compile(`(?i)(^|[^\p{L}\p{N}])` + regexp.QuoteMeta(word) + `($|[^\p{L}\p{N}])`)
		if err != nil {
			continue // a word that is no text is in no text
		}
		text = p.ReplaceAllString(text, "${1}"+maskedValue+"${2}")
	}
	return text
}
