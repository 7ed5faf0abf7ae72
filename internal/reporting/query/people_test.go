package query

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"defendersync/internal/saas"
)

func TestPeopleAreLookedUpOnceWhateverTheirCase(t *testing.T) {
	r := newRig(t, several())
	p := newPeople(r.Source)
	username := slices.Min(slices.Collect(maps.Keys(r.held.People)))
	looked := 0
	names := []string{username, "nobody@contoso.com", "", username}
	for round := range 2 {
		got, err := p.findAll(t.Context(), names)
		if err != nil || len(got) != len(names) {
			t.Fatalf("got %+v, %v", got, err)
		}
		held := r.held.People[username]
		want := personFacts{name: strings.TrimSpace(held.FirstName + " " + held.LastName), role: held.Role, suspended: held.Suspended}
		if got[0] != want || got[3] != want || got[1] != (personFacts{}) || got[2] != (personFacts{}) {
			t.Errorf("round %d: got %+v, want %+v", round, got, want)
		}
		requests := r.sim.Requests().Oomnitza.Requests
		if round > 0 && requests != looked || requests == 0 {
			t.Errorf("round %d: %d requests in all, %d before", round, requests, looked)
		}
		looked = requests
		names = []string{saas.Fold(username), "NOBODY@contoso.com", "", username}
	}
}

func TestOfTwoPeopleOfOneNameTheOneWhoMayLogInCounts(t *testing.T) {
	active := saas.Person{Username: "Ann", FirstName: "Ann", LastName: "Active", Role: 25}
	former := saas.Person{Username: "ann", FirstName: "Ann", LastName: "Former", Role: 25, Restricted: true}
	for _, page := range [][]saas.Person{{active, former}, {former, active}} {
		p := newPeople(Source{})
		p.remember(page)
		if found, missing := p.recall([]string{"ANN"}); len(missing) != 0 || found[0] != (personFacts{name: "Ann Active", role: 25}) {
			t.Errorf("got %+v, %v missing", found, missing)
		}
	}
}

func TestMemoryOfPeopleIsBounded(t *testing.T) {
	p := newPeople(Source{})
	names := make([]string, maxPeople+100)
	for i := range names {
		names[i] = fmt.Sprint("user", i)
		p.remember([]saas.Person{{Username: names[i]}})
		p.recall(names[:1]) // who is asked for stays
	}
	_, missing := p.recall(names)
	if p.known.Len() != maxPeople || len(missing) != 100 || slices.Contains(missing, 0) || !slices.Contains(missing, 1) || slices.Contains(missing, 101) {
		t.Errorf("%d are kept, %d forgotten: %v", p.known.Len(), len(missing), missing[:min(len(missing), 3)])
	}
}
