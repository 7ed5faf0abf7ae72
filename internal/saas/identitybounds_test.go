package saas

import (
	"strings"
	"testing"
)

func TestNamesAtTheBoundsOfTheirKind(t *testing.T) {
	for raw, want := range map[string]IdentityKind{
		strings.Repeat("a", maxNameLength): KindBare, strings.Repeat("a", maxNameLength+1): KindOther,
		strings.Repeat("-", 32): KindEmpty, strings.Repeat("-", 33): KindBare,
		"i:0#.f|membership|unknown": KindEmpty, "i:0#.f|membership|S-1-5-18": KindOpaque,
		"@alice": KindOther, "CONTOSO/": KindBare, "/alice": KindBare, "ABCDEFGHIJKLMNO/alice": KindDomainUser, "ABCDEFGHIJKLMNOP/alice": KindBare,
		"User_abcdefghijklmnop": KindAnonymised, "User_abcdefghijklmno": KindBare, "user_abcdefghijklmn==": KindAnonymised, "User_abcdefghijklm": KindBare,
		"User_abcdefgh+/ijklmn": KindAnonymised, "User_abcdefgh-_ijklmn": KindAnonymised, "User_abcdefgh!!ijklmn": KindBare, "User_abcdefghijklmnopq": KindBare,
		"alice@.com": KindOther, "alice@com.": KindOther, "alice@con!toso.com": KindOther, "alice@con/toso.com": KindOther,
		"svc-a": KindService, "UMFD-": KindBare, "Sync_a_12345": KindBare, "Sync_a_123456": KindService,
	} {
		if got := ParseIdentity(raw).Kind; got != want {
			t.Errorf("%q of %d is %s, want %s", raw, len(raw), got, want)
		}
	}
	if id := ParseIdentity("ABCDEFGHIJKLMNO/alice"); id.Domain != "ABCDEFGHIJKLMNO" || id.Account != "alice" {
		t.Errorf("%+v", id)
	}
	if id := ParseIdentity("CONTOSO/"); id.Account != "CONTOSO/" || id.Domain != "" {
		t.Errorf("%+v", id)
	}
}

func TestADomainHasLettersDigitsAndAFewSigns(t *testing.T) {
	for _, part := range []string{"a", "z", "A", "Z", "0", "9", "x-y", "x_y", "x.y", "ü", "\u0080"} {
		if address := "alice@" + part + ".example"; !isEmail(address, 5) {
			t.Errorf("%q is no address", address)
		}
	}
	for _, part := range []string{"`", "{", "@", "[", "/", ":", ",", "!", "", "x..y", "~"} {
		if address := "alice@" + part + ".example"; isEmail(address, 5) {
			t.Errorf("%q is an address", address)
		}
	}
	if isEmail("@contoso.com", 0) || isEmail("a b@contoso.com", 3) || isEmail(" a@contoso.com", 2) || isEmail("a,b@contoso.com", 3) {
		t.Error("a local part is missing or has a blank or a comma")
	}
}

func TestABlankAnywhereIsABlank(t *testing.T) {
	for text, want := range map[string]bool{"": false, "ab": false, " a": true, "a ": true, "a b": true, "\u00a0": true, "\u200b": false} {
		if hasSpace(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

func TestFoldAtTheBoundsOfTheAlphabet(t *testing.T) {
	for text, want := range map[string]string{"A": "a", "Z": "z", "a": "a", "z": "z", "@": "@", "[": "[", "`{": "`{", "\x7f": "\x7f", "\x80": "\uFFFD", "É": "é", " Z ": "z", "": ""} {
		if got := Fold(text); got != want {
			t.Errorf("%q folds to %q, want %q", text, got, want)
		}
	}
}

func TestAMaskAtItsBounds(t *testing.T) {
	dashes := strings.Repeat("-", maxMasked)
	for name, want := range map[string]string{
		dashes: dashes, dashes + "-": dashes + "…", "@b.co": "@….co", "a@b.info": "…@….info", "a@b.infos": "…@….i…s", "bob.co": "b….c…", "a.b@cd": "….…@c…",
		"abc": "a…", "abcd": "a…d", "ab": "a…", "a": "…",
	} {
		if got := MaskName(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

func TestControlCharactersGoAndWhiteSpaceBecomesOneBlank(t *testing.T) {
	for text, want := range map[string]string{"a\x01b": "ab", "a\tb": "a b", "a \x7f b": "a b", " \n": "", strings.Repeat("x", maxAppName) + "y": strings.Repeat("x", maxAppName), strings.Repeat("x", maxAppName-1) + " y": strings.Repeat("x", maxAppName-1)} {
		if got := oneLine(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
