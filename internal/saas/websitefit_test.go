package saas

import (
	"slices"
	"strings"
	"testing"
)

func TestADomainFitsANameSoWell(t *testing.T) {
	for _, tt := range []struct {
		name, domain string
		want         int
	}{
		{"GitHub", "github.com", wholeFit},
		{"GitHub", "github.io", wholeFit}, // a suffix itself
		{"Booking.com", "booking.com", wholeFit},
		{"Acornbase Cloud", "acornbase-cloud.com", wholeFit},
		{"Nestlé's", "nestles.com", wholeFit},
		{"Контур", "xn--j1agcjjg.xn--p1ai", wholeFit},
		{"Docker Inc", "docker.com", coreFit},
		{"Bayerische Motoren Werke", "bmw.com", initialsFit},
		{"Xenon", "x.com", 0}, // one letter tells nothing
		{"Docker Services", "dockerx.com", wholeFit * 2 * 6 / 13},
		{"abc defghij", "abcqqqqqqq.com", leastFit},
		{"abc defghijk", "abcqqqqqqq.com", 0},
		{"abcdefghijklm nopqrstuvwxyzabcde", "abcdefghijklm.com", wordsFit},            // as many letters as make it just so
		{"abcdefghijklm nopqrstuvwxyzabcdef", "abcdefghijklm.com", wordsFit + 577/10},  // a letter more
		{"abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyzz.com", coreFit - 1}, // all but the name
		{"Docker", "10.1.2.3", 0}, {"", "docker.com", 0}, {"!", "docker.com", 0}, {"Cloud Web", "cloudfront.net", 0},
	} {
		if got := newFitter(tt.name).scoreDomain(tt.domain); got != tt.want {
			t.Errorf("%q and %s: %d, want %d", tt.name, tt.domain, got, tt.want)
		}
	}
}

func TestWordsOfANameStandByLength(t *testing.T) {
	f := newFitter("ab Web abcd Services abc")
	if !slices.Equal(f.telling, []string{"abcd", "abc", "ab"}) || !slices.Equal(f.plain, []string{"services", "web"}) || f.initials != "awasa" || f.core != "ababcdabc" {
		t.Errorf("%+v", f)
	}
}

func TestAVeryLongNameIsComparedByItsBeginning(t *testing.T) {
	for size, want := range map[int]int{799: 799, 800: 800, 801: 800, 5000: 800} {
		name := strings.Repeat("a", size)
		if f := newFitter(name); len(f.name) != want || len(f.core) != want {
			t.Errorf("of %d letters %d are compared", size, len(f.name))
		}
	}
}

func TestALabelSharesWordsOrALongPieceWithAName(t *testing.T) {
	for _, tt := range []struct {
		name, label string
		want        int
	}{
		{"abc zz", "abczz", 3},             // words of three letters count
		{"docker of", "dockerof", 8},       // plain ones from two letters
		{"docker web", "webxyz", 0},        // and only beside a telling one
		{"abcdyy", "abcdxx", 4},            // the shortest piece that counts
		{"abcy", "abcx", 0},                // three letters are chance
		{"abcdyyy", "zabcdxx", 0},          // less than three fifths
		{"niconico", "nicovideo", 4},       // unless both begin with it, and it is half of the name
		{"abcdyyyyy", "abcdxxx", 0},        // less than half
		{"abcyyy", "abcxxx", 0},            // three letters are chance there, too
		{"abcdefyyyy", "abcdefxxxx", 6},    // three fifths
		{"abcdefyyyyyy", "abcdefxxxx", 6},  // of the shorter text
		{"abcdefyyyy", "abcdefxxxxxxx", 6}, // whichever that is
		{"docker", "xyz", 0},
	} {
		if got := newFitter(tt.name).countShared(tt.label); got != tt.want {
			t.Errorf("%q and %q share %d, want %d", tt.name, tt.label, got, tt.want)
		}
	}
}

func TestTheLongestCommonText(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"xabcy", "zabc", 3}, {"", "abc", 0}, {"abc", "", 0}, {"abab", "baba", 3}, {"abc", "abc", 3}, {"a", "b", 0}, {"aab", "aaab", 3}} {
		if got := longestCommon(tt.a, tt.b); got != tt.want {
			t.Errorf("%q and %q: %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestLettersStandWithoutAccentsAndSigns(t *testing.T) {
	for text, want := range map[string]string{"Nestlé’s": "nestles", "O'Neil & Co. 2": "oneilco2", "": ""} {
		if got := plainLetters(text, -1); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	if got := plainLetters("a-b’c", ' '); got != "a bc" {
		t.Errorf("got %q", got)
	}
}
