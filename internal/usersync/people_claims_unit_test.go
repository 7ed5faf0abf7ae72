package usersync

import (
	"testing"

	"defendersync/internal/saas"
)

func TestAUsernameIsTheFirstOnesWhoTakesIt(t *testing.T) {
	for name, tc := range map[string]struct {
		origins []string
		holder  string // who has it when the last one comes; "": nobody else
	}{
		"nobody before":                          {[]string{"alice"}, ""},
		"the same bare name":                     {[]string{"alice", "alice"}, ""},
		"another bare name":                      {[]string{"alice", "bob"}, "alice"},
		"a bare name, then a domain":             {[]string{"alice", `contoso\alice`}, ""},
		"a domain tells more than the bare name": {[]string{"alice", `contoso\alice`, `fabrikam\alice`}, `contoso\alice`},
		"and is not forgotten for it":            {[]string{`contoso\alice`, "alice", `fabrikam\alice`}, `contoso\alice`},
		"an address beside a domain":             {[]string{`contoso\alice`, "alice@contoso.com", "alice@fabrikam.com"}, "alice@contoso.com"},
		"a domain beside an address":             {[]string{"alice@contoso.com", `contoso\alice`, `fabrikam\alice`}, `contoso\alice`},
		"who says nothing of themselves":         {[]string{"alice", ""}, ""},
	} {
		c := newNameClaims(10)
		last := len(tc.origins) - 1
		for _, origin := range tc.origins[:last] {
			if holder, free := c.takeName(saas.Person{Username: "alice", Origin: origin}); !free {
				t.Errorf("%s: %s finds it taken by %s", name, origin, holder)
			}
		}
		if holder, free := c.takeName(saas.Person{Username: "alice", Origin: tc.origins[last]}); holder != tc.holder || free != (tc.holder == "") {
			t.Errorf("%s: it is %q's, free: %v", name, holder, free)
		}
	}
}

func TestWhoIsFoundIsRememberedAndWhoIsNotIsToBeCreated(t *testing.T) {
	r := &resolver{Engine: New(nil, nil, Options{}), known: newPeopleMemory(10)}
	visits := someVisits(3)
	missing := []*visit{&visits[0], &visits[1], &visits[2]}
	create := r.claimNames(missing, []match{{id: "1", named: true}, {}, {err: personError("not here")}})
	if len(create) != 1 || create[0] != missing[1] || visits[0].id != "1" || visits[2].refusal == nil {
		t.Errorf("to be created are %d; %+v", len(create), visits)
	}
	for key, want := range map[string]string{"a": "1", "b": "", "c": ""} {
		if got := r.known.getText(key); got != want {
			t.Errorf("of %s is remembered %q", key, got)
		}
	}
}
