package usersync

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

func TestPeopleAreRememberedForOneSession(t *testing.T) {
	var m memories
	m.openMemory("one", 10).putText("ada", "1")
	if id := m.openMemory("one", 10).getText("ada"); id != "1" {
		t.Errorf("in the same session it is %q", id)
	}
	if id := m.openMemory("two", 10).getText("ada"); id != "" {
		t.Errorf("the next session remembers %q", id)
	}
	if id := m.openMemory("one", 10).getText("ada"); id != "" {
		t.Errorf("a session that comes back remembers %q", id)
	}
}

func TestWhatASessionSentIsRememberedBounded(t *testing.T) {
	var w recentWrites
	at := func(n int64) time.Time { return time.Unix(n, 0) }
	visits := func(last int64) []visit {
		return []visit{{id: "written", lastActivity: at(last)}, {id: "refused", lastActivity: at(last)}, {id: "unanswered", lastActivity: at(last)}}
	}
	w.noteSent("7", visits(5), []refusedVisit{{visit: visit{id: "refused"}}}, 2)
	w.noteSent("7", visits(6), nil, 0)
	w.noteSent("7", visits(3)[:1], nil, 1)
	want := map[string]recent{"written": {last: 5, sent: 6, made: true}, "refused": {sent: 6}, "unanswered": {sent: 6}}
	if got := w.listSent("7"); !maps.Equal(got, want) {
		t.Errorf("of the record it has %+v", got)
	}
	for page := range 3 * maxWritten / 100 {
		var many []visit
		for i := range 100 {
			many = append(many, visit{id: fmt.Sprint(page, "/", i), lastActivity: at(9)})
		}
		w.noteSent("8", many, nil, len(many))
	}
	if n := len(w.listSent("8")); n != maxWritten {
		t.Errorf("%d of the last %d are remembered", n, maxWritten)
	}
	last := w.listSent("8")
	for _, id := range []string{fmt.Sprint(2*maxWritten/100, "/0"), fmt.Sprint(3*maxWritten/100-1, "/99")} {
		if last[id].last != 9 {
			t.Errorf("%s, one of the last, is forgotten", id)
		}
	}
	if len(w.listSent("7")) != 0 || len(w.byRecord) != 1 {
		t.Errorf("what is old is never forgotten: %d records", len(w.byRecord))
	}
}

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
			if got := indexPeople(order).pickPerson(saas.Person{Username: name, Email: name}); got.id != tt.want {
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
	longest := strings.Repeat("x", longName) // of those that nobody cuts unnoticed
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
		{longest[:shortestCut], "", longest + "x", true, true},
		{longest[:shortestCut-1], "", longest + "x", false, false},
		{longest[:shortestCut], "", longest, false, true},
		{"anna.mueller@contoso.com", "", "anna.mueller@contoso.com.au", false, true},
		{"a.very.long.name.indeed@contoso.example", "", "a.very.long.name.indeed@contoso.example.subsidiary.org", false, true},
		{"o'neill@contoso.com", "", "o'brien@contoso.com", false, false},
	}
	for _, tt := range tests {
		who, p := saas.Person{Username: tt.stored, Email: tt.email}, saas.Person{Username: tt.sent, Email: tt.sent}
		if got := isStoredAs(who, p); got != tt.quietly {
			t.Errorf("%q for %q before it is created: %v", tt.stored, tt.sent, got)
		}
		if got := isTakenFor(who, p); got != tt.taken {
			t.Errorf("%q for %q once it is refused: %v", tt.stored, tt.sent, got)
		}
	}
}

