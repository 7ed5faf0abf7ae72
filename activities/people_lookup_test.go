package activities

import (
	"slices"
	"strings"
	"testing"

	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

func TestTheLivingGoBeforeTheSuspendedAndTheDeletedAreNobody(t *testing.T) {
	person := func(id, username, email string, state string) saas.Person {
		return saas.Person{ID: id, Username: username, Email: email, Restricted: state == "suspended", Deleted: state == "deleted"}
	}
	const name = "ada.lovelace@contoso.com"
	tests := []struct {
		title string
		have  []saas.Person
		want  string
	}{
		{"a deleted and a living one of the address", []saas.Person{person("9", "old", name, "deleted"), person("10", "now", name, "")}, "10"},
		{"a suspended and a living one", []saas.Person{person("9", "old", name, "suspended"), person("10", "now", name, "")}, "10"},
		{"a suspended and a deleted one", []saas.Person{person("9", "old", name, "deleted"), person("10", "now", name, "suspended")}, "10"},
		{"two living ones, the oldest", []saas.Person{person("10", "a", name, ""), person("9", "b", name, ""), person("100", "c", name, "")}, "9"},
		{"one of each and several of some", []saas.Person{person("1", "a", name, "deleted"), person("2", "b", name, "deleted"),
			person("3", "c", name, "suspended"), person("5", "d", name, ""), person("4", "e", name, "")}, "4"},
		{"a deleted one of the username and a living one of the address", []saas.Person{person("1", name, name, "deleted"), person("2", "now", name, "")}, "2"},
		{"a suspended one alone, who is a person", []saas.Person{person("1", name, name, "suspended")}, "1"},
		{"deleted ones alone", []saas.Person{person("1", name, name, "deleted"), person("2", "old", name, "deleted")}, ""},
	}
	for _, tt := range tests {
		for _, order := range [][]saas.Person{tt.have, backwards(tt.have)} {
			byName, byEmail, _ := indexPeople(order)
			if got := pickPerson(ada(25)[name], byName, byEmail); got.id != tt.want {
				t.Errorf("%s: chosen is %q, not %q", tt.title, got.id, tt.want)
			}
		}
	}
}

func backwards(people []saas.Person) []saas.Person {
	out := slices.Clone(people)
	slices.Reverse(out)
	return out
}

func TestANameIsFoundInTheFormInWhichATenantStoredIt(t *testing.T) {
	long := "a.very.long.name.indeed@subsidiary.of.contoso.example"
	tests := []struct {
		stored, email, sent string
		quietly, taken      bool // found before it is created; found once it is refused as taken
	}{
		{"o&#39;brien@contoso.com", "o&#39;brien@contoso.com", "o'brien@contoso.com", true, true},
		{"o&#x27;brien@contoso.com", "", "o'brien@contoso.com", true, true},
		{"o&amp;#39;brien@contoso.com", "", "o'brien@contoso.com", true, true},
		{"O'Brien@contoso.com ", "", "o'brien@contoso.com", true, true},
		{"r&d@contoso.com", "", "r&amp;d@contoso.com", true, true},
		{"jose@contoso.com", "jose@contoso.com", "josé@contoso.com", false, true},
		{"jose@contoso.com", "other@contoso.com", "josé@contoso.com", false, false},
		{long[:30], long[:30], long, true, true},
		{long[:24], "", long, true, true},
		{long[:12], "", long, false, false},
		{"anna.mueller@contoso.com", "", "anna.mueller@contoso.com.au", false, true},
		{"a.very.long.name.indeed@contoso.example", "", "a.very.long.name.indeed@contoso.example.subsidiary.org", false, true},
		{"o'neill@contoso.com", "", "o'brien@contoso.com", false, false},
	}
	for _, tt := range tests {
		who, p := saas.Person{Username: tt.stored, Email: tt.email}, saas.Person{Username: tt.sent, Email: tt.sent}
		if got := storedAs(who, p); got != tt.quietly {
			t.Errorf("%q for %q before it is created: %v", tt.stored, tt.sent, got)
		}
		if got := takenFor(who, p); got != tt.taken {
			t.Errorf("%q for %q once it is refused: %v", tt.stored, tt.sent, got)
		}
	}
}

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
		t.Run(title, func(t *testing.T) {
			o := small()
			tc.set(&o.Variants.Unkind.People)
			r := newRig(t, o)
			email := ""
			if strings.Contains(tc.name, "@") {
				email = tc.name
			}
			want := person(tc.name, email)
			first, err := r.resolve(t.Context(), want)
			if err != nil || !first[saas.Fold(tc.name)].created {
				t.Fatalf("%+v, %v", first, err)
			}
			next := resolverOf(r.worker(), "session-2")
			again, err := next.resolve(t.Context(), want)
			if got := again[saas.Fold(tc.name)]; err != nil || got.created || got.id != first[saas.Fold(tc.name)].id {
				t.Errorf("in the next session: %+v, %v", got, err)
			}
			if n := r.sim.Counts().PeopleCreated; n != 1 || !slices.Equal(next.notes.list(), []string{NoteNamesAltered}) {
				t.Errorf("%d were created, notes %q", n, next.notes.list())
			}
		})
	}
}

func TestAUsernameThatIsTakenButForItsAccentsIsTheSamePerson(t *testing.T) {
	o := small()
	o.Variants.Unkind.People.UniqueAccents = true
	r := newRig(t, o)
	id := r.existing(saas.Person{Username: "jose.garcia@contoso.com", Email: "jose.garcia@contoso.com"})
	got, err := r.resolve(t.Context(), map[string]saas.Person{"josé.garcia@contoso.com": {Username: "josé.garcia@contoso.com", Email: "josé.garcia@contoso.com", Role: 25}})
	if p := got["josé.garcia@contoso.com"]; err != nil || p.id != id {
		t.Errorf("%+v, %v; it is %s", p, err, id)
	}
}

func TestTwoPeopleWhomATenantStoresAsOneAreToldApart(t *testing.T) {
	o := small()
	o.Variants.Unkind.People.Stores, o.Variants.Unkind.People.StoresLength = "cut", 21
	r := newRig(t, o)
	const one, other = "augusta.ada.lovelace.king@contoso.com", "augusta.ada.lovelace.byron@contoso.com"
	for _, name := range []string{one, other, one} {
		got, err := r.resolve(t.Context(), map[string]saas.Person{name: {Username: name, Email: name, Role: 25}})
		if p := got[name]; err != nil || (name == other) != (p.err != nil) || (name == one) != (p.id != "") {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}
