package saas

import (
	"encoding/json"
	"strings"
	"testing"
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
