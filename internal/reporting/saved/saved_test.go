package saved

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/reporting/query"
	"defendersync/internal/reporting/sheet"
)

func TestTheExampleIsAGoodFile(t *testing.T) {
	reports, err := LoadFile("../../../deployments/reports.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range reports {
		names = append(names, r.Name)
	}
	want := []string{"most-used-apps", "chinese-and-russian-websites", "unused-dropbox-seats", "ai-in-use", "unsanctioned-apps", "dashboard"}
	if !slices.Equal(names, want) {
		t.Errorf("got %v, want %v, in the file's order", names, want)
	}
	r, ok := FindReport(reports, "most-used-apps")
	if !ok || r.Question != contract.QuestionApps || r.Filters["min-active-users"] != "10" || r.Title != "Most used apps" || r.Format != string(sheet.Table) ||
		!slices.Equal(r.Subscribers, []string{"it.manager@contoso.com"}) || ZoneOf(r).String() != "Europe/Berlin" {
		t.Errorf("got %+v", r)
	}
	if _, ok := FindReport(reports, "most"); ok {
		t.Error("found a report by half of its name")
	}
}

func TestEveryMistakeOfAFileIsToldAtOnce(t *testing.T) {
	_, problems := ParseReports(`
stray = 1

[Bad_Name]
question = "apps"

[no-question]
title = "x"

[other]
question = "people"

[wrong-values]
question = "apps"
min-active-users = "ten"
unsanctioned = 1
category = 5
sort = "activ"
colums = ["name"]
frequency = "weekly"
title = 7

[wrong-answers]
question = "apps"
sort = "activ"

[wrong-columns]
question = "websites"
columns = ["website", "users"]

[twice]
question = "websites"
columns = ["website", "website"]

[both]
question = "users"
app = "Dropbox"
all-apps = true
active = true
inactive = true
sort = "risk,user:up"

[none]
question = "users"

[mailed]
question = "apps"
format = "pdf"
subscribers = ["Ann <ann@contoso.com>", "bob"]
schedule = "0 25 * * *"
timezone = "Berlin"

[unsent]
question = "apps"
subscribers = "ann@contoso.com"

[unread]
question = "apps"
schedule = "every 1d"
`)
	var got []string
	for _, p := range problems {
		got = append(got, p.String())
	}
	for _, want := range []string{
		"stray is outside a report",
		`report "Bad_Name": use up to 60 lower-case letters`,
		`report "no-question", question: use apps, websites, users or dashboard`,
		`report "other", question: "people": use apps, websites, users or dashboard`,
		`report "wrong-values", min-active-users: use a whole number`,
		`report "wrong-values", unsanctioned: use true or false`,
		`report "wrong-values", category: use a text in quotes`,
		`report "wrong-values", colums: unknown key; did you mean columns?`,
		`report "wrong-values", frequency: unknown key`,
		`report "wrong-values", title: use a text in quotes`,
		`report "wrong-answers", sort: "activ": use name, category`,
		`report "wrong-columns", columns: "users": did you mean activeUsers? use website, apps`,
		`report "twice", columns: "website": it is listed twice`,
		`report "both", app: "Dropbox": can't be combined with all-apps`,
		`report "both", active: can't be combined with inactive`,
		`report "both", sort: "risk": use user, name`,
		`report "both", sort: "user:up": the direction is :asc or :desc`,
		`report "none", app: name an app, a user, or use all-apps`,
		`report "mailed", format: "pdf": use table, json, csv or xlsx`,
		`report "mailed", timezone: "Berlin": not a time zone`,
		`report "unsent", schedule: is missing, since there are subscribers`,
		`report "unread", subscribers: are missing, since there is a schedule`,
	} {
		if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("no mistake %q among\n%s", want, strings.Join(got, "\n"))
		}
	}
}

func TestUsersAreChosenByPersonNameEmailAndRole(t *testing.T) {
	reports, problems := ParseReports(`
[one]
question = "users"
user = "ann@contoso.com"

[two]
question = "users"
all-apps = true
name = ["ann", "bob"]
email = "@contoso.com"
role = 25

[three]
question = "users"
all-apps = true
role = ["3", "25"]
`)
	if len(problems) > 0 || len(reports) != 3 {
		t.Fatalf("%v", problems)
	}
	for i, want := range []query.UsersOptions{
		{User: "ann@contoso.com"},
		{AllApps: true, Name: "ann,bob", Email: "@contoso.com", Role: "25"},
		{AllApps: true, Role: "3,25"},
	} {
		if got, err := questionOf(reports[i]); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", reports[i].Name, got, err)
		}
	}
	_, problems = ParseReports("[x]\nquestion = \"users\"\nall-apps = true\nrole = \"admin\"\n[y]\nquestion = \"users\"\nuser = 5\nrole = true")
	var got []string
	for _, p := range problems {
		got = append(got, p.String())
	}
	if want := []string{`report "x", role: "admin": use the ids of roles`, `report "y", role: use a whole number, or a text`, `report "y", user: use a text in quotes`}; len(got) != 3 ||
		!strings.HasPrefix(got[0], want[0]) || !strings.HasPrefix(got[1], want[1]) || !strings.HasPrefix(got[2], want[2]) {
		t.Errorf("got %q", got)
	}
}

