package listing

import (
	"encoding/json"
	"testing"

	"defendersync/internal/contract"
)

func TestAWalkNoticesAServerThatIgnoresSkip(t *testing.T) {
	first, second := "ab", "c"
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
			ok := true
			for _, p := range tc.pages {
				text, marshalErr := json.Marshal(w) // as a checkpoint carries it
				if marshalErr != nil {
					t.Fatal(marshalErr)
				}
				w = contract.Walk{}
				if err := json.Unmarshal(text, &w); err != nil {
					t.Fatal(err)
				}
				if _, ok = AcceptPage(&w, p.print, p.skip); !ok {
					break
				}
			}
			if ok == tc.bad {
				t.Errorf("accepted: %v", ok)
			}
		})
	}
}

func TestThePlaceWhereARepeatedPageCameBeforeIsNamed(t *testing.T) {
	var w contract.Walk
	AcceptPage(&w, "a", 300)
	AcceptPage(&w, "b", 400)
	if before, ok := AcceptPage(&w, "b", 500); ok || before != 400 {
		t.Errorf("the latest: %d, %v", before, ok)
	}
	if before, ok := AcceptPage(&w, "a", 500); ok || before != 300 {
		t.Errorf("the first: %d, %v", before, ok)
	}
}
