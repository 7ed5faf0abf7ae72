package defender

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// noon is the time in userRows: 2025-11-22T00:00:00Z.
var noon = time.UnixMilli(1763769600000).UTC()

func usersQuery() listing.UserQuery {
	return listing.UserQuery{Stream: "57869acdb4b3d5154f095af7", App: "11627", Timeframe: 90}
}

// settled is a dialect that leaves nothing to probe.
func settled() contract.Dialect {
	return contract.Dialect{
		Prefix: "/cas/api/v1", UsersEndpoint: "users", AppForm: contract.RequestForm{Days: daysText, ActivityField: "lastSeen"}, UserForm: contract.RequestForm{Days: daysText, ActivityField: "lastSeen"},
		AppKeys: []string{"appId", "name"}, UserKeys: []string{"userName", "lastSeen"},
	}
}

func TestUsersAreAskedForAsKnownClientsDo(t *testing.T) {
	for name, tc := range map[string]struct {
		table map[string]string
		want  map[string]any
	}{
		"the portal's endpoint": {
			map[string]string{casUsers: list(userRows(0, 1), "")},
			map[string]any{
				"appId": 11627.0, "streamId": "57869acdb4b3d5154f095af7", "timeframe": "90", "skip": 0.0, "limit": 100.0,
				"sortField": "lastSeen", "sortDirection": "desc", "performAsyncTotal": false, "filters": map[string]any{},
			},
		},
		"the module's endpoint": {
			map[string]string{casAppUsers: list(userRows(0, 1), "")},
			map[string]any{
				"appId": "11627", "streamId": "57869acdb4b3d5154f095af7", "timeframe": 90.0, "skip": 0.0, "limit": 100.0,
				"sortField": "lastSeen", "sortDirection": "desc", "performAsyncTotal": false,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t, byPath(tc.table))
			page, err := tn.client().ReadUsers(t.Context(), usersQuery())
			if err != nil {
				t.Fatal(err)
			}
			last := tn.asked[len(tn.asked)-1]
			if last.method != http.MethodPost || !reflect.DeepEqual(last.body, tc.want) {
				t.Errorf("%s %v, want %v", last.method, last.body, tc.want)
			}
			if len(page.Users) != 1 || page.Users[0] != (saas.Usage{User: "user0@contoso.com", LastActivity: noon}) || page.Rows != 1 {
				t.Errorf("%+v", page)
			}
		})
	}
}

func TestAnAppIDThatIsNoNumberStaysAString(t *testing.T) {
	for id, want := range map[string]any{"11627": json.Number("11627"), "custom-1": "custom-1", "007": "007", "-1": "-1", "99999999999999999999": "99999999999999999999", "": ""} {
		if got := appID(id, false); got != want {
			t.Errorf("%q: %v (%T)", id, got, got)
		}
	}
}

