package saas

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAMaskedNameShowsItsFormAlone(t *testing.T) {
	for name, want := range map[string]string{
		"alice@contoso.com": "a…e@c…o.com", "alice.smith@contoso.co.uk": "a…e.s…h@c…o.c….uk", "a@b.co": "…@….co", "al@xy.io": "a…@x….io",
		`CONTOSO\alice`: `C…O\a…e`, "Alice Example": "A…e E…e", "": "", "-": "-", "100234": "1…4",
		`{"name":"Alice","upn":"x"}`: `{"n…e":"A…e","u…":"…"}`, "ali\x00\u200bce": "a…··c…", "x@y.museum": "…@….m…m",
		strings.Repeat("ab ", 100): strings.Repeat("a… ", 33) + "……",
	} {
		if got := MaskName(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

func FuzzMaskName(f *testing.F) {
	f.Add("alice@contoso.com")
	f.Add("\xff@\u0301.x")
	f.Fuzz(func(t *testing.T, name string) {
		got := MaskName(name)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > 3*maxMasked {
			t.Errorf("%q becomes %q", name, got)
		}
		if id := ParseIdentity(name); id.Kind == KindEmail && (strings.Contains(Fold(got), id.Email) || len(id.Local) > 3 && strings.Contains(got, id.Local) && strings.ContainsFunc(id.Local, isWordRune)) {
			t.Errorf("%q becomes %q", name, got)
		}
	})
}
