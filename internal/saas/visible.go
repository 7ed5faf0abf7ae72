package saas

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// StripInvisible removes the characters that nobody sees and that make two texts of
// what looks like one: zero-width blanks, soft hyphens, byte order marks,
// marks of direction, variation selectors, tags. Joiners stay between letters
// of the scripts that are written with them (Persian, the scripts of India) and
// between pictures: there they are part of the spelling.
func StripInvisible(s string) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	last := rune(0)
	for i, r := range s {
		if r == utf8.RuneError || !isInvisible(r) || isJoiner(r) && joinsLetters(last) && joinsLetters(runeAfter(s, i)) {
			_, size := utf8.DecodeRuneInString(s[i:])
			b.WriteString(s[i : i+size])
			last = r
		}
	}
	return b.String()
}

func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isInvisible knows Unicode's format characters (Cf) and the further ones that
// it says are to be ignored where they aren't understood: the combining
// grapheme joiner, the fillers of Hangul, vowels of Khmer that aren't shown,
// selectors of a glyph's form, and the blank of Braille.
func isInvisible(r rune) bool {
	switch {
	case r < 0xad:
		return false
	case unicode.Is(unicode.Cf, r):
		return !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
	case unicode.Is(unicode.Variation_Selector, r), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
		return true
	}
	return r == '\u180e' || r == '\u034f' || r == '\u2800'
}

func isJoiner(r rune) bool { return r == '\u200c' || r == '\u200d' }

// joinsLetters reports whether a letter's form can depend on a joiner beside it.
func joinsLetters(r rune) bool {
	return unicode.In(r, unicode.So, unicode.Sk, unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Nko, unicode.Devanagari, unicode.Bengali,
		unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam,
		unicode.Sinhala, unicode.Khmer, unicode.Myanmar, unicode.Tibetan)
}

// runeAfter is the character after the one at i.
func runeAfter(s string, i int) rune {
	_, size := utf8.DecodeRuneInString(s[i:])
	r, _ := utf8.DecodeRuneInString(s[i+size:])
	return r
}
