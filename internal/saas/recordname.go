package saas

import (
	"html"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// nameCaps are lengths, in characters, at which a tenant may cut names off:
// the usual widths of a column [INF].
var nameCaps = []int{30, 32, 40, 50, 60, 64, 80, 100, 120, 128, 150}

// shortBase is how much of a name is kept where the id behind it must not be
// cut off.
const shortBase = 16

// NameKey is the key under which the names of records are compared: as Fold
// has it, without what a tenant may do to a text when it stores it, such as
// escaping & as &amp;.
func NameKey(s string) string {
	if strings.Contains(s, "&") {
		s = html.UnescapeString(html.UnescapeString(s))
	}
	return Fold(oneLine(s))
}

// StoredAs reports whether have is what a tenant makes of a name that it was
// sent: escaped, with other white space, in another Unicode form, or cut off
// at a usual length. Upper and lower case stay as they are sent.
func StoredAs(sent, have string) bool {
	if sent == have {
		return true
	}
	plain := storedPlain(have)
	return plain == storedPlain(sent) || cutOff(storedPlain(sent), plain)
}

func storedPlain(s string) string {
	if strings.Contains(s, "&") {
		s = html.UnescapeString(html.UnescapeString(s))
	}
	return norm.NFC.String(oneLine(s))
}

// cutOff reports whether have is the beginning of a longer name, of a length
// at which names are cut.
func cutOff(name, have string) bool {
	n := utf8.RuneCountInString(have)
	return len(have) < len(name) && strings.HasPrefix(name, have) &&
		// The last blank before the cut may be gone as well.
		(slices.Contains(nameCaps, n) || slices.Contains(nameCaps, n+1) && name[len(have)] == ' ')
}

// CandidateNames are the names that this integration gives an app's record,
// also as a tenant that escapes them has them.
func CandidateNames(a App) []string {
	out := []string{appName(a), nameWithID(a)}
	if utf8.RuneCountInString(out[0]) > nameCaps[0] {
		out = append(out, ShortName(a))
	}
	for _, name := range out {
		if escaped := html.EscapeString(name); escaped != name {
			out = append(out, escaped)
			if ampersands := strings.ReplaceAll(name, "&", "&amp;"); ampersands != escaped && ampersands != name {
				out = append(out, ampersands)
			}
		}
	}
	return out
}

// LookupNames are the names under which an app's record may stand, those
// included that a tenant has cut off; Match needs to see every record that has
// one of them.
func LookupNames(a App) []string {
	out := CandidateNames(a)
	runes := []rune(out[0])
	for _, n := range nameCaps {
		if len(runes) > n {
			out = append(out, strings.TrimSpace(string(runes[:n])))
		}
	}
	return out
}

// LongName is the name that an app's record gets while another record has the
// plain one.
func LongName(a App) string { return nameWithID(a) }

// ShortName is the name for the record of an app whose LongName a tenant cuts
// off before the id, so that it is taken as well.
func ShortName(a App) string {
	runes := []rune(appName(a))
	return strings.TrimSpace(string(runes[:min(shortBase, len(runes))])) + " (" + a.ID + ")"
}
