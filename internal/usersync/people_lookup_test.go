package usersync_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
	"defendersync/internal/usersync"
)

func TestPeopleAreFoundWhereATenantStoresOrComparesNamesOtherwise(t *testing.T) {
	person := func(name, email string) map[string]saas.Person {
		return map[string]saas.Person{saas.Fold(name): {Username: name, Email: email, Role: 25}}
	}
	for title, tc := range map[string]struct {
		set  func(*simulator.PeopleSwitches)
		name string
	}{
		"escaped":                   {func(p *simulator.PeopleSwitches) { p.Stores = "escaped" }, "o'brien@contoso.com"},
		"escaped, and taken twice":  {func(p *simulator.PeopleSwitches) { p.Stores, p.StoresBlindly = "escaped", true }, "o'brien@contoso.com"},
		"without white space":       {func(p *simulator.PeopleSwitches) { p.Stores = "trimmed" }, "Ada King Lovelace"},
		"without white space twice": {func(p *simulator.PeopleSwitches) { p.Stores, p.StoresBlindly = "trimmed", true }, "Ada King Lovelace"},
		"cut":                       {func(p *simulator.PeopleSwitches) { p.Stores, p.StoresLength = "cut", 30 }, "augusta.ada.king.lovelace@contoso.example"},
		"cut, and taken twice": {func(p *simulator.PeopleSwitches) { p.Stores, p.StoresLength, p.StoresBlindly = "cut", 40, true },
			"augusta.ada.king.countess.of.lovelace@subsidiary.contoso.example"},
	} {
		inBubble(t, title, func(t *testing.T) {
			o := small()
			tc.set(&o.Variants.Unkind.People)
			r := newRig(t, o)
			email := ""
			if strings.Contains(tc.name, "@") {
				email = tc.name
			}
			want := person(tc.name, email)
			first, err := r.resolve(t.Context(), want)
			if err != nil || !first[saas.Fold(tc.name)].Created {
				t.Fatalf("%+v, %v", first, err)
			}
			again, notes, err := r.newWorker().engine.ResolvePeople(t.Context(), "session-2", want)
			if got := again[saas.Fold(tc.name)]; err != nil || got.Created || got.ID != first[saas.Fold(tc.name)].ID {
				t.Errorf("in the next session: %+v, %v", got, err)
			}
			if n := r.Counts().PeopleCreated; n != 1 || !slices.Equal(notes, []string{usersync.NoteNamesAltered}) {
				t.Errorf("%d were created, notes %q", n, notes)
			}
		})
	}
}

func TestAUsernameThatIsTakenButForItsAccentsIsTheSamePerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.Variants.Unkind.People.UniqueAccents = true
		r := newRig(t, o)
		id := r.existing(saas.Person{Username: "jose.garcia@contoso.com", Email: "jose.garcia@contoso.com"})
		got, err := r.resolve(t.Context(), map[string]saas.Person{"josé.garcia@contoso.com": {Username: "josé.garcia@contoso.com", Email: "josé.garcia@contoso.com", Role: 25}})
		if p := got["josé.garcia@contoso.com"]; err != nil || p.ID != id {
			t.Errorf("%+v, %v; it is %s", p, err, id)
		}
	})
}

func TestTwoPeopleWhomATenantStoresAsOneAreToldApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.Variants.Unkind.People.Stores, o.Variants.Unkind.People.StoresLength = "cut", 21
		r := newRig(t, o)
		const one, other = "augusta.ada.lovelace.king@contoso.com", "augusta.ada.lovelace.byron@contoso.com"
		for _, name := range []string{one, other, one} {
			got, err := r.resolve(t.Context(), map[string]saas.Person{name: {Username: name, Email: name, Role: 25}})
			if p := got[name]; err != nil || (name == other) != (p.Err != nil) || (name == one) != (p.ID != "") {
				t.Errorf("%s: %+v, %v", name, p, err)
			}
		}
	})
}

func TestNamesThatATenantKeepsAsSentAreNotDoubtedAgain(t *testing.T) {
	for name, silent := range map[string]bool{"it shows what it stored": false, "it shows an id alone": true} {
		inBubble(t, name, func(t *testing.T) {
			o := small()
			o.Variants.Unkind.People.NoEcho = silent
			r := newRig(t, o)
			asked := map[string]int{} // requests by person
			for _, who := range []string{"o'brien@contoso.com", "o'neill@contoso.com"} {
				r.ResetRequests()
				got, notes, err := r.engine.ResolvePeople(t.Context(), "session-1", map[string]saas.Person{who: {Username: who, Email: who, Role: 25}})
				if err != nil || !got[who].Created || len(notes) > 0 {
					t.Errorf("%s: %+v, notes %q, %v", who, got[who], notes, err)
				}
				asked[who] = r.Requests().Routes["oomnitza GET users"]
			}
			if first, second := asked["o'brien@contoso.com"], asked["o'neill@contoso.com"]; first == 0 || (second < first) == silent {
				t.Errorf("the first person took %d look-ups, the second %d", first, second)
			}
		})
	}
}
