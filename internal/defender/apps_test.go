package defender

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

func appsQuery() listing.AppQuery {
	return listing.AppQuery{Stream: "57869acdb4b3d5154f095af7", Timeframe: 90, Sort: contract.SortName}
}

func TestAppsAreAskedForAsKnownClientsDo(t *testing.T) {
	for name, tc := range map[string]struct {
		q                listing.AppQuery
		field, direction string
		days             string
	}{
		"by name":            {listing.AppQuery{Stream: "s", Timeframe: 90, Sort: contract.SortName}, "name", "asc", "90"},
		"by name by default": {listing.AppQuery{Stream: "s", Timeframe: 30}, "name", "asc", "30"},
		"by last activity":   {listing.AppQuery{Stream: "s", Timeframe: 7, Sort: contract.SortLastActivity, Skip: 200}, "lastSeen", "desc", "7"},
	} {
		t.Run(name, func(t *testing.T) {
			tn := newTenant(t, byPath(map[string]string{casApps: list(appRows(0, 2), `,"hasNext":true,"total":250`)}))
			tn.header.Set("Date", "Mon, 23 Nov 2026 12:00:00 GMT")
			page, err := tn.client().ReadApps(t.Context(), tc.q)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]any{
				"streamId": "s", "timeframe": tc.days, "skip": float64(tc.q.Skip), "limit": 100.0, "sortField": tc.field,
				"sortDirection": tc.direction, "performAsyncTotal": false, "filters": map[string]any{},
			}
			if got := tn.asked[0]; got.method != http.MethodPost || got.path != casApps || !reflect.DeepEqual(got.body, want) {
				t.Errorf("%s %s %v, want %v", got.method, got.path, got.body, want)
			}
			if len(page.Apps) != 2 || page.Rows != 2 || page.Next != tc.q.Skip+2 || page.Total != 250 || page.Date.Year() != 2026 || page.Fingerprint == "" {
				t.Errorf("%+v", page)
			}
		})
	}
}

func TestTheAppsPrefixIsFoundOnceAndServesUsersToo(t *testing.T) {
	tn := newTenant(t, byPath(map[string]string{apiApps: list(appRows(0, 1), ""), apiUsers: list(userRows(0, 1), "")}))
	c := tn.client()
	for range 2 {
		page, err := c.ReadApps(t.Context(), appsQuery())
		if err != nil || page.Dialect.Prefix != "/api/v1" || !slices.Equal(page.Dialect.AppKeys, []string{"appId", "name"}) {
			t.Fatalf("%+v, %v", page.Dialect, err)
		}
	}
	if _, err := c.ReadUsers(t.Context(), usersQuery()); err != nil {
		t.Fatal(err)
	}
	want := []string{"POST " + casApps, "POST " + apiApps, "POST " + apiApps, "POST " + apiUsers}
	if got := tn.paths(); !slices.Equal(got, want) {
		t.Errorf("asked %v", got)
	}
}

func TestATenantWithoutAListOfAppsIsAContractErrorThatNamesThePaths(t *testing.T) {
	_, err := newTenant(t, always(404, "")).client().ReadApps(t.Context(), appsQuery())
	wantError(t, err, httpx.KindContract, casApps, apiApps, "DEFENDER_API_URL")
}

func TestTheFormerSortFieldOfAppsIsFound(t *testing.T) {
	tn := newTenant(t, func(q request) (int, string) {
		if f := q.body["sortField"]; f != "lastUsed" && f != "name" {
			return 400, `{"detail":"sortField is not valid"}`
		}
		return 200, list(appRows(0, 1), "")
	})
	c := tn.client()
	q := appsQuery()
	if page, err := c.ReadApps(t.Context(), q); err != nil || page.Dialect.AppForm != (contract.RequestForm{Days: daysText}) {
		t.Fatalf("by name: %+v, %v", page.Dialect, err)
	}
	q.Sort = contract.SortLastActivity
	for range 2 {
		if page, err := c.ReadApps(t.Context(), q); err != nil || page.Dialect.AppForm != (contract.RequestForm{Days: daysText, ActivityField: "lastUsed"}) {
			t.Fatalf("by last activity: %+v, %v", page.Dialect, err)
		}
	}
	if got := len(tn.paths()); got != 4 {
		t.Errorf("%d requests for three pages and one probe", got)
	}
}

