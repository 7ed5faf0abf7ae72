package defender

import (
	"encoding/json"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
)

func printOf(ids ...string) string {
	p := newFingerprinter()
	for _, id := range ids {
		p.addID(id)
	}
	return p.String()
}

func TestAFingerprintIsOfTheRowsAndTheirOrder(t *testing.T) {
	same := printOf("a", "b")
	if same != printOf("a", "b") {
		t.Error("the same rows differ")
	}
	for name, other := range map[string]string{
		"another order": printOf("b", "a"), "fewer": printOf("a"), "joined otherwise": printOf("ab", ""), "none": printOf(),
	} {
		if other == same {
			t.Errorf("%s: the same fingerprint", name)
		}
	}
	if printOf() != "" {
		t.Error("an empty page has a fingerprint")
	}
}

func TestAWalkNoticesAServerThatIgnoresSkip(t *testing.T) {
	first, second := printOf("a", "b"), printOf("c")
	type page struct {
		print string
		skip  int
	}
	for name, tc := range map[string]struct {
		pages []page
		bad   bool
	}{
		"pages that differ":               {[]page{{first, 0}, {second, 100}}, false},
		"a page asked for again":          {[]page{{first, 0}, {first, 0}, {second, 100}, {second, 100}}, false},
		"pages out of order":              {[]page{{second, 100}, {first, 0}}, false},
		"empty pages":                     {[]page{{"", 0}, {"", 100}}, false},
		"the first page for ever":         {[]page{{first, 0}, {first, 100}}, true},
		"the first page, later":           {[]page{{first, 0}, {second, 100}, {first, 200}}, true},
		"the last page for ever":          {[]page{{first, 0}, {second, 100}, {second, 200}}, true},
		"a small page":                    {[]page{{second, 0}, {second, 1}}, true},
		"begun in the middle of the list": {[]page{{first, 500}, {first, 600}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var w contract.Walk
			var err error
			for _, p := range tc.pages {
				text, marshalErr := json.Marshal(w) // as a checkpoint carries it
				if marshalErr != nil {
					t.Fatal(marshalErr)
				}
				w = contract.Walk{}
				if err := json.Unmarshal(text, &w); err != nil {
					t.Fatal(err)
				}
				if err = AcceptPage(&w, p.print, p.skip); err != nil {
					break
				}
			}
			if !tc.bad && err != nil {
				t.Error(err)
			}
			if tc.bad {
				wantError(t, err, httpx.KindContract, "ignores skip")
			}
		})
	}
}
