package saas

import "testing"

func TestMostNamesHaveNothingAroundThem(t *testing.T) {
	for name, want := range map[string]bool{
		"a": true, "z": true, "A": true, "Z": true, "0": true, "9": true, "a.b": true, "a@b": true, "a-b_c": true, "": true,
		".a": false, "a.": false, "@a": false, "a@": false, "a@b@c": false, "a b": false, "a+b": false, "ü": false,
		"`": false, "{": false, "[": false, "/": false, ":": false, "a`b": false, "a{b": false, "a[b": false, "a/b": false, "a:b": false,
	} {
		if isBareAddress(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

func TestWhatIsAroundANameComesOffLayerByLayer(t *testing.T) {
	const alice = "alice@contoso.com"
	for raw, want := range map[string]string{
		`AzureAD\mailto:alice@contoso.com`: alice, "(mailto:alice@contoso.com)": alice, `\alice@contoso.com`: alice, "[alice@contoso.com]": alice,
		"{alice@contoso.com}": alice, "azuread+smtp:alice@contoso.com": alice,
	} {
		if got := ParseIdentity(raw).Email; got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

func TestWrappingWithoutANameStays(t *testing.T) {
	for name, peel := range map[string]func(string) string{`""`: stripQuotes, "mailto": stripScheme, "upn=": stripScheme, "AzureAD": stripPrefix, "azuread": stripPrefix, "()": stripBrackets, "i:0": stripClaim} {
		if got := peel(name); got != name {
			t.Errorf("%q becomes %q", name, got)
		}
	}
}

func TestATextIsCutAtTheLastSign(t *testing.T) {
	for text, want := range map[string][2]string{"a@b": {"a", "b"}, "a@b@c": {"a@b", "c"}, "@b": {"", "b"}, "a@": {"a", ""}} {
		if before, after, found := cutLast(text, "@"); !found || before != want[0] || after != want[1] {
			t.Errorf("%q: %q, %q, %v", text, before, after, found)
		}
	}
	if before, after, found := cutLast("ab", "@"); found || before != "ab" || after != "" {
		t.Errorf("got %q, %q, %v", before, after, found)
	}
}