func decodedApps(rows string, known contract.Dialect) (listing.AppPage, error) {
	h := http.Header{"Date": {noon.Add(24 * time.Hour).Format(http.TimeFormat)}}
	return decodeApps("read the discovered apps", &httpx.Answer{Status: 200, Header: h, Body: []byte(list(rows, ""))}, listing.AppQuery{}, known)
}

func TestAppRows(t *testing.T) {
	bare := saas.App{ID: "11627", Name: "Dropbox", Users: -1}
	with := func(change func(*saas.App)) saas.App {
		a := bare
		change(&a)
		return a
	}
	for name, tc := range map[string]struct {
		row  string
		want saas.App
	}{
		"everything": {
			`{"appId":11627,"name":"Dropbox","category":"SAASDB_CATEGORY_CLOUD_STORAGE","score":10,"usersCount":61,"ipAddressesCount":68,
			 "trafficTotalBytes":504637,"lastSeen":1763769600000,"tags":["Sanctioned"],"domains":["dropbox.com","db.tt"],"vendor":"Dropbox, Inc."}`,
			saas.App{ID: "11627", Name: "Dropbox", Category: "Cloud storage", Vendor: "Dropbox, Inc.", Website: "dropbox.com", Domains: "db.tt", Score: 10, Tag: "Sanctioned", Users: 61, LastActivity: noon},
		},
		"Graph's keys": {
			`{"id":"11627","displayName":"Dropbox","category":"cloudStorage","riskScore":7.5,"userCount":61,"lastSeenDateTime":"2025-11-22T00:00:00Z"}`,
			saas.App{ID: "11627", Name: "Dropbox", Category: "Cloud storage", Score: 7.5, Users: 61, LastActivity: noon},
		},
		"next to nothing":           {`{"appId":11627,"name":"Dropbox"}`, bare},
		"an id in a string":         {`{"appId":" 11627 ","name":"Dropbox"}`, bare},
		"an id as a float":          {`{"appId":11627.0,"name":"Dropbox"}`, bare},
		"an id that is no number":   {`{"appId":"custom-1","name":"Dropbox"}`, with(func(a *saas.App) { a.ID = "custom-1" })},
		"another id beside it":      {`{"id":"row-7","_id":"x","appId":11627,"name":"Dropbox"}`, bare},
		"nulls":                     {`{"appId":11627,"name":"Dropbox","category":null,"score":null,"users":null,"lastSeen":null,"tags":null,"domains":null}`, bare},
		"values of other types":     {`{"appId":11627,"name":"Dropbox","category":7,"score":{},"users":"many","tags":7,"domains":[7,[]]}`, bare},
		"numbers in strings":        {`{"appId":11627,"name":"Dropbox","score":"8","users":"61"}`, with(func(a *saas.App) { a.Score, a.Users = 8, 61 })},
		"no users":                  {`{"appId":11627,"name":"Dropbox","users":0}`, with(func(a *saas.App) { a.Users = 0 })},
		"a number of users below 0": {`{"appId":11627,"name":"Dropbox","users":-5}`, bare},
		"never seen":                {`{"appId":11627,"name":"Dropbox","lastSeen":0}`, bare},
		"the former names":          {`{"appId":11627,"name":"Dropbox","usersCount":3,"lastUsed":"1763769600","categoryName":"Cloud storage"}`, with(func(a *saas.App) { a.Users, a.LastActivity, a.Category = 3, noon, "Cloud storage" })},
		"a tag as a string":         {`{"appId":11627,"name":"Dropbox","sanctionState":"Unsanctioned","tags":[]}`, with(func(a *saas.App) { a.Tag = "Unsanctioned" })},
		"tags as objects":           {`{"appId":11627,"name":"Dropbox","tags":[{"id":"7","name":"Monitored"},{"name":"x"}]}`, with(func(a *saas.App) { a.Tag = "Monitored" })},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := decodedApps(tc.row, contract.Dialect{})
			if err != nil || len(page.Apps) != 1 || page.Apps[0] != tc.want {
				t.Errorf("%+v, bad %+v, %v; want %+v", page.Apps, page.Bad, err, tc.want)
			}
		})
	}
}

