package usersync

import (
	"context"
	"html"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// NoteNamesAltered is the note of a tenant that keeps names in another form
// than they are sent.
const NoteNamesAltered = "Oomnitza stores some usernames otherwise than they are sent (escaped, cut, or without accents): these people are found by what it stores"

const (
	// shortestCut is how short a tenant may cut names.
	shortestCut = 20
	// longName is from how many characters a name may have been cut without
	// the tenant noticing that it is taken.
	longName = 48
)

// findStoredOtherwise looks for people under the forms in which a tenant may
// have stored their names, before they are created once more. Names that are
// short and plain have no other form, and a tenant that is known to keep them as
// they are sent is not asked.
func (r *resolver) findStoredOtherwise(ctx context.Context, visits []*visit, found []match) error {
	var names []string
	var doubted []int
	for i, v := range visits {
		if found[i].isOpen() && r.known.doubtsName(saas.Fold(v.person.Username)) {
			names, doubted = append(names, v.person.Username), append(doubted, i)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names) // so that the same people are asked for in the same words
	like, err := r.target.PeopleLike(ctx, names)
	if httpx.KindOf(err).Declined() {
		return nil
	}
	if err != nil {
		return err
	}
	slices.SortFunc(like, comparePrecedence)
	for _, i := range doubted {
		v, m := visits[i], &found[i]
		for _, who := range like {
			if !who.Deleted && isStoredAs(who, *v.person) && m.id == "" && r.known.noteEntry(who.ID, v.key) {
				m.id = who.ID
				r.notes.Add(NoteNamesAltered)
			}
		}
	}
	return nil
}

// listOdd lists the characters of a name of which a tenant may make something else
// when it stores it; 0 stands for a length that it may cut.
func listOdd(name string) []rune {
	var out []rune
	if utf8.RuneCountInString(name) > longName {
		out = append(out, 0)
	}
	for _, r := range name {
		if !saas.IsPlain(r) {
			out = append(out, r)
		}
	}
	return out
}

// isTakenFor reports whether somebody has the name that a tenant refused to a
// person as taken: but for escapes and accents it is the same, or it was cut.
func isTakenFor(who, p saas.Person) bool {
	return isSameBut(who, p, func(stored, sent string) bool {
		stored, sent = stripAccents(stored), stripAccents(sent)
		return stored == sent || utf8.RuneCountInString(stored) >= shortestCut && strings.HasPrefix(sent, stored)
	})
}

// isStoredAs reports whether somebody is a person as a tenant may have stored
// them without noticing that it holds them: but for escapes the names are the
// same, or a long one was cut, and not just before a dot, where a shorter
// address ends.
func isStoredAs(who, p saas.Person) bool {
	return isSameBut(who, p, func(stored, sent string) bool {
		stored, sent = unescape(stored), unescape(sent)
		if stored == sent {
			return true
		}
		rest, cut := strings.CutPrefix(sent, stored)
		return cut && utf8.RuneCountInString(stored) >= shortestCut && utf8.RuneCountInString(sent) > longName && !strings.HasPrefix(rest, ".")
	})
}

// isSameBut compares the usernames and, where both have one, the emails.
func isSameBut(who, p saas.Person, same func(stored, sent string) bool) bool {
	return same(who.Username, p.Username) && (who.Email == "" || p.Email == "" || same(who.Email, p.Email))
}

// unescape returns a name without the marks of HTML in it, and without white space.
func unescape(s string) string {
	for range 2 { // escaped once, and once more
		s = html.UnescapeString(s)
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, saas.Fold(s))
}

// stripAccents returns the same without accents.
func stripAccents(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(unescape(s)))
}
