package sheet

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// lost replaces a character that must not be written.
const lost = unicode.ReplacementChar

// makeVisible makes a text safe for a terminal, and one line long. Line breaks and
// tabs become a space. U+FFFD replaces other control characters, such as the
// escape that begins a terminal's control sequences, characters that change the
// direction of writing, and bytes that are not UTF-8.
func makeVisible(s string) string {
	if isPlain(s) {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", " ")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t', r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r), turnsDirection(r):
			return lost
		}
		return r
	}, s)
}

// isPlain reports whether a text is printable ASCII, as most texts are.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// turnsDirection reports whether a character changes the direction of writing,
// which can disguise a name as another.
func turnsDirection(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' ||
		r == '\u200e' || r == '\u200f' || r == '\u061c'
}

// textWidth returns how many columns of a terminal a visible text takes.
func textWidth(s string) int {
	if isPlain(s) {
		return len(s)
	}
	return uniseg.StringWidth(s)
}

// cutText shortens a visible text to a width, with … in place of the rest. It never
// splits a grapheme cluster.
func cutText(s string, to int) string {
	if textWidth(s) <= to {
		return s
	}
	if to < 1 {
		return ""
	}
	kept, taken, rest, state := 0, 0, s, -1
	for rest != "" {
		var cluster string
		var w int
		cluster, rest, w, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if taken+w > to-1 {
			break
		}
		kept, taken = kept+len(cluster), taken+w
	}
	return strings.TrimRight(s[:kept], " ") + "…"
}

// foldText breaks a visible text between words into lines of a width. A word that is
// longer has a line for itself, and sticks out.
func foldText(s string, to int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		switch {
		case line == "":
			line = word
		case textWidth(line)+1+textWidth(word) <= to:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}

// padText writes a visible text in a colour, padded to a width with uncoloured
// spaces: before the text when right, else after it.
func padText(b *strings.Builder, s string, to int, right bool, color Color) {
	spaces := max(0, to-textWidth(s))
	s = color.Paint(s)
	if !right {
		b.WriteString(s)
	}
	for range spaces {
		b.WriteByte(' ')
	}
	if right {
		b.WriteString(s)
	}
}

// utf16Len returns the length of a text as Excel counts it.
func utf16Len(s string) int {
	n := len(s)
	if n == 0 || isPlain(s) {
		return n
	}
	n = 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// utf16Cut returns the longest beginning of a text that has at most n characters as
// Excel counts them. It splits no character.
func utf16Cut(s string, n int) string {
	for i, r := range s {
		if n--; r > 0xffff {
			n--
		}
		if n < 0 {
			return s[:i]
		}
	}
	return s
}

// replaceInvalid replaces bytes that are not UTF-8.
func replaceInvalid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, string(lost))
}

// LineWidth returns how many columns of a terminal a line of text takes.
func LineWidth(text string) int { return textWidth(makeVisible(text)) }

// ClipLine makes a text harmless and shortens it to a width, with … in place of the
// rest.
func ClipLine(text string, width int) string { return cutText(makeVisible(text), width) }