func TestAddressesAndTimesOfAMailedReportAreChecked(t *testing.T) {
	for content, want := range map[string]string{
		`subscribers = ["Ann <ann@contoso.com>"]` + "\nschedule = \"every 1d\"": `subscribers: "Ann <ann@contoso.com>": not an email address`,
		`subscribers = ["bob"]` + "\nschedule = \"every 1d\"":                   `subscribers: "bob": not an email address`,
		`subscribers = ["a@b.c"]` + "\nschedule = \"0 25 * * *\"":               `schedule: "0 25 * * *": not a cron expression`,
		`subscribers = ["a@b.c"]` + "\nschedule = \"every 1s\"":                 `schedule: "every 1s": every 1s is too often`,
		`timezone = "Europe/Berlin"`:                                            `timezone: has no effect without a schedule`,
	} {
		_, problems := ParseReports("[x]\nquestion = \"apps\"\n" + content)
		if len(problems) != 1 || !strings.Contains(problems[0].String(), want) {
			t.Errorf("%s: got %v, want %s", content, problems, want)
		}
	}
}

func TestAFileThatIsNoTOMLNamesTheLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reports.toml")
	if err := os.WriteFile(path, []byte("[a]\nquestion = apps\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := LoadFile(path)
	var wrong *FileError
	if !errors.As(err, &wrong) || !strings.Contains(err.Error(), path+": line 2: ") {
		t.Errorf("got %v", err)
	}
	if _, err := LoadFile(path + "x"); err == nil || !strings.Contains(err.Error(), "REPORTS_FILE") {
		t.Errorf("got %v", err)
	}
}

func TestAReportIsTheSameAfterItTravelled(t *testing.T) {
	reports, err := LoadFile("../../../deployments/reports.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back contract.Report
		if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, r) {
			t.Errorf("%s came back as %+v, %v", text, back, err)
		}
	}
}

func TestWhatReadsDefenderIsKnownAsSuch(t *testing.T) {
	for content, want := range map[string]bool{
		`question = "apps"`:                                               false,
		"question = \"apps\"\nunsanctioned = true":                        true,
		"question = \"apps\"\nwith-risk = true":                           true,
		"question = \"apps\"\nsort = \"risk\"":                            true,
		"question = \"apps\"\nwith-users = true":                          false,
		"question = \"websites\"":                                         false,
		"question = \"websites\"\nsuffix = \".cn\"":                       true,
		"question = \"websites\"\nsuffix = \".cn\"\ndomains = false":      false,
		"question = \"apps\"\nwebsite-contains = \".cn\"":                 true,
		"question = \"users\"\nall-apps = true":                           false,
		"question = \"users\"\nall-apps = true\nlive = true":              true,
		"question = \"users\"\nall-apps = true\nlive = false":             false,
		"question = \"users\"\nall-apps = true\nsort = \"last-activity\"": false,
	} {
		reports, problems := ParseReports("[x]\n" + content)
		if len(problems) > 0 || IsLive(reports[0]) != want {
			t.Errorf("%s: %v, want %v; %v", content, !want, want, problems)
		}
	}
}

