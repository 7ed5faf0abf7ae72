package mask

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNothingThatTellsOfPeopleStays(t *testing.T) {
	for text, want := range map[string]string{
		"carole.gupta@contoso.com: the email domain is not allowed":          "[address]: the email domain is not allowed",
		`user "Carole.Gupta+x@Contoso.COM" is unknown`:                       `user "[address]" is unknown`,
		`CONTOSO\carole is taken`:                                            "[account] is taken",
		`{"detail":"CONTOSO\\carole is taken"}`:                              "{…}",
		"role 25 can't be given":                                             "role 25 can't be given",
		`refused row: {"username": "carole", "email": "c@x.example"} twice`:  "refused row: {…} twice",
		`'first_name': 'Carole', 'role': 25`:                                 `'first_name': […], 'role': 25`,
		"username=carole&role=25":                                            "username=[…]&role=25",
		`\"last_name\":\"Gupta\",\"role\":\"25\"`:                            `\"last_name\":[…],\"role\":\"25\"`,
		"unknown: carole%40contoso.com":                                      "unknown: [address]",
		"Zoë Gïpta <zoë@bücher.example>":                                     "Zoë Gïpta <[address]>",
		"localhost@contoso and alice_ext#EXT#@contoso.onmicrosoft.com":       "[address] and [address]",
		"Oomnitza: create a person: HTTP 400: taken (see the list at 10:30)": "Oomnitza: create a person: HTTP 400: taken (see the list at 10:30)",
		"work of defendersync-worker@host.example/12 ended":                  "work of defendersync-worker@host.example/12 ended",
		`AzureAD\alice@contoso.com and AD\\bob`:                              `AzureAD\[address] and [account]`,
		"":                                                                   "",
		"displayName=Alice, mail: a@b.example; email: not allowed":           "displayName=[…], mail: [address]; email: not allowed",
	} {
		if got := Text(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func FuzzMask(f *testing.F) {
	for _, seed := range []string{"a@b", `A\b`, `"email":"x"`, "{a=b}", "%40", "\xff@\xff", `email:"\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Text(text + " carole.gupta@contoso.com and CONTOSO\\gupta")
		if strings.Contains(got, "carole.gupta@") || strings.Contains(got, `CONTOSO\gupta`) {
			t.Errorf("%q", got)
		}
		if utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("%q became %q", text, got)
		}
	})
}
