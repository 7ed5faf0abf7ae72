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
	r.Portal = defenderPortal
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
	}
	if n != len(r.held.Assigned[app]) || n == 0 {
		t.Errorf("%d rows", n)
	}
	if u := (User{App: "x"}); linkDiscovered(u, defenderPortal) != "" {
		t.Error("an app that Defender does not know has a link")
	}
	if heading.Columns[at["userId"]].Kind != sheet.ID || heading.Columns[at["defenderPage"]].Kind != sheet.Page {
		t.Error("ids and links stand in tables")
	}
}