func TestWhenAReportIsSentIsSaidWithItsZone(t *testing.T) {
	for want, r := range map[string]contract.Report{
		"":                          {},
		"every 7d":                  {Schedule: "every 7d", Timezone: "Europe/Berlin"},
		"0 7 * * 1 (Europe/Berlin)": {Schedule: "0 7 * * 1", Timezone: "Europe/Berlin"},
		"0 7 * * 1 (UTC)":           {Schedule: "0 7 * * 1"},
	} {
		if got := WhenSent(r); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestColumnsAreThoseAskedForInThatOrder(t *testing.T) {
	heading := sheet.Sheet{Title: "x", Columns: []sheet.Column{{Key: "a"}, {Key: "b"}, {Key: "c"}}}
	failed := errors.New("the tenant is out")
	rows := func(yield func(sheet.Row, error) bool) {
		if yield(sheet.Row{1, 2, 3}, nil) && yield(sheet.Row{4, 5, 6}, nil) {
			yield(nil, failed)
		}
	}
	got, some, err := pickColumns(heading, rows, []string{"c", "a"})
	if err != nil || len(got.Columns) != 2 || got.Columns[0].Key != "c" {
		t.Fatalf("got %+v, %v", got, err)
	}
	var all []sheet.Row
	for row, err := range some {
		if err != nil {
			if err != failed {
				t.Error(err)
			}
			break
		}
		all = append(all, slices.Clone(row))
	}
	if !reflect.DeepEqual(all, []sheet.Row{{3, 1}, {6, 4}}) {
		t.Errorf("got %v", all)
	}
}

func TestAFilterOfANewerVersionIsNotLeftOut(t *testing.T) {
	r := contract.Report{Name: "x", Question: contract.QuestionApps, Filters: map[string]string{"owner": "ann"}}
	_, _, err := Ask(context.Background(), r, query.Source{})
	if err == nil || !strings.Contains(err.Error(), "owner: this version does not know it") {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	example, err := os.ReadFile("../../../deployments/reports.example.toml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(example))
	f.Add("[x]\nquestion = \"users\"\napp = [1, \"a\"]\n[x.y]\nz = 1979-05-27\n")
	f.Fuzz(func(t *testing.T, content string) {
		reports, problems := ParseReports(content)
		if len(problems) > 0 {
			return
		}
		for _, r := range reports {
			if !goodName.MatchString(r.Name) || kindsOfQuestion(r.Question) == nil {
				t.Errorf("taken for good: %+v", r)
			}
		}
	})
}

func TestADashboardIsAReportWithoutRows(t *testing.T) {
	reports, problems := ParseReports(`
[overview]
question = "dashboard"
title = "The month"
live = true
subscribers = ["ann@contoso.com"]
schedule = "0 7 1 * *"
[small]
question = "dashboard"
apps = 0
created-by = "any"
`)
	if len(problems) > 0 || len(reports) != 2 {
		t.Fatalf("%v, %v", reports, problems)
	}
	first, err := DashboardOf(reports[0])
	if err != nil || first != (Dashboard{Apps: DashboardApps, Live: true}) || !IsDashboard(reports[0]) || !IsLive(reports[0]) {
		t.Errorf("got %+v, %v", first, err)
	}
	second, err := DashboardOf(reports[1])
	if err != nil || second != (Dashboard{CreatedBy: "any"}) || IsLive(reports[1]) {
		t.Errorf("got %+v, %v", second, err)
	}
	for text, want := range map[string]string{
		`apps = -5`:          `report "d", apps: "-5": use 1 or more`,
		`columns = ["name"]`: `report "d", columns: the dashboard has no columns`,
		`format = "xlsx"`:    `report "d", format: "xlsx": the dashboard is a page`,
		`top = 5`:            `report "d", top: unknown key`,
		`live = "yes"`:       `report "d", live: use true or false`,
	} {
		_, problems := ParseReports("[d]\nquestion = \"dashboard\"\n" + text)
		if len(problems) != 1 || !strings.Contains(problems[0].String(), want) {
			t.Errorf("%s: %v", text, problems)
		}
	}
}

// TestChosenColumnsKeepTheirPagesBehindThem: mails link names by them.
func TestChosenColumnsKeepTheirPagesBehindThem(t *testing.T) {
	heading := sheet.Sheet{Columns: []sheet.Column{
		{Key: "name"}, {Key: "category"}, {Key: "defenderPage", Kind: sheet.Page, Of: "name"}, {Key: "appPage", Kind: sheet.Page, Of: "name", Blank: true},
		{Key: "userPage", Kind: sheet.Page, Of: "user"},
	}}
	rows := func(yield func(sheet.Row, error) bool) { yield(sheet.Row{"Slack", "Chat", "d", "", "u"}, nil) }
	for _, test := range []struct {
		keys []string
		want string
	}{
		{[]string{"Name"}, "name=Slack defenderPage=d (hidden)"},
		{[]string{"category"}, "category=Chat"},
		{[]string{"defenderPage", "name"}, "defenderPage=d name=Slack"},
	} {
		picked, got, err := pickColumns(heading, rows, test.keys)
		if err != nil {
			t.Fatal(err)
		}
		var parts []string
		for row := range got {
			for i, c := range picked.Columns {
				parts = append(parts, fmt.Sprintf("%s=%v", c.Key, row[i]))
				if c.Hidden {
					parts = append(parts, "(hidden)")
				}
			}
		}
		if text := strings.Join(parts, " "); text != test.want {
			t.Errorf("%v: %s, want %s", test.keys, text, test.want)
		}
	}
}
