package saas

import (
	"slices"
	"testing"
)

func TestATakenNameHasFurtherSpellings(t *testing.T) {
	for name, want := range map[string][]string{
		"alice.smith@contoso.com": {"ALICE.SMITH@CONTOSO.COM", "Alice.Smith@Contoso.Com"},
		`contoso\o'neil2nd`:       {`CONTOSO\O'NEIL2ND`, `Contoso\O'Neil2nd`},
		"":                        {"", ""},
	} {
		var got []string
		for _, spell := range Spellings() {
			got = append(got, spell(name))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
