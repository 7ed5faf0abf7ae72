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

func TestAnErrorSaysWhetherAddressOrDomainIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"it":                  "not an email address: use ann@contoso.com or Ann Example <ann@contoso.com>",
		"it@con$oso.com":      `not an email address: no valid domain name: "con$oso.com"`,
		"it@xn--a.-ü.example": `no valid domain name: "xn--a.-ü.example"`,
		"it@300.1.1.1":        `no valid domain name: "300.1.1.1"`,
	} {
		if _, err := ParseAddress(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	for _, address := range []string{"", "@", "@contoso.com", "it@", "contoso.com", "it@-ü-.example"} {
		if got, err := ToASCII(address); err == nil {
			t.Errorf("%q is taken for %q", address, got)
		}
	}
}

func TestADomainNameHasLimits(t *testing.T) {
	label := strings.Repeat("a", 63)
	longest := strings.Join([]string{label, label, label, strings.Repeat("b", 61)}, ".")
	if len(longest) != 253 {
		t.Fatalf("the longest name has %d characters", len(longest))
	}
	for name, want := range map[string]bool{
		"a":                  true,
		"contoso.com":        true,
		"CONTOSO.COM":        true,
		"my_host.example":    true,
		"1and1.2":            false,
		"1.com":              true,
		label + ".com":       true,
		label + "a.com":      false,
		longest:              true,
		longest + "b":        false,
		"":                   false,
		".com":               false,
		"contoso.":           false,
		"-contoso.com":       false,
		"contoso-.com":       false,
		"con-toso.com":       true,
		"contoso.com-":       false,
		"con toso.com":       false,
		"contoso.123":        false,
		"contoso.1a":         true,
		"bücher.example":     false, // not in ASCII
		"xn--bcher-kva.com":  true,
		"con..toso.com":      false,
		"contoso.com/mailto": false,
	} {
		if got := isHostName(name); got != want {
			t.Errorf("%q is a domain name: %v, want %v", name, got, want)
		}
	}
}

func TestInvisibleCharactersAreRemoved(t *testing.T) {
	for text, want := range map[string]string{
		"plain text":              "plain text",
		"a\u200bb\u00adc\ufeffd":  "abcd",
		"a\x00b\x1bc\u0085d":      "abc\u0085d", // U+0085 is a blank
		"a\tb\nc\rd e\u00a0f":     "a\tb\nc\rd e\u00a0f",
		"\u202ejörg\u2069 \u2060": "jörg ",
		"":                        "",
	} {
		if got := StripInvisible(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestAHostIsConvertedToASCIIOrRefused(t *testing.T) {
	for name, want := range map[string]string{
		"mail.contoso.com": "mail.contoso.com",
		"Mail":             "Mail",
		"":                 "",
		"[192.0.2.1]":      "[192.0.2.1]",
		"bücher.example":   "xn--bcher-kva.example",
		"рф":               "xn--p1ai",
	} {
		if got, err := HostToASCII(name); got != want || err != nil {
			t.Errorf("%q: %q, %v, want %q", name, got, err, want)
		}
	}
	for _, name := range []string{"ü..example", "-ü.example", strings.Repeat("ü", 60) + ".example", "\u00ad"} {
		if got, err := HostToASCII(name); err == nil {
			t.Errorf("%q is taken for %q", name, got)
		}
	}
}

func TestSMTPUTF8IsNeededByTheLocalPartAlone(t *testing.T) {
	for address, want := range map[string]bool{
		"it@contoso.com": false, "it@bücher.example": false, "jörg@contoso.com": true, "jörg": false, "ü@": true, "": false, "@ü": false, "a@ü@b": true,
	} {
		if got := NeedsUTF8(address); got != want {
			t.Errorf("%q needs SMTPUTF8: %v, want %v", address, got, want)
		}
	}
}

func TestMailboxesAreComparedWhateverTheirSpelling(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"Ann@Contoso.com", "ann@contoso.COM", true},
		{"ann@bücher.example", "ann@xn--bcher-kva.example", true},
		{"ann@contoso.com", "ann@contoso.org", false},
		{"ann@contoso.com", "bob@contoso.com", false},
		{"no address", "No Address", true}, // what can't be converted is compared as text
	} {
		if got := MailboxKey(c.a) == MailboxKey(c.b); got != c.same {
			t.Errorf("%q and %q are one mailbox: %v, want %v", c.a, c.b, got, c.same)
		}
	}
	if got := RemoveDuplicates(nil); got != nil {
		t.Errorf("got %q", got)
	}
}

func FuzzAnAddressThatWasReadIsReadAgain(f *testing.F) {
	for _, text := range []string{"it@contoso.com", "IT Desk <it@bücher.example>", `"it desk"@contoso.com`, "jörg@[192.0.2.1]", "a@b\u200b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		address, err := ParseAddress(text)
		if err != nil {
			return
		}
		if again, err := ParseAddress(address); err != nil || again != address {
			t.Fatalf("%q was read as %q, and that as %q, %v", text, address, again, err)
		}
		ascii, err := ToASCII(address)
		if err != nil || MailboxKey(ascii) != MailboxKey(address) {
			t.Fatalf("%q in ASCII is %q, another mailbox; %v", address, ascii, err)
		}
		if strings.ContainsAny(address, "\r\n\x00") {
			t.Fatalf("%q holds a control character", address)
		}
	})
}