func TestARefusalIsJudgedByTheFieldThatItNames(t *testing.T) {
	carole := saas.Person{Username: "carole.gupta@contoso.com", Email: "carole.gupta@contoso.com", FirstName: "Carole", LastName: "Gupta"}
	for says, want := range map[string]struct{ role, names bool }{
		"role: there is no role 99": {role: true},
		"Unknown role":              {role: true},
		"role: 99 is not known":     {role: true},
		"user_name: role is taken":  {},
		"e-mail: no role has it":    {},
		"The role_id is not valid":  {role: true},
		"Role 99 does not exist.":   {role: true},
		"carole.gupta@contoso.com: the email domain is not allowed":         {},
		"the domain of carole@role-models.com is not allowed":               {},
		"role-models.com is not an allowed domain":                          {},
		"domain role is not allowed":                                        {},
		"the controller did not answer":                                     {},
		"the enrolement has ended":                                          {},
		"username: 'role' is reserved":                                      {},
		"":                                                                  {},
		"last_name: this field is required":                                 {names: true},
		"First name may not be blank":                                       {names: true},
		"surname is missing":                                                {names: true},
		"first_name: [\"This field is required for every role\"]":           {names: true},
		"no licence is left":                                                {},
		"The firsthand report of the lastingness of things can't be stored": {},
	} {
		err := &httpx.Error{Peer: "Oomnitza", Kind: httpx.KindRefused, Status: 400, Message: says}
		if got := speaksOfRole(err, carole); got != want.role {
			t.Errorf("%q speaks of the role: %v", says, got)
		}
		if got := asksForNames(err); got != want.names {
			t.Errorf("%q asks for names: %v", says, got)
		}
	}
	named := carole
	named.LastName = "Role"
	if speaksOfRole(&httpx.Error{Message: "Carole Role can't be stored"}, named) {
		t.Error("somebody's name is taken for the role")
	}
	if err := errors.New("role"); speaksOfRole(err, carole) || asksForNames(err) {
		t.Error("an error that is not the tenant's is taken for its words")
	}
}

func TestMissingNamesAreMadeFromTheAccount(t *testing.T) {
	for account, want := range map[string][2]string{
		"jane.doe@contoso.com":   {"Jane", "Doe"},
		"jane.q.doe@contoso.com": {"Jane", "Doe"},
		"jdoe17@contoso.com":     {"Jdoe17", "Jdoe17"},
		"o'brien@contoso.com":    {"O'Brien", "O'Brien"},
		`CONTOSO\jane_doe`:       {"Jane", "Doe"},
		"--@contoso.com":         {"--@Contoso.Com", "--@Contoso.Com"},
	} {
		p := saas.Person{Username: account}
		if strings.Contains(account, "@") {
			p.Email = account
		}
		if first, last := makeNames(p); first != want[0] || last != want[1] {
			t.Errorf("%s: %q %q, want %q %q", account, first, last, want[0], want[1])
		}
	}
}

func TestNamesAreFilledInOnceAndOnlyWhereTheyAreMissing(t *testing.T) {
	for name, tc := range map[string]struct {
		first, last string
		want        [2]string
		filled      bool
	}{
		"both are there":   {"Ada", "Lovelace", [2]string{"Ada", "Lovelace"}, false},
		"the first is not": {"", "Lovelace", [2]string{"Augusta", "Lovelace"}, true},
		"the last is not":  {"Ada", "", [2]string{"Ada", "King"}, true},
		"neither is there": {"", "", [2]string{"Augusta", "King"}, true},
	} {
		c := &creation{person: saas.Person{Username: "augusta.king@contoso.com", Email: "augusta.king@contoso.com", FirstName: tc.first, LastName: tc.last}}
		if filled := c.fillNames(); filled != tc.filled || c.person.FirstName != tc.want[0] || c.person.LastName != tc.want[1] {
			t.Errorf("%s: %q %q, filled in: %v", name, c.person.FirstName, c.person.LastName, filled)
		}
		c.person.LastName = "" // a tenant that is not content with it
		if tc.filled && c.fillNames() {
			t.Errorf("%s: they are filled in twice", name)
		}
	}
}