func TestTheUsersEndpointIsFoundOnceAndRemembered(t *testing.T) {
	for name, tc := range map[string]struct {
		table map[string]string
		known contract.Dialect
		paths []string
	}{
		"the first":              {map[string]string{casUsers: "", casAppUsers: ""}, contract.Dialect{}, []string{casUsers}},
		"the second":             {map[string]string{casAppUsers: ""}, contract.Dialect{}, []string{casUsers, casAppUsers}},
		"below the other prefix": {map[string]string{apiAppUsers: ""}, contract.Dialect{}, []string{casUsers, casAppUsers, apiUsers, apiAppUsers}},
		"the prefix is known":    {map[string]string{apiAppUsers: "", casUsers: ""}, contract.Dialect{Prefix: "/api/v1"}, []string{apiUsers, apiAppUsers}},
		"the endpoint is known":  {map[string]string{casAppUsers: "", casUsers: ""}, contract.Dialect{UsersEndpoint: "app_users"}, []string{casAppUsers}},
		"all is known":           {map[string]string{casUsers: ""}, settled(), []string{casUsers}},
	} {
		t.Run(name, func(t *testing.T) {
			for path := range tc.table {
				tc.table[path] = list(userRows(0, 3), "")
			}
			tn := newTenant(t, byPath(tc.table))
			c := tn.client()
			q := usersQuery()
			q.Known = tc.known
			first, err := c.ReadUsers(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, path := range tc.paths {
				want = append(want, "POST "+path)
			}
			if got := tn.paths(); !slices.Equal(got, want) {
				t.Errorf("asked %v, want %v", got, want)
			}
			if !first.Dialect.KnowsUsers() {
				t.Errorf("dialect %+v", first.Dialect)
			}
			// The same client remembers; another one is told by the dialect,
			// through a checkpoint.
			text, err := json.Marshal(first.Dialect)
			if err != nil {
				t.Fatal(err)
			}
			var told contract.Dialect
			if err := json.Unmarshal(text, &told); err != nil {
				t.Fatal(err)
			}
			before := len(tn.paths())
			if _, err := c.ReadUsers(t.Context(), usersQuery()); err != nil {
				t.Error(err)
			}
			again := usersQuery()
			again.Known = told
			if page, err := tn.client().ReadUsers(t.Context(), again); err != nil || !reflect.DeepEqual(page.Dialect, told) {
				t.Errorf("%+v, %v; want %+v", page.Dialect, err, told)
			}
			if extra := len(tn.paths()) - before; extra != 2 {
				t.Errorf("%d requests for two pages", extra)
			}
		})
	}
}

func TestManyRequestsAtOnceProbeOnce(t *testing.T) {
	tn := newTenant(t, byPath(map[string]string{casAppUsers: list(userRows(0, 1), "")}))
	c := tn.client()
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			if _, err := c.ReadUsers(t.Context(), usersQuery()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := len(tn.paths()); got != 11 {
		t.Errorf("%d requests for ten pages and one probe", got)
	}
}

func TestATokenThatOneEndpointRefusesMayWorkAtTheOther(t *testing.T) {
	forbidden := func(allowed map[string]string) func(request) (int, string) {
		return func(q request) (int, string) {
			if body, ok := allowed[q.path]; ok {
				return 200, body
			}
			if q.path == casUsers {
				return 403, `{"detail":"Insufficient role based permissions"}`
			}
			return 404, ""
		}
	}
	page, err := newTenant(t, forbidden(map[string]string{casAppUsers: list(userRows(0, 1), "")})).client().ReadUsers(t.Context(), usersQuery())
	if err != nil || page.Dialect.UsersEndpoint != "app_users" {
		t.Errorf("%+v, %v", page.Dialect, err)
	}
	_, err = newTenant(t, forbidden(nil)).client().ReadUsers(t.Context(), usersQuery())
	wantError(t, err, httpx.KindUnauthorized, "Insufficient role")
}

func TestATenantWithoutAnyUsersEndpointIsAContractErrorThatNamesThem(t *testing.T) {
	q := usersQuery()
	q.Known = contract.Dialect{Prefix: "/cas/api/v1"}
	_, err := newTenant(t, always(404, "")).client().ReadUsers(t.Context(), q)
	wantError(t, err, httpx.KindContract, casUsers, casAppUsers)
}

func TestA404AtAKnownEndpointIsOfThatAppAlone(t *testing.T) {
	q := usersQuery()
	q.Known = settled()
	tn := newTenant(t, always(404, `{"detail":"no such app"}`))
	_, err := tn.client().ReadUsers(t.Context(), q)
	wantError(t, err, httpx.KindNotFound, "no such app")
	if len(tn.paths()) != 4 {
		t.Errorf("asked %v", tn.paths())
	}
	// Whether the endpoint has moved is found out once.
	c := tn.client()
	for range 3 {
		_, err = c.ReadUsers(t.Context(), q)
		wantError(t, err, httpx.KindNotFound, "no such app")
	}
	if n := len(tn.paths()); n != 4+4+1+1 {
		t.Errorf("asked %v", tn.paths())
	}
}

func TestOlderSpellingsAreTriedWhenARequestIsRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		takes func(map[string]any) bool
		want  contract.RequestForm
		tries int
	}{
		"the former sort field": {func(b map[string]any) bool { return b["sortField"] == "lastUsed" }, contract.RequestForm{Days: daysText, ActivityField: "lastUsed"}, 2},
		"the days as a number":  {func(b map[string]any) bool { return b["timeframe"] == 90.0 }, contract.RequestForm{Days: daysNumber, ActivityField: "lastSeen"}, 3},
		"both":                  {func(b map[string]any) bool { return b["timeframe"] == 90.0 && b["sortField"] == "lastUsed" }, contract.RequestForm{Days: daysNumber, ActivityField: "lastUsed"}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t, func(q request) (int, string) {
				if q.path != casUsers {
					return 404, ""
				}
				if !tc.takes(q.body) {
					return 400, `{"error":true,"sortField":[{"error":"not valid"}]}`
				}
				return 200, list(userRows(0, 1), "")
			})
			c := tn.client()
			page, err := c.ReadUsers(t.Context(), usersQuery())
			if err != nil || page.Dialect.UserForm != tc.want || len(tn.paths()) != tc.tries {
				t.Errorf("%+v after %d requests, %v", page.Dialect.UserForm, len(tn.paths()), err)
			}
			if _, err := c.ReadUsers(t.Context(), usersQuery()); err != nil || len(tn.paths()) != tc.tries+1 {
				t.Errorf("it is not remembered: %d requests, %v", len(tn.paths()), err)
			}
		})
	}
}

