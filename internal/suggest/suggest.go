// Package suggest finds what somebody meant who mistyped a name: the setting, the
// flag, the command, the app. It only ranks names that it is given; it knows
// nothing of what they stand for.
package suggest

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// FindNearest gives up to n of the names that somebody who typed name may have
// meant, the likeliest first: the same but for case and accents, those that it
// begins or is a part of, and those a few slips of the keyboard away. Of any
// number of names it keeps n.
func FindNearest(name string, among iter.Seq[string], n int) []string {
	if n < 1 {
		return nil
	}
	type near struct {
		name  string
		score int
	}
	order := func(a, b near) int { return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.name, b.name)) }
	asked := foldName(name)
	var best []near
	for other := range among {
		score, ok := measureDistance(asked, foldName(other))
		if !ok {
			continue
		}
		at, known := slices.BinarySearchFunc(best, near{other, score}, order)
		if known || at == n {
			continue
		}
		if len(best) == n {
			best = best[:n-1]
		}
		best = slices.Insert(best, at, near{other, score})
	}
	names := make([]string, len(best))
	for i, b := range best {
		names[i] = b.name
	}
	return names
}

// longest is how much of a name is looked at, in letters.
const longest = 100

// foldName is a name without case, accents and what is neither letter nor digit.
func foldName(s string) []rune {
	var out []rune
	gap := false
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		if len(out) >= longest {
			break
		}
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			if gap && len(out) > 0 {
				out = append(out, ' ')
			}
			out, gap = append(out, r), false
		case !unicode.Is(unicode.Mn, r):
			gap = true
		}
	}
	return out
}

// measureDistance is how far two folded names are from each other; false when too far
// to be worth a mention. In its order: equal; one begins with the other; one
// is in the other; up to a third of the letters slipped.
func measureDistance(asked, other []rune) (int, bool) {
	if len(asked) == 0 || len(other) == 0 {
		return 0, false
	}
	apart := max(len(asked), len(other)) - min(len(asked), len(other))
	if n, ok := countSlips(asked, other, allowSlips(len(asked))); ok {
		return 10 * n, true
	}
	a, o := string(asked), string(other)
	switch {
	case len(asked) < 2 || len(other) < 2:
		return 0, false
	case strings.HasPrefix(o, a):
		return 15 + min(apart, 50), true
	case strings.Contains(o, a):
		return 20 + min(apart, 50), true
	case len(other) > 2 && strings.Contains(a, o):
		return 30 + min(apart, 50), true
	}
	// The name of one word, mistyped, among several: "salesfroce" in
	// "Salesforce Marketing Cloud".
	for word := range strings.FieldsSeq(o) {
		if n, ok := countSlips(asked, []rune(word), len(asked)/4); ok {
			return 25 + 10*n, true
		}
	}
	return 0, false
}

// allowSlips is how many may be made in a name of so many letters: a third.
func allowSlips(letters int) int {
	if letters < 3 {
		return 0
	}
	return letters / 3
}

// countSlips counts the letters typed wrong, left out, put in or swapped with
// their neighbour (the restricted Damerau–Levenshtein distance); false when
// there are more than most.
func countSlips(a, b []rune, most int) (int, bool) {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return 0, false
	}
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i, x := range a {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		least := row[0]
		for j, y := range b {
			wrong := 1
			if x == y {
				wrong = 0
			}
			row[j+1] = min(last[j]+wrong, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && x == b[j-1] && a[i-1] == y {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
			least = min(least, row[j+1])
		}
		if least > most {
			return 0, false
		}
		before, last = last, row
	}
	return last[len(b)], last[len(b)] <= most
}