func TestBadAppRowsAreToldWithWhatCouldBeRead(t *testing.T) {
	page, err := decodedApps(`{"appId":1,"name":"Good"},"row",{"name":"No id"},{"appId":null,"id":"7","name":"No id"},{"appId":2},{"appId":3,"name":["3"]},
		{"appId":4,"name":" "},{"appId":5,"name":"x","lastSeen":"soon"},{"appId":6,"name":"x","lastSeen":1764633600000},{"appId":1.5,"name":"x"}`, contract.Dialect{})
	want := []listing.BadRow{
		{Index: 1, ID: "", Reason: badNotObject}, {Index: 2, ID: "", Reason: badNoID}, {Index: 3, ID: "", Reason: badNoID}, {Index: 4, ID: "2", Reason: badNoName}, {Index: 5, ID: "3", Reason: badNoName},
		{Index: 6, ID: "4", Reason: badNoName}, {Index: 7, ID: "5", Reason: badTime}, {Index: 8, ID: "6", Reason: badFuture}, {Index: 9, ID: "", Reason: badNoID},
	}
	if err != nil || !slices.Equal(page.Bad, want) || len(page.Apps) != 1 || page.Rows != 10 {
		t.Errorf("%+v, %v; want %+v", page.Bad, err, want)
	}
}

func TestWhatAnAppRowHoldsIsBounded(t *testing.T) {
	long := func(n int) string { return strings.Repeat("é<", n) }
	row := fmt.Sprintf(`{"appId":1,"name":%q,"category":%q,"vendor":%q,"tags":[%q],"domains":[%q,"box.com"]}`, long(40_000), long(9000), long(9000), long(9000), long(9000))
	page, err := decodedApps(row+fmt.Sprintf(`,{"appId":%q,"name":"x"}`, long(500)), contract.Dialect{})
	if err != nil || len(page.Apps) != 1 || len(page.Bad) != 1 || page.Bad[0].Reason != badLongID || len(page.Bad[0].ID) > maxID {
		t.Fatalf("%+v, %v", page.Bad, err)
	}
	text, err := json.Marshal(page.Apps[0])
	if err != nil || len(text) > 9_000 || page.Apps[0].Website != "box.com" || !strings.HasPrefix(page.Apps[0].Name, "é<") || !utf8.ValidString(page.Apps[0].Name) {
		t.Errorf("%d bytes of JSON: %.200s (%v)", len(text), text, err)
	}
}

func TestAllDomainsOfARowCount(t *testing.T) {
	for name, row := range map[string]string{
		"a list":                       `"domains":["dotcloud.com","docker.com"]`,
		"of objects in other letters":  `"domains":[{"DomainName":"dotcloud.com"},{"fqdn":"docker.com"}]`,
		"by domain":                    `"domains":{"dotcloud.com":1,"docker.com":5}`,
		"inside":                       `"Domains":{"items":["dotcloud.com","docker.com"]}`,
		"a text of JSON after a blank": `"domains":" [\"dotcloud.com\",\"docker.com\"]"`,
		"of objects":                   `"domains":[{"domain":"dotcloud.com"},{"domain":"docker.com"}]`,
		"under another key":            `"domainList":["dotcloud.com","docker.com"]`,
		"under a third":                `"allDomains":[{"name":"dotcloud.com"},{"name":"docker.com"}]`,
		"a text":                       `"domains":"dotcloud.com, docker.com"`,
		"a JSON text":                  `"domains":"[\"dotcloud.com\",\"docker.com\"]"`,
		"an address beside the list":   `"domains":["dotcloud.com"],"url":"https://www.docker.com/products"`,
		"an object of lists":           `"domains":{"domain":["dotcloud.com","docker.com"]}`,
		"null among them":              `"domains":[null,7,"","dotcloud.com",{"x":1},"docker.com"]`,
	} {
		page, err := decodedApps(`{"appId":1,"name":"Docker",`+row+`}`, contract.Dialect{})
		if err != nil || len(page.Apps) != 1 || page.Apps[0].Website != "docker.com" || page.Apps[0].Domains != "dotcloud.com" {
			t.Errorf("%s: %+v, %v", name, page.Apps, err)
		}
	}
}