func TestARequestThatEverySpellingIsRefusedFailsAsTheFirstDid(t *testing.T) {
	n := 0
	tn := newTenant(t, func(request) (int, string) {
		n++
		return 400, fmt.Sprintf(`{"detail":"refusal %d"}`, n)
	})
	_, err := tn.client().ReadUsers(t.Context(), usersQuery())
	wantError(t, err, httpx.KindRefused, "refusal 1")
	if n != 16 { // at every address in every spelling
		t.Errorf("%d requests", n)
	}
	q := usersQuery()
	q.Known = settled()
	_, err = tn.client().ReadUsers(t.Context(), q)
	wantError(t, err, httpx.KindRefused, "refusal 17")
}

func TestFailuresWhileProbingComeBackAtOnce(t *testing.T) {
	for status, kind := range map[int]httpx.Kind{500: httpx.KindServer, 401: httpx.KindUnauthorized} {
		most := 1
		if status == 401 {
			most += looksAfter401
		}
		tn := newTenant(t, always(status, ""))
		_, err := tn.client().ReadUsers(t.Context(), usersQuery())
		wantError(t, err, kind)
		if len(tn.paths()) != most {
			t.Errorf("%d: asked %v", status, tn.paths())
		}
	}
}

// decodedUsers reads rows as a page would be.
func decodedUsers(rows string, known contract.Dialect, now time.Time) (listing.UserPage, error) {
	h := http.Header{}
	if !now.IsZero() {
		h.Set("Date", now.Format(http.TimeFormat))
	}
	return decodeUsers("read the users of an app", &httpx.Answer{Status: 200, Header: h, Body: []byte(list(rows, ""))}, 0, known, nil)
}

func TestEveryKnownKeyOfAUserRowIsRead(t *testing.T) {
	columns := userColumns.keys
	for _, name := range columns[colName] {
		for _, at := range columns[colTime] {
			row := fmt.Sprintf(`{"traffic":{"%s":"no","%s":1},%q:"alice","other":[1],%q:1763769600000}`, name, at, name, at)
			page, err := decodedUsers(row, contract.Dialect{}, time.Time{})
			if err != nil || len(page.Users) != 1 || page.Users[0] != (saas.Usage{User: "alice", LastActivity: noon}) {
				t.Errorf("%s: %+v, %v", row, page.Users, err)
			}
			if !slices.Equal(page.Dialect.UserKeys, []string{name, at}) {
				t.Errorf("keys %v", page.Dialect.UserKeys)
			}
		}
	}
}

