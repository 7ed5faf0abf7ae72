package query

import (
	"testing"

	"defendersync/internal/reporting/sheet"
)

func TestOnlyPortalsThatAreKnownAreLinked(t *testing.T) {
	for api, want := range map[string]string{
		"https://contoso.us3.portal.cloudappsecurity.com/api/": "https://security.microsoft.com",
		" https://portal.cloudappsecurity.com":                 "https://security.microsoft.com",
		"https://contoso.portal.cloudappsecuritygov.com":       "",
		"https://contoso.us1.portal.cloudappsecurity.us":       "",
		"https://evil-portal.cloudappsecurity.com":             "",
		"http://127.0.0.1:8080":                                "", "": "", "%": "",
	} {
		if got := PortalOf(api); got != want {
			t.Errorf("%q has the portal %q, want %q", api, got, want)
		}
	}
}

func TestNamesInLinksAreEscaped(t *testing.T) {
	const before = "https://security.microsoft.com/cloudapps/app-catalog?text=contains(o:(searchType:i:1,adv:b:false),"
	for name, want := range map[string]string{
		"Dropbox":          before + "Dropbox)",
		` a"b),c&d=1#e/f `: before + "a%22b%29%2Cc%26d%3D1%23e%2Ff)",
		"Zoom Meetings":    before + "Zoom%20Meetings)",
		"Я":                before + "%D0%AF)",
		" ":                "",
	} {
		if got := LinkApp(defenderPortal, name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
	if got := LinkApp("", "Dropbox"); got != "" {
		t.Errorf("without a portal: %s", got)
	}
}

func TestUsersHaveTheirIdsAndTheAppsPage(t *testing.T) {
	r := newRig(t, several())
	r.Links = Links{Portal: defenderPortal, App: "https://contoso.oomnitza.com/#/software/{id}", Person: "https://contoso.oomnitza.com/#/users/{id}?of={id}"}
	app := r.mostUsed()
	heading, rows, err := UsersOptions{App: app}.Answer(t.Context(), r.Source)
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, c := range heading.Columns {
		at[c.Key] = i
	}
	n := 0
	for row, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		n++
		var id any
		for _, seat := range r.held.Assigned[app] {
			if seat.Username == row[at["user"]] {
				id = seat.Username
			}
		}
		if id == nil || row[at["userId"]] == "" || row[at["appId"]] != r.held.SaaS[app].ID ||
			"defender-app:"+row[at["defenderAppId"]].(string) != r.held.SaaS[app].LinkKey || row[at["defenderPage"]] != LinkApp(defenderPortal, app) {
			t.Errorf("%v", row)
		}
		appID, userID := row[at["appId"]].(string), row[at["userId"]].(string)
		if row[at["appPage"]] != "https://contoso.oomnitza.com/#/software/"+appID || row[at["userPage"]] != "https://contoso.oomnitza.com/#/users/"+userID+"?of="+userID {
			t.Errorf("links %v", row)
		}
	}
	if n != len(r.held.Assigned[app]) || n == 0 {
		t.Errorf("%d rows", n)
	}
	if r.Links.LinkInDefender(App{Name: "x"}) != "" || r.Links.LinkInDefender(App{Name: "x", Discovered: true}) == "" {
		t.Error("an app that Defender does not know has a link")
	}
	if heading.Columns[at["userId"]].Kind != sheet.ID || heading.Columns[at["defenderPage"]].Kind != sheet.Page {
		t.Error("ids and links stand in tables")
	}
}

func TestAppsHaveTheirIdsAndPages(t *testing.T) {
	r := newRig(t, several())
	r.Links = Links{Portal: defenderPortal, App: "https://contoso.oomnitza.com/{id}"}
	heading, rows, err := AppsOptions{CreatedBy: Anyone}.Answer(t.Context(), r.Source)
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, c := range heading.Columns {
		at[c.Key] = i
	}
	linked := 0
	for row, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		name, _ := row[at["name"]].(string)
		if row[at["appPage"]] != "https://contoso.oomnitza.com/"+r.held.SaaS[name].ID {
			t.Errorf("%v", row)
		}
		if row[at["defenderPage"]] != "" {
			if linked++; row[at["defenderPage"]] != LinkApp(defenderPortal, name) {
				t.Errorf("%v", row)
			}
		}
	}
	if linked == 0 {
		t.Error("no app is linked in Defender")
	}
}

func TestAPageWhoseAddressIsUnknownIsABlankColumn(t *testing.T) {
	for _, known := range []bool{false, true} {
		var links Links
		if known {
			links = Links{defenderPortal, "https://x.example/{id}", "https://x.example/{id}"}
		}
		columns := UsersOptions{}.Columns()
		n := 0
		for _, c := range links.describePages(columns, "app") {
			if c.Kind != sheet.Page {
				continue
			}
			if n++; c.Blank == known || c.Of != map[bool]string{true: "user", false: "app"}[c.Key == "userPage"] {
				t.Errorf("%+v", c)
			}
		}
		if n != 3 {
			t.Errorf("%d columns of pages", n)
		}
	}
	if got := (Links{App: "https://x.example/{id}"}).LinkRecord(`a/b"c`); got != "https://x.example/a%2Fb%22c" {
		t.Errorf("the id is not escaped: %s", got)
	}
	if got := (Links{App: "https://x.example/{id}"}).LinkRecord(""); got != "" {
		t.Errorf("a record without an id has the page %s", got)
	}
}
