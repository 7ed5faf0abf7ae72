package saas

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestATallyCountsEveryRowAndKeepsAsManyAsItMay(t *testing.T) {
	var all, page Tally
	for range 3 {
		page.Add(Reject{Reason: "b"}, 2)
	}
	page.Add(Reject{Reason: "a"}, 2)
	all.Merge(page, 3)
	all.Merge(page, 3)
	if all.Total() != 8 || len(all.Samples) != 3 || all.ByReason[0] != (ReasonCount{"a", 2}) || all.ByReason[1] != (ReasonCount{"b", 6}) {
		t.Errorf("%+v", all)
	}
}

func TestASampleIsShortenedAndNotCutInACharacter(t *testing.T) {
	for name, text := range map[string]string{
		"plain": strings.Repeat("x", 10_000), "escaped": strings.Repeat("<\"&\x01", 2000), "wide": strings.Repeat("ä€😀", 1000), "broken": strings.Repeat("\xff", 5000),
	} {
		var tally Tally
		tally.Add(Reject{Subject: text, Detail: text}, 1)
		row := tally.Samples[0]
		size, err := json.Marshal(row.Detail)
		if err != nil || len(size) > maxDetail+2 || len(size) < maxDetail-12 || !strings.HasSuffix(row.Detail, "…") {
			t.Errorf("%s: %d bytes, %v", name, len(size), err)
		}
		if name != "broken" && !utf8.ValidString(row.Detail) {
			t.Errorf("%s is cut in a character", name)
		}
		if size, err := json.Marshal(row.Subject); err != nil || len(size) > maxSubject+2 {
			t.Errorf("%s: a subject of %d bytes, %v", name, len(size), err)
		}
	}
	for _, text := range []string{"", "ann@contoso.com", strings.Repeat("x", maxSubject)} {
		if clipText(text, maxSubject) != text {
			t.Errorf("%q was shortened", text)
		}
	}
}

func FuzzClip(f *testing.F) {
	f.Add("<b>", 5)
	f.Add("\xff€", 6)
	f.Fuzz(func(t *testing.T, text string, size int) {
		size = max(6, min(size, 1000))
		got := clipText(text, size)
		encoded, err := json.Marshal(got)
		if err != nil || len(encoded) > size+2 {
			t.Errorf("%q became %q of %d bytes, not %d", text, got, len(encoded)-2, size)
		}
		if rest, cut := strings.CutSuffix(got, "…"); got != text && (!cut || !strings.HasPrefix(text, rest)) {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func TestCountsAndRequestsAddUpFieldByField(t *testing.T) {
	a := Counts{AppCounts{1, 2, 3, 4, 5, 6, 16}, PeopleCounts{7, 8}, UserCounts{9, 10, 11, 12, 13, 14, 15}}
	b := Counts{AppCounts{100, 200, 300, 400, 500, 600, 1600}, PeopleCounts{700, 800}, UserCounts{900, 1000, 1100, 1200, 1300, 1400, 1500}}
	want := Counts{AppCounts{101, 202, 303, 404, 505, 606, 1616}, PeopleCounts{707, 808}, UserCounts{909, 1010, 1111, 1212, 1313, 1414, 1515}}
	if got := a.Add(b); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := a.Rejected(); got != 6+8+15 {
		t.Errorf("%d rejected", got)
	}
	before, more := Requests{1, 2, 3, time.Second}, Requests{10, 20, 30, time.Minute}
	sum := Requests{11, 22, 33, time.Minute + time.Second}
	if got := before.Add(more); got != sum {
		t.Errorf("got %+v, want %+v", got, sum)
	}
	if got := sum.Sub(before); got != more {
		t.Errorf("got %+v, want %+v", got, more)
	}
}

func TestNoRowsAreNoReason(t *testing.T) {
	var tally Tally
	if tally.Count("a", 0); len(tally.ByReason) != 0 {
		t.Errorf("%+v", tally)
	}
	for range 3 {
		tally.Add(Reject{Reason: "a"}, 2)
	}
	if tally.Total() != 3 || len(tally.Samples) != 2 {
		t.Errorf("%+v", tally)
	}
}

func TestATextIsClippedAtTheLastByteThatFits(t *testing.T) {
	for _, tt := range []struct {
		text, want string
	}{{"abcde", "abcde"}, {"abcdef", "ab…"}, {"ab<", "ab…"}, {"<", "…"}, {"äbcde", "ä…"}, {"aébcd", "a…"}, {"", ""}} {
		if got := clipText(tt.text, 5); got != tt.want {
			t.Errorf("%q becomes %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestTheSizeOfACharacterInJSON(t *testing.T) {
	for r, want := range map[rune]int{' ': 1, '!': 1, '=': 1, '~': 1, '"': 2, '\\': 2, 0x1f: 6, 0: 6, '<': 6, '>': 6, '&': 6, 0x7f: 6, 0x2028: 6, 0x2029: 6, 0xfffd: 6, 'ä': 2, 0x2027: 3, 0x202a: 3, 0x1f600: 4} {
		if got := jsonSize(r); got != want {
			t.Errorf("%U takes %d, want %d", r, got, want)
		}
	}
}