func TestUserRows(t *testing.T) {
	good := `,{"userName":"good","lastSeen":1763769600000}`
	for name, tc := range map[string]struct {
		row    string
		user   string // of a good row
		id     string // of a bad one
		reason string
	}{
		"the likelier key wins":                  {`{"name":"Alice A","userName":"alice","lastSeen":1763769600000}`, "alice", "", ""},
		"an empty name leads to the next":        {`{"userName":" ","name":"Alice A","lastSeen":1763769600000}`, "Alice A", "", ""},
		"an unreadable time leads to the next":   {`{"userName":"alice","lastSeen":"x","lastUsed":1763769600000}`, "alice", "", ""},
		"escapes and other alphabets":            {`{"userName":"CONTOSO\\\u00e4\ud83d\ude00 \"b\"","lastSeen":1763769600000}`, "CONTOSO\\ä😀 \"b\"", "", ""},
		"an anonymised name is a name":           {`{"userName":"User_KSzxdM1v833oYU1kLo9m7w==","lastSeen":1763769600000}`, "User_KSzxdM1v833oYU1kLo9m7w==", "", ""},
		"keys in another case are others":        {`{"UserName":"x","userName":"alice","LastSeen":1,"lastSeen":1763769600000}`, "alice", "", ""},
		"a repeated key counts as it ends":       {`{"userName":"x","userName":"alice","lastSeen":1763769600000}`, "alice", "", ""},
		"an id beside a missing name is no name": {`{"_id":"5f01","userName":null,"lastSeen":1763769600000}`, "", "", badNoName},
		"no name":                                {`{"lastSeen":1763769600000}`, "", "", badNoName},
		"a name of another type":                 {`{"userName":{"id":7},"lastSeen":1763769600000}`, "", "", badNoName},
		"no time":                                {`{"userName":"bob"}`, "", "bob", badNoTime},
		"a null time":                            {`{"userName":"bob","lastSeen":null}`, "", "bob", badNoTime},
		"a time that is none":                    {`{"userName":"bob","lastSeen":"the day before"}`, "", "bob", badTime},
		"a time of another type":                 {`{"userName":"bob","lastSeen":[true]}`, "", "bob", badTime},
		"the beginning of 1970":                  {`{"userName":"bob","lastSeen":0}`, "", "bob", badTime},
		"next week":                              {`{"userName":"bob","lastSeen":1764633600000}`, "", "bob", badFuture},
		"null":                                   {`null`, "", "", badNotObject},
		"a list":                                 {`["alice",1763769600000]`, "", "", badNotObject},
		"an empty object":                        {`{}`, "", "", badNoName},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := decodedUsers(tc.row+good, contract.Dialect{}, noon.Add(24*time.Hour))
			if err != nil || page.Rows != 2 {
				t.Fatalf("%+v, %v", page, err)
			}
			if tc.reason == "" {
				if len(page.Bad) != 0 || page.Users[0] != (saas.Usage{User: tc.user, LastActivity: noon}) {
					t.Errorf("%+v, bad %+v", page.Users, page.Bad)
				}
				return
			}
			if want := (listing.BadRow{ID: tc.id, Reason: tc.reason}); len(page.Bad) != 1 || page.Bad[0] != want || len(page.Users) != 1 {
				t.Errorf("users %+v, bad %+v; want %+v", page.Users, page.Bad, want)
			}
		})
	}
}

