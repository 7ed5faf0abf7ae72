package defender

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// namesOf is the judgement of a username format.
func namesOf(format string) func(string) int {
	namer, err := saas.NewNamer(saas.Policy{UsernameFormat: format})
	if err != nil {
		panic(err)
	}
	return namer.Fit
}

// namedRows decodes rows, each with a last activity added, by a format.
func namedRows(t *testing.T, format string, known contract.Dialect, rows ...string) listing.UserPage {
	t.Helper()
	for i, row := range rows {
		rows[i] = strings.TrimSuffix(row, "}") + `,"lastSeen":1763769600000}`
	}
	answer := &httpx.Answer{Status: 200, Header: http.Header{}, Body: []byte(list(strings.Join(rows, ","), ""))}
	page, err := decodeUsers("read", answer, 0, known, namesOf(format))
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// users are the names of a page; weak ones in brackets.
func users(page listing.UserPage) string {
	var out []string
	for _, u := range page.Users {
		if u.Weak {
			u.User = "[" + u.User + "]"
		}
		out = append(out, u.User)
	}
	return strings.Join(out, " ")
}

func TestTheColumnOfTheNamesIsTheOneThatHoldsThem(t *testing.T) {
	const alice = "alice@contoso.com"
	for name, tt := range map[string]struct {
		format string
		row    string
		want   string
	}{
		"an address beside a display name":  {"email", `{"name":"Alice Example","email":"alice@contoso.com"}`, alice},
		"a JSON text beside an address":     {"email", `{"username":"{\"name\":\"Alice\"}","email":"alice@contoso.com"}`, alice},
		"an address in a JSON text":         {"email", `{"username":"{\"name\":\"Alice\",\"upn\":\"alice@contoso.com\"}"}`, alice},
		"an address in an object":           {"email", `{"user":{"id":"7","displayName":"Alice","upn":"alice@contoso.com"}}`, alice},
		"an address in an unnamed object":   {"email", `{"entity":{"user":{"mail":"alice@contoso.com"}},"name":"Alice"}`, alice},
		"an address in a list":              {"email", `{"user":[{"email":"alice@contoso.com"}]}`, alice},
		"a list of addresses":               {"email", `{"email":["alice@contoso.com","a2@contoso.com"],"name":"Alice"}`, alice},
		"a key that no list has":            {"email", `{"name":"Alice Example","primarySmtpAddress":"alice@contoso.com"}`, alice},
		"an account's key":                  {"email", `{"aadUserName":"alice@contoso.com","accountSid":"S-1-5-21-1-2-3-4"}`, alice},
		"a list of objects":                 {"email", `{"name":"Alice Example","emails":[{"value":"alice@contoso.com","type":"work"}]}`, alice},
		"somebody else's unknown key":       {"email", `{"userName":"CONTOSO\\alice","ownerMailAddress":"boss@contoso.com"}`, `CONTOSO\alice`},
		"an unknown key beside an account":  {"local-part", `{"userName":"alice","loginMail":"a.smith@contoso.com"}`, "alice"},
		"a share is nobody":                 {"local-part", `{"userName":"alice","accountData":"\\\\fs1\\data"}`, "alice"},
		"mail":                              {"email", `{"userName":"asmith","mail":"alice@contoso.com"}`, alice},
		"userPrincipalName":                 {"email", `{"displayName":"Alice","userPrincipalName":"alice@contoso.com"}`, alice},
		"in another spelling":               {"email", `{"DisplayName":"Alice","user_principal_name":"alice@contoso.com"}`, alice},
		"upn":                               {"email", `{"name":"Alice","upn":"alice@contoso.com"}`, alice},
		"userIdentifier":                    {"email", `{"name":"Alice","userIdentifier":"alice@contoso.com"}`, alice},
		"enrichedUserName":                  {"email", `{"userName":"CONTOSO\\alice","enrichedUserName":"alice@contoso.com"}`, alice},
		"an id that is a GUID":              {"email", `{"id":"0a1b2c3d-0000-4000-8000-00000000abcd","email":"alice@contoso.com"}`, alice},
		"an id that is the address":         {"email", `{"id":"alice@contoso.com"}`, alice},
		"a manager beside":                  {"email", `{"userName":"alice@contoso.com","manager":{"mail":"boss@contoso.com"},"managerEmail":"boss@contoso.com"}`, alice},
		"the domain's account is wanted":    {"domain-backslash", `{"email":"alice@contoso.com","userName":"CONTOSO\\alice"}`, `CONTOSO\alice`},
		"the account is wanted":             {"local-part", `{"name":"Alice Example","userName":"alice"}`, "alice"},
		"a GUID is no account":              {"local-part", `{"userName":"0a1b2c3d-0000-4000-8000-00000000abcd","upn":"alice@contoso.com"}`, alice},
		"a number is hardly one":            {"local-part", `{"userName":"1002345","account":"alice"}`, "alice"},
		"as it is":                          {"as-is", `{"name":"Alice Example","userName":"alice@contoso.com"}`, alice},
		"nothing fits: the likeliest key":   {"email", `{"displayName":"Alice E","userName":"alice"}`, "alice"},
		"an address in brackets":            {"email", `{"userName":"asmith","name":"Alice <alice@contoso.com>"}`, "Alice <alice@contoso.com>"},
		"devices are named where they are":  {"email", `{"userName":"PC-1$","displayName":"PC 1"}`, "PC-1$"},
		"an empty text leads on":            {"email", `{"userName":"","email":null,"mail":"alice@contoso.com"}`, alice},
		"a text that only looks like JSON":  {"as-is", `{"userName":"{alice}"}`, "{alice}"},
		"a JSON text with nothing of use":   {"email", `{"userName":"{\"x\":1}","name":"Alice"}`, "Alice"},
		"a number is no name":               {"email", `{"userName":7,"email":"alice@contoso.com"}`, alice},
		"objects too deep are not followed": {"email", `{"user":{"user":{"user":{"user":{"user":{"upn":"x@y.z"}}}}},"name":"Alice"}`, "Alice"},
	} {
		t.Run(name, func(t *testing.T) {
			page := namedRows(t, tt.format, contract.Dialect{}, tt.row)
			if got := users(page); got != tt.want || len(page.Bad) > 0 {
				t.Errorf("%q, bad %+v; want %q", got, page.Bad, tt.want)
			}
		})
	}
}

func TestAColumnThatRepeatsItselfNamesSomebodyElse(t *testing.T) {
	var rows []string
	for i := range 20 {
		rows = append(rows, fmt.Sprintf(`{"userName":"CONTOSO\\u%d","mail":"boss%d@contoso.com"}`, i, i%3))
	}
	page := namedRows(t, "email", contract.Dialect{}, rows...)
	for i, u := range page.Users {
		if u.User != fmt.Sprintf(`CONTOSO\u%d`, i) || u.Weak {
			t.Fatalf("%+v", page.Users)
		}
	}
	if page.Dialect.NameKey != "" {
		t.Errorf("remembered as %q", page.Dialect.NameKey)
	}
}

func TestRowsWithoutTheColumnTakeWhatLeavesNoDoubt(t *testing.T) {
	rows := []string{
		`{"name":"Alice","email":"alice@contoso.com"}`, `{"name":"Bob","email":"bob@contoso.com"}`,
		`{"name":"Carol"}`, `{"name":"dan@contoso.com"}`, `{"name":"PC-1$"}`, `{"userName":"erin","name":"Erin"}`, `{"name":"Fay","email":"n/a"}`,
	}
	for format, want := range map[string]string{
		"email":      "alice@contoso.com bob@contoso.com [Carol] dan@contoso.com PC-1$ [erin] n/a",
		"local-part": "alice@contoso.com bob@contoso.com [Carol] dan@contoso.com PC-1$ erin n/a",
	} {
		page := namedRows(t, format, contract.Dialect{}, append([]string(nil), rows...)...)
		if got := users(page); got != want || page.Dialect.NameKey != "email" {
			t.Errorf("%s: %q under %q, want %q", format, got, page.Dialect.NameKey, want)
		}
	}
}

func TestTheColumnStaysWhileItFits(t *testing.T) {
	both := `{"userName":"alice","email":"alice@contoso.com"}`
	if page := namedRows(t, "local-part", contract.Dialect{NameKey: "userName"}, both); users(page) != "alice" || page.Moved != "" {
		t.Errorf("%q, moved to %q", users(page), page.Moved)
	}
	page := namedRows(t, "local-part", contract.Dialect{NameKey: "userName"}, `{"userName":"Alice E","email":"alice@contoso.com"}`, `{"email":"bob@contoso.com"}`)
	if users(page) != "alice@contoso.com bob@contoso.com" || page.Moved != "email" || page.Dialect.NameKey != "userName" {
		t.Errorf("%q, moved to %q, remembered %q", users(page), page.Moved, page.Dialect.NameKey)
	}
	if page := namedRows(t, "email", contract.Dialect{}, `{"name":"Alice","id":"7"}`); page.Dialect.NameKey != "" {
		t.Errorf("of no use, and remembered: %q", page.Dialect.NameKey)
	}
}

func TestPagesReadSideBySideAgreeOnTheColumn(t *testing.T) {
	tn := newTenant(t, func(q request) (int, string) {
		row := `{"user":{"upn":"a%d@contoso.com"},"email":"","lastSeen":1763769600000}`
		if q.body["skip"].(float64) > 0 {
			row = `{"email":"b%d@contoso.com","user":{"upn":"c%d@contoso.com"},"lastSeen":1763769600000}`
		}
		return 200, list(strings.ReplaceAll(row, "%d", fmt.Sprint(q.body["skip"])), "")
	})
	c := tn.client()
	ask := func(skip int, anew bool) listing.UserPage {
		q := usersQuery()
		q.Known, q.Skip, q.Fit, q.Choose = settled(), skip, namesOf("email"), anew
		page, err := c.ReadUsers(t.Context(), q)
		if err != nil {
			t.Error(err)
		}
		return page
	}
	if got := ask(100, true); users(got) != "b100@contoso.com" || got.Dialect.NameKey != "email" {
		t.Errorf("%q under %q", users(got), got.Dialect.NameKey)
	}
	var group sync.WaitGroup
	for i := range 10 {
		group.Go(func() {
			if got := ask(100*(i+2), false); users(got) != fmt.Sprintf("b%d@contoso.com", 100*(i+2)) {
				t.Errorf("%q", users(got))
			}
		})
	}
	group.Wait()
}

func TestANameIsBounded(t *testing.T) {
	long := strings.Repeat("ä", 20_000)
	page := namedRows(t, "as-is", contract.Dialect{}, `{"userName":"`+long+`"}`, `{"userName":"{\"name\":\"`+long+`\"}"}`)
	for _, u := range page.Users {
		if len(u.User) > maxNameText {
			t.Errorf("%d bytes", len(u.User))
		}
	}
}

func BenchmarkDecodeUsersOfManyColumns(b *testing.B) {
	rows := make([]string, PageSize)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"name": "Firstname Lastname", "id": "0a1b2c3d-0000-4000-8000-0000000%05d", "email": "firstname.lastname%d@contoso.com", "lastSeen": 17637696%05d}`, i, i, i)
	}
	answer := &httpx.Answer{Status: 200, Header: http.Header{"Date": {time.Unix(1763769600, 0).UTC().Format(http.TimeFormat)}}, Body: []byte(list(strings.Join(rows, ","), ""))}
	fit := namesOf("email")
	b.ReportAllocs()
	for b.Loop() {
		if page, err := decodeUsers("read", answer, 0, settled(), fit); err != nil || len(page.Users) != PageSize {
			b.Fatalf("%d users, %v", len(page.Users), err)
		}
	}
}
