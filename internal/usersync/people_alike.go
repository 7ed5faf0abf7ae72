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
func (r *resolver) findStoredOtherwise(ctx context.Context, missing map[string]saas.Person, found map[string]match) error {
	var names []string
	for key, p := range missing {
		if m := found[key]; m.id == "" && m.err == nil && r.known.doubts(saas.Fold(p.Username)) {
			names = append(names, p.Username)
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
	for key, p := range missing {
		m := found[key]
		if m.id != "" || m.err != nil || !r.known.doubts(saas.Fold(p.Username)) {
			continue
		}
		for _, who := range like {
			if !who.Deleted && storedAs(who, p) && m.id == "" && r.known.holds(who.ID, key) {
				m.id = who.ID
				r.notes.Add(NoteNamesAltered)
			}
		}
		found[key] = m
	}
	return nil
}

// oddIn are the characters of a name of which a tenant may make something else
// when it stores it; 0 stands for a length that it may cut.
func oddIn(name string) []rune {
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

// takenFor reports whether somebody has the name that a tenant refused to a
// person as taken: but for escapes and accents it is the same, or it was cut.
func takenFor(who, p saas.Person) bool {
	return sameButFor(who, p, func(stored, sent string) bool {
		stored, sent = unaccented(stored), unaccented(sent)
		return stored == sent || utf8.RuneCountInString(stored) >= shortestCut && strings.HasPrefix(sent, stored)
	})
}

// storedAs reports whether somebody is a person as a tenant may have stored
// them without noticing that it holds them: but for escapes the names are the
// same, or a long one was cut, and not just before a dot, where a shorter
// address ends.
func storedAs(who, p saas.Person) bool {
	return sameButFor(who, p, func(stored, sent string) bool {
		stored, sent = escapes(stored), escapes(sent)
		if stored == sent {
			return true
		}
		rest, cut := strings.CutPrefix(sent, stored)
		return cut && utf8.RuneCountInString(stored) >= shortestCut && utf8.RuneCountInString(sent) > longName && !strings.HasPrefix(rest, ".")
	})
}

// sameButFor compares the usernames and, where both have one, the emails.
func sameButFor(who, p saas.Person, same func(stored, sent string) bool) bool {
	return same(who.Username, p.Username) && (who.Email == "" || p.Email == "" || same(who.Email, p.Email))
}

// escapes is a name without the marks of HTML in it, and without white space.
func escapes(s string) string {
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

// unaccented is the same without accents.
func unaccented(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(escapes(s)))
}