func TestAUserWhoComesTwiceInAPageKeepsTheLatestTime(t *testing.T) {
	page, err := decodedUsers(`{"userName":"a","lastSeen":1763683200000},{"userName":"b","lastSeen":1763769600000},
		{"userName":"a","lastSeen":1763769600000},{"userName":"b","lastSeen":1763683200000},{"userName":"A","lastSeen":1763683200000}`, contract.Dialect{}, time.Time{})
	want := []saas.Usage{{User: "a", LastActivity: noon}, {User: "b", LastActivity: noon}, {User: "A", LastActivity: noon.Add(-24 * time.Hour)}}
	if err != nil || !slices.Equal(page.Users, want) || page.Rows != 5 || len(page.Bad) != 0 {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestAPageOfNothingUsable(t *testing.T) {
	repeat := func(row string, n int) string { return strings.TrimSuffix(strings.Repeat(row+",", n), ",") }
	unknown := `{"principalRef":"alice","bucket":17,"lastSeen_":"x"}`
	for name, tc := range map[string]struct {
		rows  string
		known contract.Dialect
		says  []string // of the error; none when the rows are merely bad
	}{
		"keys that nobody knows":                   {repeat(unknown, 100), contract.Dialect{}, []string{"principalRef", "bucket", "userName"}},
		"a single such row":                        {unknown, contract.Dialect{}, []string{"principalRef"}},
		"no name":                                  {`{"lastSeen":1763769600000,"who":"x"}`, contract.Dialect{}, []string{"usable name", "who"}},
		"no time":                                  {`{"userName":"x","when":"x"}`, contract.Dialect{}, []string{"last activity", "when"}},
		"no objects":                               {repeat(`"alice"`, 3), contract.Dialect{}, []string{"keys seen: none"}},
		"a page of unreadable times":               {repeat(`{"userName":"x","lastSeen":"gestern"}`, 20), contract.Dialect{}, []string{"last activity"}},
		"the shape changes in mid-session":         {repeat(unknown, 20), settled(), []string{"principalRef"}},
		"a few rows with known keys, badly filled": {repeat(`{"userName":null,"lastSeen":"gestern"}`, 3), contract.Dialect{}, nil},
		"a few bad rows of a known shape":          {repeat(unknown, 19), settled(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := decodedUsers(tc.rows, tc.known, time.Time{})
			if len(tc.says) > 0 {
				wantError(t, err, httpx.KindContract, tc.says...)
				return
			}
			if err != nil || len(page.Bad) != page.Rows || len(page.Users) != 0 {
				t.Errorf("%+v, %v", page, err)
			}
			if !reflect.DeepEqual(page.Dialect, tc.known) {
				t.Errorf("bad rows taught %+v", page.Dialect)
			}
		})
	}
}

func TestTheFingerprintKnowsBadRowsToo(t *testing.T) {
	print := func(rows string) string {
		page, err := decodedUsers(rows, settled(), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		return page.Fingerprint
	}
	a, b := `{"userName":"a","lastSeen":1763769600000}`, `{"ref":"x"}`
	if print(a+","+b) != print(`{"userName":"a","lastSeen":1763683200000},`+b) {
		t.Error("a later time makes another page of it")
	}
	if print(a+","+b) == print(b+","+a) || print(b) == print(`{"ref":"y"}`) {
		t.Error("other rows are the same page")
	}
	if print("") != "" {
		t.Error("an empty page has a fingerprint")
	}
}

func FuzzDecodeUsers(f *testing.F) {
	for _, seed := range []string{
		list(userRows(0, 3), `,"hasNext":true`), `{"data":[{"userName":"a","lastSeen":"2020-07-18T18:21:10.6170000Z"},null,{"id":"x"}]}`,
		`{"data":[{"userName":"\ud800","lastSeen":1e12}]}`, `{"data":[{"x":{"y":["}"]}}]}`,
	} {
		f.Add([]byte(seed))
	}
	now := http.Header{"Date": {"Mon, 23 Nov 2026 12:00:00 GMT"}}
	f.Fuzz(func(t *testing.T, body []byte) {
		page, err := decodeUsers("read", &httpx.Answer{Header: now, Body: body}, 0, settled(), namesOf(saas.FormatEmail))
		if err != nil {
			return
		}
		if len(page.Users)+len(page.Bad) > page.Rows {
			t.Errorf("%d users and %d bad rows of %d", len(page.Users), len(page.Bad), page.Rows)
		}
		seen := map[string]bool{}
		for _, u := range page.Users {
			if isBlank(u.User) || u.LastActivity.IsZero() || !sane(u.LastActivity) || seen[u.User] {
				t.Errorf("%+v", u)
			}
			seen[u.User] = true
		}
	})
}

// BenchmarkDecodeUsers reads pages of 100 rows as the portal sends them.
func BenchmarkDecodeUsers(b *testing.B) {
	rows := make([]string, PageSize)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"userName": "firstname.lastname%d@contoso.com", "lastSeen": 17637696%05d, "trafficTotalBytes": 45120, `+
			`"trafficUploadedBytes": 1200, "trafficDownloadedBytes": 43920, "trafficTotalEvents": 7}`, i, i)
	}
	answer := &httpx.Answer{Status: 200, Body: []byte(list(strings.Join(rows, ", "), `,"hasNext":true,"total":1873`))}
	known := settled()
	b.SetBytes(int64(len(answer.Body)))
	b.ReportAllocs()
	for b.Loop() {
		if page, err := decodeUsers("read", answer, 0, known, nil); err != nil || len(page.Users) != PageSize {
			b.Fatal(len(page.Users), err)
		}
	}
	b.ReportMetric(float64(b.N*PageSize)/b.Elapsed().Seconds(), "rows/s")
}
