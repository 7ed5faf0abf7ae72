package saas

import (
	"strings"
	"testing"
)

func TestColumnsAreToldByHowTheirNamesFit(t *testing.T) {
	for _, tt := range []struct {
		format, raw string
		want        int
	}{
		{FormatEmail, "alice@contoso.com", 4}, {FormatEmail, `CONTOSO\alice`, 0}, {FormatEmail, "alice", 0}, {FormatEmail, "Alice Smith", 0},
		{FormatLocalPart, "alice@contoso.com", 4}, {FormatLocalPart, `CONTOSO\alice`, 4}, {FormatLocalPart, "alice", 3}, {FormatLocalPart, "100002", 2},
		{FormatAsIs, "Alice Smith", 2}, {FormatAsIs, "100002", 2}, {FormatAsIs, "alice", 3},
		{FormatAsIs, "PC-1$", 1}, {FormatAsIs, "svc-backup", 1}, {FormatAsIs, "User_KSzxdM1v833oYU1kLo9m7w==", 1},
		{FormatAsIs, "", 0}, {FormatAsIs, "S-1-5-21-1-2", 0}, {FormatAsIs, "unknown", 0},
	} {
		namer, err := NewNamer(Policy{UsernameFormat: tt.format})
		if err != nil {
			t.Fatal(err)
		}
		if got := namer.Fit(tt.raw); got != tt.want {
			t.Errorf("%s of %q: %d, want %d", tt.format, tt.raw, got, tt.want)
		}
	}
}

func TestAWildcardAndAnExpressionExcludeSideBySide(t *testing.T) {
	namer, err := NewNamer(Policy{UsernameFormat: FormatAsIs, ExcludeUsers: []string{"adm*", "/^x[0-9]$/"}})
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[string]SkipReason{"admin1": SkipExcluded, "x7": SkipExcluded, "alice": "", "x77": ""} {
		if _, got := namer.Person(raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

func TestAUsernameHasABound(t *testing.T) {
	namer, err := NewNamer(Policy{UsernameFormat: "{{.Account}}-x"})
	if err != nil {
		t.Fatal(err)
	}
	for size, want := range map[int]SkipReason{maxNameLength - 2: "", maxNameLength - 1: SkipUnmappable} {
		if person, got := namer.Person(strings.Repeat("a", size)); got != want || (len(person.Username) == size+2) != (want == "") {
			t.Errorf("%d: %q with a username of %d", size, got, len(person.Username))
		}
	}
	if _, got := namer.Person("S-1-5-21-1-2"); got != SkipUnmappable {
		t.Errorf("a security id is %q", got)
	}
}

func TestANameHasTwoLettersAndNoSignAtItsEnds(t *testing.T) {
	for account, want := range map[string][2]string{
		"al.bo": {"Al", "Bo"}, "a.bo": {}, "al.b": {}, "al": {}, "al.": {}, ".bo": {}, "a-.bo": {}, "-al.bo": {}, "a-b.c'd": {"A-B", "C'D"}, "a--b.cd": {},
		"e\u0301a.bo": {"E\u0301a", "Bo"}, "\u0301ea.bo": {}, "e-\u0301a.bo": {}, "AL.BO": {"Al", "Bo"},
	} {
		if first, last := splitName(account); [2]string{first, last} != want {
			t.Errorf("%q: %q %q, want %q", account, first, last, want)
		}
	}
}
