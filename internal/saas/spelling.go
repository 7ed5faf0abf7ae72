package saas

import (
	"strings"
	"unicode"
)

// Spellings returns the usual spellings of a name that is taken, yet not found
// as we spell it: ALICE.SMITH@CONTOSO.COM and Alice.Smith@Contoso.Com.
func Spellings() []func(string) string { return []func(string) string{strings.ToUpper, Capitalise} }

// Capitalise spells every part of a name with a capital.
func Capitalise(s string) string {
	start := true
	return strings.Map(func(r rune) rune {
		if start {
			r = unicode.ToUpper(r)
		}
		start = !unicode.IsLetter(r) && !unicode.IsDigit(r)
		return r
	}, s)
}
