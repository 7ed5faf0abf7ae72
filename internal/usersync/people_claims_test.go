package usersync_test

import (
	"sync"
	"testing"
	"testing/synctest"

	"defendersync/internal/saas"
	"defendersync/internal/usersync"
)

// named makes people of user names by a format, under their keys.
func named(t *testing.T, format string, names ...string) map[string]saas.Person {
	t.Helper()
	namer, err := saas.NewNamer(saas.Policy{UsernameFormat: format, DefaultRole: 25})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]saas.Person{}
	for _, name := range names {
		p, skip := namer.Person(name)
		if skip != "" {
			t.Fatalf("%q is skipped as %s", name, skip)
		}
		out[usersync.PersonKey(p)] = p
	}
	return out
}

// ids are whom names are resolved to; "two" where the username is another's.
func ids(t *testing.T, w *worker, format string, names ...string) (out []string) {
	t.Helper()
	for _, name := range names {
		people := named(t, format, name)
		found, err := w.resolve(t.Context(), people)
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range found {
			if got.IsTwoPeople() {
				out = append(out, "two")
			} else {
				out = append(out, got.ID)
			}
		}
	}
	return out
}

func TestTwoPeopleOfOneUsernameAreNotMixed(t *testing.T) {
	for name, tt := range map[string]struct {
		format        string
		first, second string
		collide       bool
	}{
		"one account in two domains":      {saas.FormatLocalPart, "alice@contoso.com", "alice@fabrikam.com", true},
		"in two short domains":            {saas.FormatLocalPart, `CONTOSO\alice`, `FABRIKAM\alice`, true},
		"by a template":                   {"{{.Account}}@x.example", "alice@contoso.com", "alice@fabrikam.com", true},
		"by a template without account":   {"{{.Domain}}", "alice@contoso.com", "bob@contoso.com", true},
		"two spellings":                   {saas.FormatLocalPart, "alice@contoso.com", "Alice@Contoso.com", false},
		"an address and a domain account": {saas.FormatLocalPart, "alice@contoso.com", `CONTOSO\alice`, false},
		"a bare name":                     {saas.FormatLocalPart, `CONTOSO\alice`, "alice", false},
		"the company's cloud domain":      {saas.FormatLocalPart, "alice@contoso.com", "alice@contoso.onmicrosoft.com", false},
	} {
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, small())
			got := ids(t, r.worker, tt.format, tt.first, tt.second, tt.first, tt.second)
			want := []string{got[0], got[0], got[0], got[0]}
			if tt.collide {
				want[1], want[3] = "two", "two"
			}
			for i := range want {
				if got[i] != want[i] || got[0] == "two" || got[0] == "" {
					t.Fatalf("%q, want %q", got, want)
				}
			}
			if n := r.Counts(); n.PeopleCreated != 1 || n.Conflicts != 0 {
				t.Errorf("Oomnitza saw %+v", n)
			}
		})
	}
}

func TestWhoWasThereFirstKeepsTheUsernameInAnotherSessionOfAnotherWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		first := ids(t, r.worker, saas.FormatLocalPart, "alice@contoso.com")[0]
		if got := ids(t, r.newWorker(), saas.FormatLocalPart, "alice@fabrikam.com", "alice@contoso.com"); got[0] != "two" || got[1] != first {
			t.Errorf("%q, want two and %q", got, first)
		}
	})
}

func TestAPersonOfAnotherCompanyInOomnitzaIsNotTakenForOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		theirs := r.existing(saas.Person{Username: "alice", Email: "alice@fabrikam.com"})
		if got := ids(t, r.worker, saas.FormatLocalPart, "alice@contoso.com", "alice@fabrikam.com"); got[0] != "two" || got[1] != theirs {
			t.Errorf("%q, want two and %q", got, theirs)
		}
		// Whoever sets it right by hand is found by the address.
		mine := r.existing(saas.Person{Username: "alice2", Email: "alice@contoso.com"})
		if got := ids(t, r.newWorker(), saas.FormatLocalPart, "alice@contoso.com"); got[0] != mine {
			t.Errorf("%q, want %q", got, mine)
		}
		same := r.existing(saas.Person{Username: "bob", Email: "bob.brown@contoso.com"})
		if got := ids(t, r.worker, saas.FormatLocalPart, "bob@contoso.com", `CONTOSO\bob`, "bob"); got[0] != same || got[1] != same || got[2] != same {
			t.Errorf("%q, want %q", got, same)
		}
	})
}

func TestConcurrentPagesMakeOnePersonOfAUsername(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		var pages sync.WaitGroup
		var mu sync.Mutex
		two := map[string]bool{}
		for i := range 12 {
			pages.Go(func() {
				name := []string{"alice@contoso.com", "alice@fabrikam.com", "alice", `CONTOSO\alice`}[i%4]
				found, err := r.resolve(t.Context(), named(t, saas.FormatLocalPart, name))
				if err != nil {
					t.Error(err)
				}
				for _, got := range found {
					mu.Lock()
					two[name] = two[name] || got.Err != nil
					mu.Unlock()
				}
			})
		}
		pages.Wait()
		if n := r.Counts(); n.PeopleCreated != 1 || n.Conflicts != 0 || two["alice"] || two[`CONTOSO\alice`] || two["alice@contoso.com"] == two["alice@fabrikam.com"] {
			t.Errorf("%+v, left out: %v", n, two)
		}
		r.CheckContract()
	})
}

func TestAGuestIsFoundByTheirAddressThenByTheirPrincipalName(t *testing.T) {
	const upn = "alice_partner.example#EXT#@contoso.onmicrosoft.com"
	for name, there := range map[string]saas.Person{
		"by address":            {Username: "alice", Email: "Alice@partner.example"},
		"by username":           {Username: "alice@partner.example"},
		"by the principal name": {Username: upn, Email: "info@partner.example"},
		"by it as an address":   {Username: "guest7", Email: upn},
	} {
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, small())
			id := r.existing(there)
			if got := ids(t, r.worker, saas.FormatEmail, upn, "alice@partner.example"); got[0] != id {
				t.Errorf("%q, want %q", got, id)
			}
		})
	}
	r := newRig(t, small())
	if got := ids(t, r.worker, saas.FormatEmail, upn, "alice@partner.example"); got[0] != got[1] {
		t.Errorf("%q is two people", got)
	}
	if p := r.Holdings().People["alice@partner.example"]; p.Email != "alice@partner.example" {
		t.Errorf("created as %+v", p)
	}
}