func TestAnAppThatComesTwiceInAPageKeepsTheLatestTime(t *testing.T) {
	page, err := decodedApps(`{"appId":1,"name":"old","lastSeen":1763683200000},{"appId":"1","name":"new","lastSeen":1763769600000},{"appId":1,"name":"older"}`, contract.Dialect{})
	if err != nil || len(page.Apps) != 1 || page.Apps[0].Name != "new" || page.Rows != 3 {
		t.Errorf("%+v, %v", page.Apps, err)
	}
}

func TestAppsOfAnUnknownShapeAreAnErrorThatShowsTheKeys(t *testing.T) {
	unknown := strings.TrimSuffix(strings.Repeat(`{"ref":1,"label":"x","reach":3},`, 30), ",")
	for name, known := range map[string]contract.Dialect{"at first": {}, "in mid-session": settled()} {
		_, err := decodedApps(unknown, known)
		e := wantError(t, err, httpx.KindContract, "ref", "label", "reach", "appId")
		if !strings.Contains(e.Hint, "assumptions.go") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if page, err := decodedApps(`{"ref":1}`, settled()); err != nil || len(page.Bad) != 1 {
		t.Errorf("one bad row of a known shape: %+v, %v", page, err)
	}
	if page, err := decodedApps(``, contract.Dialect{}); err != nil || page.Rows != 0 || page.Next != -1 || page.Dialect.AppKeys != nil {
		t.Errorf("an empty list: %+v, %v", page, err)
	}
}

func TestAWholeListIsReadPageByPage(t *testing.T) {
	const apps = 250
	tn := newTenant(t, func(q request) (int, string) {
		skip := int(q.body["skip"].(float64))
		n := min(100, apps-skip)
		return 200, list(appRows(skip, n), fmt.Sprintf(`,"hasNext":%v,"total":7`, skip+n < apps))
	})
	c := tn.client()
	seen := map[string]bool{}
	var w contract.Walk
	for q := appsQuery(); q.Skip >= 0; {
		page, err := c.ReadApps(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := listing.AcceptPage(&w, page.Fingerprint, q.Skip); !ok {
			t.Fatalf("the page at %d came before", q.Skip)
		}
		for _, a := range page.Apps {
			seen[a.ID] = true
		}
		q.Skip, q.Known = page.Next, page.Dialect
	}
	if len(seen) != apps || len(tn.paths()) != 3 {
		t.Errorf("%d apps by %d requests", len(seen), len(tn.paths()))
	}
}

func FuzzDecodeApps(f *testing.F) {
	for _, seed := range []string{
		list(appRows(0, 3), ""), `{"data":[{"appId":1e3,"name":"x","tags":[{"name":1}],"domains":"a","score":"1e400"}]}`,
		`{"data":[{"id":"\u0000","name":"\ud800","users":9007199254740993}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		page, err := decodeApps("read", &httpx.Answer{Body: body}, listing.AppQuery{Hosts: true}, settled())
		if err != nil {
			return
		}
		if len(page.Apps)+len(page.Bad) > page.Rows {
			t.Errorf("%d apps and %d bad rows of %d", len(page.Apps), len(page.Bad), page.Rows)
		}
		for _, a := range page.Apps {
			if isBlank(a.ID) || isBlank(a.Name) || a.Users < -1 || !sane(a.LastActivity) {
				t.Errorf("%+v", a)
			}
		}
	})
}
