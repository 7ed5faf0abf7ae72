package simulator

import (
	"strings"
	"testing"
)

func TestAppsHaveTheDomainsThatRealRowsHave(t *testing.T) {
	s := New(Options{Apps: 1000, Start: noon})
	several, first, pathed := 0, 0, 0
	for app := range s.Truth() {
		own := 0
		for _, domain := range app.Domains {
			if strings.Contains(domain, app.Website) {
				own++
			}
			if strings.Contains(domain, "/") {
				pathed++
			}
		}
		if own == 0 || len(app.Domains) > 1 && own < 2 {
			t.Errorf("%q has %q", app.Website, app.Domains)
		}
		if len(app.Domains) > 1 {
			several++
		}
		if !strings.Contains(app.Domains[0], app.Website) {
			first++
		}
	}
	if several < 600 || several > 750 || first < 200 || pathed < 500 {
		t.Errorf("of 1000 apps %d have several domains, %d another's first, %d a path", several, first, pathed)
	}
}

func TestPeopleHaveTheAccountsThatCompaniesGive(t *testing.T) {
	w := New(Options{People: 40000, Start: noon}).world
	seen, plain := map[string]bool{}, 0
	for p := range 40000 {
		account := string(w.appendLocalPart(nil, p))
		if seen[account] {
			t.Fatalf("%q is the account of two people", account)
		}
		seen[account] = true
		first, last, _ := w.personName(p)
		if strings.HasPrefix(account, strings.ToLower(first+"."+last)) {
			plain++
		}
	}
	if plain < 22000 || plain > 28000 {
		t.Errorf("%d of 40000 are called first.last", plain)
	}
}
