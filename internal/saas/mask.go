package saas

import (
	"strings"
	"unicode"
)

// maxMasked bounds a masked name, in characters.
const maxMasked = 100

// MaskName shows what a name looks like and not whose it is: of each word the
// first and the last letter, so that alice.smith@contoso.com is
// a…e.s…h@c…o.com. What stands between the words stays, and so does the end of
// an address.
func MaskName(name string) string {
	runes := []rune(strings.ToValidUTF8(name, "?"))
	cut := len(runes) > maxMasked
	if cut {
		runes = runes[:maxMasked]
	}
	keep := len(runes) // where the suffix of an address begins
	if dot, at := lastRune(runes, '.'), lastRune(runes, '@'); !cut && at >= 0 && dot > at && len(runes)-dot <= 5 {
		keep = dot
	}
	var b strings.Builder
	for i := 0; i < keep; {
		end := i
		for end < keep && isWordRune(runes[end]) {
			end++
		}
		switch n := end - i; {
		case n == 0:
			b.WriteRune(shownRune(runes[i]))
			end++
		case n == 1:
			b.WriteString("…")
		case n < 4:
			b.WriteString(string(runes[i]) + "…")
		default:
			b.WriteString(string(runes[i]) + "…" + string(runes[end-1]))
		}
		i = end
	}
	b.WriteString(string(runes[keep:]))
	if cut {
		b.WriteString("…")
	}
	return b.String()
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// shownRune keeps a sample on one line and shows where a character is that
// nobody sees.
func shownRune(r rune) rune {
	if unicode.IsControl(r) || isInvisible(r) {
		return '·'
	}
	return r
}

func lastRune(runes []rune, want rune) int {
	for i := len(runes) - 1; i >= 0; i-- {
		if runes[i] == want {
			return i
		}
	}
	return -1
}