func TestCharactersOfWhichATenantMayMakeOthersAreListed(t *testing.T) {
	plain := strings.Repeat("x", longName)
	for name, want := range map[string]string{"ada@contoso.com": "", "o'brien": "'", "josé o'brien": "é '", plain: "", plain + "x": "\x00", plain + "'": "\x00'"} {
		if got := string(listOdd(name)); got != want {
			t.Errorf("%q: %q, not %q", name, got, want)
		}
	}
}

func TestPeopleAreAskedForInEverySpelling(t *testing.T) {
	shout := []func(string) string{strings.ToUpper}
	for name, tc := range map[string]struct {
		person saas.Person
		spell  []func(string) string
		want   []string
	}{
		"a plain one":                  {saas.Person{Username: "ada", Email: "ada"}, nil, []string{"ada"}},
		"in the source's case":         {saas.Person{Username: "Ada", Email: "ADA"}, nil, []string{"Ada", "ada"}},
		"by another address":           {saas.Person{Username: "ada", Email: "a@contoso.com"}, nil, []string{"a@contoso.com", "ada"}},
		"by a guest's name":            {saas.Person{Username: "ada", UPN: "ada#ext#@contoso.com"}, nil, []string{"ada", "ada#ext#@contoso.com"}},
		"in spellings that were taken": {saas.Person{Username: "ada"}, shout, []string{"ADA", "ada"}},
	} {
		if got := spellNames([]*visit{{person: &tc.person}}, tc.spell); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, not %q", name, got, tc.want)
		}
	}
}

func TestWhoCannotBeAskedForHasTheReason(t *testing.T) {
	why := errors.New("a quote")
	for name, want := range map[string]error{"O'Brien": why, "ada": nil} {
		for _, p := range []saas.Person{{Username: name}, {Username: "x", Email: name}} {
			if got := findRefusal(p, map[string]error{"o'brien": why}); got != want {
				t.Errorf("%+v: %v", p, got)
			}
		}
	}
}

func TestWhatASessionLearnsOfATenantsPeople(t *testing.T) {
	m := newPeopleMemory(10)
	for i := range maxRemembered + 1 {
		m.refusePerson(fmt.Sprint(i), errors.New("not here"))
	}
	if m.whyNot(fmt.Sprint(maxRemembered-1)) == nil || m.whyNot(fmt.Sprint(maxRemembered)) != nil {
		t.Errorf("%d refusals are remembered", len(m.refused))
	}
	for i := range maxFutile {
		if !m.isWorthWaiting() || m.maxTries() != createAttempts {
			t.Errorf("after %d in vain it has given up", i)
		}
		m.noteWaitedInVain()
		m.noteStuck()
	}
	if m.isWorthWaiting() || m.maxTries() != fewAttempts {
		t.Errorf("after %d in vain it goes on as before", maxFutile)
	}
	for i := range maxRemembered {
		m.noteEntry(fmt.Sprint(i), "ada")
	}
	if !m.noteEntry("new", "ada") || m.noteEntry("1", "bob") || !m.noteEntry("1", "ada") || len(m.entries) != maxRemembered {
		t.Errorf("%d entries are remembered", len(m.entries))
	}
}

func TestTheCacheForgetsWhoWasNotAskedForTheLongest(t *testing.T) {
	c := newCache(4)
	for _, key := range []string{"a", "b", "c", "d"} {
		c.putText(key, "id-"+key)
	}
	if c.getText("a") != "id-a" || c.getText("d") != "id-d" {
		t.Error("what fits is forgotten")
	}
	c.putText("e", "id-e")
	if c.getText("b") != "" || c.getText("a") != "id-a" || c.getText("e") != "id-e" {
		t.Errorf("b is %q, a is %q, e is %q", c.getText("b"), c.getText("a"), c.getText("e"))
	}
	c.putText("f", "id-f")
	c.putText("f\x00CONTOSO", "id-f")
	if c.forgetKey("f\x00CONTOSO"); c.getText("f") != "" || c.getText("f\x00CONTOSO") != "" {
		t.Error("an id that is out of date is still there")
	}
	if newCache(0).getText("a") != "" {
		t.Error("a cache without room knows somebody")
	}
}
