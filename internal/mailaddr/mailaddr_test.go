package mailaddr

import (
	"slices"
	"strings"
	"testing"
)

func TestAnAddressIsReadInEveryFormThatOperatorsWrite(t *testing.T) {
	for text, want := range map[string]string{
		"it@contoso.com":                  "it@contoso.com",
		" it@contoso.com\u200b":           "it@contoso.com",
		"\ufeffit@contoso.com":            "it@contoso.com",
		"IT Desk <it@contoso.com>":        "it@contoso.com",
		`"Desk, IT" <it@contoso.com>`:     "it@contoso.com",
		"<it@contoso.com>":                "it@contoso.com",
		"it@bücher.example":               "it@bücher.example",
		"jörg@contoso.com":                "jörg@contoso.com",
		"it@my_host.example":              "it@my_host.example",
		"it@1and1.example":                "it@1and1.example",
		"o'neil@contoso.com":              "o'neil@contoso.com",
		"root@localhost":                  "root@localhost",
		"it@[192.0.2.1]":                  "it@[192.0.2.1]",
		`"it desk"@contoso.com`:           `"it desk"@contoso.com`,
		"it+alerts=defender@contoso.com":  "it+alerts=defender@contoso.com",
		"Jörg Müller <it@contoso.com>":    "it@contoso.com",
		"=?utf-8?q?J=C3=B6rg?= <a@b.com>": "a@b.com",
	} {
		if got, err := ParseAddress(text); got != want || err != nil {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "it", "it@", "@contoso.com", "it@contoso.com it@x.com", "a@b.com, c@d.com", "it@b\u00fccher..example",
		"it＠contoso.com", "it@contoso.com\r\nBcc: x@y.z", "it@" + strings.Repeat("ü", 80) + ".example",
		"'it@contoso.com'", "it@*.contoso.com", "it@-contoso.com", "it@contoso-.com", "it@300.1.1.1", "it@contoso.com'", "it@con$oso.com",
		"it@" + strings.Repeat("a", 64) + ".example", "it@" + strings.Repeat("a.", 130) + "example"} {
		if got, err := ParseAddress(text); err == nil {
			t.Errorf("%q is taken for %q", text, got)
		}
	}
}

func TestTheDomainHasAFormThatEveryServerTakes(t *testing.T) {
	for address, want := range map[string]string{
		"it@bücher.example":      "it@xn--bcher-kva.example",
		"it@BÜCHER.example":      "it@xn--bcher-kva.example",
		"it@straße.example":      "it@xn--strae-oqa.example",
		"it@例え。テスト":              "it@xn--r8jz45g.xn--zckzah",
		"it@Contoso.com":         "it@Contoso.com",
		"jörg@bücher.example":    "jörg@xn--bcher-kva.example",
		"it@my_host.example":     "it@my_host.example",
		"it@xn--bcher-kva.de":    "it@xn--bcher-kva.de",
		"it@sub.bu\u0308cher.de": "it@sub.xn--bcher-kva.de",
	} {
		if got, err := ToASCII(address); got != want || err != nil {
			t.Errorf("%q: %q, %v", address, got, err)
		}
	}
	if NeedsUTF8("it@bücher.example") || !NeedsUTF8("jörg@contoso.com") {
		t.Error("SMTPUTF8 is needed by the part before the @ alone")
	}
}

func TestTwoSpellingsOfOneMailboxAreOne(t *testing.T) {
	given := []string{"it@bücher.example", "ops@contoso.com", "IT@Bücher.Example", "it@xn--bcher-kva.example", "OPS@CONTOSO.COM", "ops@contoso.org"}
	if got := RemoveDuplicates(given); !slices.Equal(got, []string{"it@bücher.example", "ops@contoso.com", "ops@contoso.org"}) {
		t.Errorf("got %q", got)
	}
}
