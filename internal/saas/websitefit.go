package saas

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/unicode/norm"
)

// How well a domain fits a name, from 0 to wholeFit.
const (
	wholeFit    = 1000 // it is the name
	coreFit     = 950  // it is the name but for words such as Inc
	wordsFit    = 590  // it is words of the name and nothing else
	initialsFit = 690  // it is the name's initials
	leastFit    = 300  // below this a likeness is chance
	leastPiece  = 4    // bytes: below this a piece of a name is chance
)

// plainWords say nothing of whose domain it is: cloudfront.net is not the site
// of each app with "cloud" in its name.
var plainWords = strings.Fields(`inc ltd llc gmbh corp corporation company co the and for of by
	app apps cloud web data online net mail email software solutions systems services service group technologies technology tech
	platform business enterprise free pro plus suite api cdn edge media digital global international mobile internet network storage`)

// fitter compares domains with one app's name.
type fitter struct {
	name     string   // letters and digits only
	core     string   // the same without plain words
	telling  []string // words, longest first
	plain    []string
	initials string
}

func newFitter(name string) fitter {
	if len(name) > 4*maxAppName {
		name = name[:4*maxAppName]
	}
	f := fitter{}
	for _, word := range strings.FieldsFunc(plainLetters(name, ' '), func(r rune) bool { return r == ' ' }) {
		f.name += word
		first, _ := utf8.DecodeRuneInString(word)
		f.initials += string(first)
		if slices.Contains(plainWords, word) {
			f.plain = append(f.plain, word)
			continue
		}
		f.core += word
		f.telling = append(f.telling, word)
	}
	longest := func(a, b string) int { return len(b) - len(a) }
	slices.SortStableFunc(f.telling, longest)
	slices.SortStableFunc(f.plain, longest)
	return f
}

// scoreDomain tells how well a domain fits.
func (f fitter) scoreDomain(domain string) int {
	label := domain
	if suffix, _ := publicsuffix.PublicSuffix(domain); suffix != domain {
		label = strings.TrimSuffix(domain, "."+suffix)
	} else {
		label, _, _ = strings.Cut(domain, ".")
	}
	if isAddress(domain) || f.name == "" {
		return 0
	}
	if shown, err := idna.ToUnicode(label); err == nil {
		label = shown
	}
	whole := plainLetters(domain, -1)
	label = plainLetters(label, -1)
	switch {
	case label == f.name, whole == f.name:
		return wholeFit
	case label == f.core, whole == f.core:
		return coreFit
	case len(label) > 1 && label == f.initials:
		return initialsFit
	}
	core := f.core
	if core == "" {
		core = f.name
	}
	shared := f.countShared(label)
	score := wholeFit * 2 * shared / (len(label) + len(core))
	switch {
	case score < leastFit:
		return 0
	case shared == len(label) && score < wordsFit: // azure.com rather than microsoftonline-p.com
		return wordsFit + score/10
	}
	return min(score, coreFit-1)
}

// countShared is how many bytes of a label are the name's: whole words of it, or,
// where there are none, a long piece.
func (f fitter) countShared(label string) int {
	matched, rest := 0, label
	take := func(words []string, least int) {
		for _, word := range words {
			if len(word) >= least && strings.Contains(rest, word) {
				matched += len(word)
				rest = strings.Replace(rest, word, " ", 1)
			}
		}
	}
	if take(f.telling, 3); matched > 0 {
		take(f.plain, 2)
		return matched
	}
	if n := longestCommon(label, f.core); n >= leastPiece && 5*n >= 3*min(len(label), len(f.core)) {
		return n
	}
	if n := countBeginning(label, f.core); n >= leastPiece && 2*n >= len(f.core) {
		return n // nicovideo.jp is niconico's
	}
	return 0
}

// countBeginning is the length of what both texts begin with.
func countBeginning(a, b string) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// longestCommon is the length of the longest text that is in both.
func longestCommon(a, b string) (longest int) {
	row := make([]int, len(b)+1)
	for i := range len(a) {
		diagonal := 0
		for j := range len(b) {
			above := row[j+1]
			row[j+1] = 0
			if a[i] == b[j] {
				row[j+1] = diagonal + 1
				longest = max(longest, row[j+1])
			}
			diagonal = above
		}
	}
	return longest
}

// plainLetters keeps a text's letters and digits, in lower case and without
// accents; what stands between them becomes gap, or goes where that is -1.
func plainLetters(s string, gap rune) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		case unicode.IsMark(r), r == '\'', r == '’':
			return -1
		}
		return gap
	}, norm.NFKD.String(s))
}
