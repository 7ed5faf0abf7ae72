package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"defendersync/internal/testing/instants"
	"defendersync/internal/testing/simulator"
)

// tenantPair is both simulated tenants, Oomnitza's as a session left it, and the
// settings that lead to them.
type tenantPair struct {
	sim     *simulator.Simulator
	environ []string
}

func newTenants(t *testing.T, o simulator.Options) tenantPair {
	t.Helper()
	if o.Apps == 0 {
		o = simulator.Options{Seed: 1, Apps: 120, People: 400, Pairs: 3000, Streams: 2, ExistingApps: 0.05, Variants: o.Variants, Faults: o.Faults, Start: o.Start}
	}
	o.Synced, o.Clock = true, instants.Still(instants.Noon)
	sim := simulator.New(o)
	d, oo := httptest.NewServer(sim.Defender()), httptest.NewServer(sim.Oomnitza())
	t.Cleanup(func() { d.CloseClientConnections(); d.Close(); oo.CloseClientConnections(); oo.Close() })
	return tenantPair{sim, []string{
		"OOMNITZA_URL=" + oo.URL, "OOMNITZA_API_TOKEN=" + sim.Options().OomnitzaToken, "INTEGRATION_USER=" + sim.Options().TokenUser,
		"DEFENDER_API_URL=" + d.URL, "DEFENDER_ALLOW_HOST=127.0.0.1", "DEFENDER_API_KEY=" + sim.Options().DefenderToken, "DEFENDER_REQUESTS_PER_MINUTE=0",
	}}
}

// without is the environment without some variables.
func (p tenantPair) without(prefix string) []string {
	var out []string
	for _, v := range p.environ {
		if !strings.HasPrefix(v, prefix) {
			out = append(out, v)
		}
	}
	return out
}

// table is what a CSV answer holds: rows by column.
func table(t *testing.T, text string) []map[string]string {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\uFEFF"))).ReadAll()
	if err != nil || len(lines) == 0 {
		t.Fatalf("%v in %q", err, text)
	}
	rows := []map[string]string{}
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, key := range lines[0] {
			row[key] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func TestReportAppsAnswersInEveryFormat(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	held := p.sim.Holdings()
	want := 0
	for _, s := range held.SaaS {
		if s.CreatedBy == p.sim.Options().TokenUser && s.Visited > 10 {
			want++
		}
	}
	args := []string{"report", "apps", "--min-active-users", "11"}
	r := command(t, p.environ, nil, append(args, "--output", "csv")...)
	rows := table(t, r.out)
	if r.code != 0 || len(rows) != want || want == 0 {
		t.Fatalf("%d: %d apps, want %d: %s", r.code, len(rows), want, r.err)
	}
	for _, row := range rows {
		s := held.SaaS[row["name"]]
		if row["activeUsers"] != strconv.Itoa(s.Visited) || row["category"] != s.Category || row["website"] != s.URL || row["createdBy"] != s.CreatedBy {
			t.Errorf("got %v, want %+v", row, s)
		}
	}

	r = command(t, p.environ, nil, append(args, "-o", "json")...)
	var doc struct {
		Data []struct {
			Name        string
			ActiveUsers int
		}
	}
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil || len(doc.Data) != want || doc.Data[0].ActiveUsers != held.SaaS[doc.Data[0].Name].Visited {
		t.Errorf("%v: %+v", err, doc)
	}

	r = command(t, p.environ, nil, args...)
	if lines := strings.Split(strings.TrimSpace(r.out), "\n"); len(lines) != want+1 || !strings.HasPrefix(lines[0], "Name ") || !strings.Contains(lines[1], rows[0]["name"]) {
		t.Errorf("the table is\n%s", r.out)
	}

	file := filepath.Join(t.TempDir(), "apps.xlsx")
	r = command(t, p.environ, nil, append(args, "--file", file)...)
	if r.code != 0 || r.out != "" || !strings.Contains(r.err, " to "+file) {
		t.Errorf("%d %q %q", r.code, r.out, r.err)
	}
	book, err := excelize.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	cells, err := book.GetRows(book.GetSheetName(0))
	if err != nil || len(cells) != want+1 || cells[1][0] != rows[0]["name"] {
		t.Errorf("%d rows, %v", len(cells), err)
	}
}

func TestReportAppsAsksForNoMoreThanItShows(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	columns := func(args ...string) string {
		t.Helper()
		r := command(t, p.environ, nil, append([]string{"report", "apps", "-o", "csv"}, args...)...)
		head, _, _ := strings.Cut(r.out, "\n")
		return strings.TrimSpace(head)
	}
	plain := "name,category,website,createdBy,activeUsers"
	if got := columns(); got != plain {
		t.Errorf("the columns are %s", got)
	}
	if n := p.sim.Requests().Routes; n["oomnitza GET saas"] != 1 || len(n) != 1 {
		t.Errorf("a plain list takes %v", n)
	}
	if got := columns("--top", "3"); got != plain+",users,lastActivity" {
		t.Errorf("with --top the columns are %s", got)
	}
	if got := columns("--top", "3", "--with-users=false"); got != plain {
		t.Errorf("without users the columns are %s", got)
	}
	if got := columns("--with-risk", "--with-users"); got != "name,category,website,risk,tag,lastSeen,createdBy,activeUsers,users,lastActivity" {
		t.Errorf("with everything the columns are %s", got)
	}
}

func TestReportAppsFindsUnsanctionedOnesThatAreUsed(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	want := map[string]bool{}
	for app := range p.sim.Truth() {
		if app.Tag == "Unsanctioned" {
			want[app.Name] = true
		}
	}
	r := command(t, p.environ, nil, "report", "apps", "--unsanctioned", "-o", "csv", "--created-by", "any")
	rows := table(t, r.out)
	if r.code != 0 || len(rows) != len(want) || len(want) == 0 {
		t.Errorf("%d: %d apps, want %d: %s", r.code, len(rows), len(want), r.err)
	}
	for _, row := range rows {
		if row["tag"] != "Unsanctioned" {
			t.Errorf("%v", row)
		}
	}
	if !strings.Contains(r.err, "live from Defender") {
		t.Errorf("it isn't said that Defender was read: %s", r.err)
	}
}

func TestUnsanctionedAppsInUseAreListedWhoeverMadeTheirRecords(t *testing.T) {
	p := newTenants(t, simulator.Options{Seed: 1, Apps: 120, People: 400, Pairs: 3000, Streams: 2, ExistingApps: 0.3})
	held := p.sim.Holdings()
	records := map[string]simulator.HeldSaaS{}
	for _, s := range held.SaaS {
		records[strings.ToLower(s.Name)] = s
	}
	want, others := map[string]int{}, 0
	for app := range p.sim.Truth() {
		s, active := records[strings.ToLower(app.Name)], 0
		for _, seat := range held.Assigned[s.Name] {
			if p.sim.Now().Sub(seat.LastActivity) <= 60*24*time.Hour {
				active++
			}
		}
		if app.Tag == "Unsanctioned" && active > 0 {
			if want[s.Name] = active; s.ByAnother {
				others++
			}
		}
	}
	if others == 0 {
		t.Fatal("no record of another integration is unsanctioned and in use")
	}
	file := filepath.Join(t.TempDir(), "reports.toml")
	if err := os.WriteFile(file, []byte("[in-use]\nquestion = \"apps\"\nunsanctioned = true\nmin-active-users = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"report", "apps", "--unsanctioned", "--min-active-users", "1"}, {"report", "run", "in-use"}} {
		r := command(t, append(p.environ, "REPORTS_FILE="+file), nil, append(args, "-o", "csv")...)
		rows := table(t, r.out)
		if r.code != 0 || len(rows) != len(want) {
			t.Errorf("%q ended with %d: %d apps, want %d: %s", args, r.code, len(rows), len(want), r.err)
		}
		for _, row := range rows {
			if row["activeUsers"] != strconv.Itoa(want[row["name"]]) {
				t.Errorf("%q: %v, want %d active users", args, row, want[row["name"]])
			}
		}
	}
}

func TestReportWorksWithoutDefendersSettings(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	environ := p.without("DEFENDER_")
	r := command(t, environ, nil, "report", "apps", "--with-risk", "-o", "csv")
	if rows := table(t, r.out); r.code != 0 || rows[0]["risk"] != "" || !strings.Contains(r.err, "set DEFENDER_API_URL and DEFENDER_API_KEY") {
		t.Errorf("%d %s", r.code, r.err)
	}
	r = command(t, environ, nil, "report", "apps", "--unsanctioned")
	if r.code != exitUsage || !strings.Contains(r.err, "--unsanctioned needs Defender: set DEFENDER_API_URL") {
		t.Errorf("%d %s", r.code, r.err)
	}
}

func TestReportWebsitesBySuffix(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	want := map[string]bool{}
	for _, s := range p.sim.Holdings().SaaS {
		if s.CreatedBy == p.sim.Options().TokenUser && (strings.HasSuffix(s.URL, ".io") || strings.HasSuffix(s.URL, ".ru")) {
			want[s.URL] = true
		}
	}
	r := command(t, p.environ, nil, "report", "websites", "--suffix", ".io,.ru", "-o", "csv")
	rows := table(t, r.out)
	for _, row := range rows {
		if !want[row["website"]] {
			t.Errorf("%v", row)
		}
	}
	if r.code != 0 || len(rows) != len(want) || len(want) == 0 {
		t.Errorf("%d: %d websites, want %d", r.code, len(rows), len(want))
	}
}

func TestReportWebsitesSearchesAllDomainsUnlessToldNotTo(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	want := map[string]bool{}
	for app := range p.sim.Truth() {
		for _, d := range app.Domains {
			if strings.HasSuffix(d, ".cn") {
				want[strings.ToLower(app.Name)] = true
			}
		}
	}
	r := command(t, p.environ, nil, "report", "apps", "--suffix", ".cn", "--created-by", "any", "-o", "csv")
	rows := table(t, r.out)
	for _, row := range rows {
		if name, _, _ := strings.Cut(strings.ToLower(row["name"]), " ("); !want[name] || !strings.Contains(row["domains"], ".cn") {
			t.Errorf("%v", row)
		}
	}
	if r.code != 0 || len(rows) < len(want)-1 || len(want) == 0 || !strings.Contains(r.err, "all domains that Defender knows") {
		t.Errorf("%d: %d apps, want %d: %s", r.code, len(rows), len(want), r.err)
	}
	all := table(t, command(t, p.environ, nil, "report", "websites", "--suffix", ".cn", "-o", "csv").out)
	p.sim.ResetRequests()
	few := table(t, command(t, p.environ, nil, "report", "websites", "--suffix", ".cn", "--domains=false", "-o", "csv").out)
	if len(few) >= len(all) || len(all) == 0 {
		t.Errorf("%d websites by all domains, %d by the field", len(all), len(few))
	}
	for route := range p.sim.Requests().Routes {
		if strings.HasPrefix(route, "defender") {
			t.Errorf("Defender was asked: %s", route)
		}
	}
	p.sim.SetFaults(simulator.Faults{Defender: simulator.PeerFaults{ExpireTokenAfter: 1}})
	r = command(t, p.environ, nil, "report", "websites", "--suffix", ".cn", "-o", "csv")
	if r.code == 0 || !strings.Contains(r.err, "--domains=false searches only the field Website") {
		t.Errorf("%d: %s", r.code, r.err)
	}
}

func TestReportUsersOfAnApp(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	held := p.sim.Holdings()
	app := ""
	for name, seats := range held.Assigned {
		if len(seats) > len(held.Assigned[app]) {
			app = name
		}
	}
	now := p.sim.Now()
	for _, flag := range []string{"--active", "--inactive"} {
		want := 0
		for _, seat := range held.Assigned[app] {
			if (now.Sub(seat.LastActivity) <= 60*24*time.Hour) == (flag == "--active") {
				want++
			}
		}
		r := command(t, p.environ, nil, "report", "users", "--app", strings.ToLower(app), flag, "-o", "csv")
		rows := table(t, r.out)
		if r.code != 0 || len(rows) != want || want == 0 {
			t.Errorf("%s: %d: %d users, want %d", flag, r.code, len(rows), want)
		}
		for _, row := range rows {
			person := held.People[row["user"]]
			if row["status"] != flag[2:] || row["role"] != strconv.Itoa(person.Role) || row["name"] != strings.TrimSpace(person.FirstName+" "+person.LastName) {
				t.Errorf("%v, want %+v", row, person)
			}
		}
	}
}

func TestReportsAnswerAlikeAtEveryInstant(t *testing.T) {
	instants.Each(t, func(t *testing.T, when time.Time) {
		p := newTenants(t, simulator.Options{Apps: 20, People: 100, Pairs: 600, Start: when})
		active := 0
		for _, seats := range p.sim.Holdings().Assigned {
			for _, seat := range seats {
				if when.Sub(seat.LastActivity) <= 60*24*time.Hour {
					active++
				}
			}
		}
		r := commandAt(t, when, p.environ, nil, "report", "users", "--all-apps", "--active", "-o", "csv")
		if rows := table(t, r.out); r.code != 0 || len(rows) != active || active == 0 {
			t.Errorf("%d: %d active users, want %d: %s", r.code, len(rows), active, r.err)
		}
		r = commandAt(t, when, p.environ, nil, "report", "apps", "--with-users", "-o", "csv")
		if rows := table(t, r.out); r.code != 0 || len(rows) == 0 {
			t.Errorf("%d: %d apps: %s", r.code, len(rows), r.err)
		}
	})
}

func TestReportUsersOfAllApps(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	file := filepath.Join(t.TempDir(), "users.csv")
	r := command(t, p.environ, nil, "report", "users", "--all-apps", "--file", file)
	text, err := os.ReadFile(file)
	if err != nil || r.code != 0 {
		t.Fatalf("%d %v %s", r.code, err, r.err)
	}
	if rows := table(t, string(text)); len(rows) != p.sim.Totals().Assignments {
		t.Errorf("%d rows, want %d", len(rows), p.sim.Totals().Assignments)
	}
}

func TestReportUsersHasIdsForProgramsAndNotInTables(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	held := p.sim.Holdings()
	app := ""
	for name, seats := range held.Assigned {
		if len(seats) > len(held.Assigned[app]) {
			app = name
		}
	}
	r := command(t, p.environ, nil, "report", "users", "--app", app, "-o", "json")
	var doc struct {
		Data []struct{ User, UserId, AppId string }
	}
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil || len(doc.Data) != len(held.Assigned[app]) {
		t.Fatalf("%v: %d rows", err, len(doc.Data))
	}
	for _, row := range doc.Data {
		if row.AppId != held.SaaS[app].ID || row.UserId == "" || row.UserId == row.AppId {
			t.Errorf("%+v", row)
		}
	}
	head, _, _ := strings.Cut(command(t, p.environ, nil, "report", "users", "--app", app, "-o", "csv").out, "\r\n")
	if head != "user,name,email,role,appRole,lastActivity,status" {
		t.Errorf("the columns of CSV are %s", head)
	}
}

func TestReportUsersListsTheAppsOfAPerson(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	held := p.sim.Holdings()
	apps := map[string]map[string]bool{}
	username := ""
	for app, seats := range held.Assigned {
		for _, seat := range seats {
			if apps[seat.Username] == nil {
				apps[seat.Username] = map[string]bool{}
			}
			apps[seat.Username][app] = true
			if len(apps[seat.Username]) > len(apps[username]) {
				username = seat.Username
			}
		}
	}
	email := strings.ToUpper(held.People[username].Email)
	r := command(t, p.environ, nil, "report", "users", "--user", email, "-o", "csv")
	rows := table(t, r.out)
	if r.code != 0 || len(rows) != len(apps[username]) || len(rows) == 0 {
		t.Errorf("%d: %d apps, want %d: %s", r.code, len(rows), len(apps[username]), r.err)
	}
	for _, row := range rows {
		if row["user"] != username || !apps[username][row["app"]] {
			t.Errorf("%v", row)
		}
	}
	role := strconv.Itoa(held.People[username].Role)
	r = command(t, p.environ, nil, "report", "users", "--user", username, "--role", role, "--name", held.People[username].LastName, "--email", email, "-o", "csv")
	if got := table(t, r.out); r.code != 0 || len(got) != len(rows) {
		t.Errorf("%d: %d apps with every filter, want %d: %s", r.code, len(got), len(rows), r.err)
	}
	r = command(t, p.environ, nil, "report", "users", "--user", username, "--role", "9999")
	if r.code != 0 || !strings.Contains(r.out, "no users match (App: all; User: "+username+"; Role: 9999)") {
		t.Errorf("%d %q", r.code, r.out)
	}
}

func TestReportUsersWritesImportFiles(t *testing.T) {
	p := newTenants(t, simulator.Options{Variants: simulator.Variants{LastVisit: "ignored"}})
	folder := filepath.Join(t.TempDir(), "import")
	r := command(t, p.environ, nil, "report", "users", "--all-apps", "--import-file", folder, "-o", "csv")
	rows := table(t, r.out)
	users := 0
	for _, row := range rows {
		n, _ := strconv.Atoi(row["users"])
		users += n
		if n > 0 {
			if _, err := os.Stat(filepath.Join(folder, row["file"])); err != nil {
				t.Error(err)
			}
		}
	}
	if r.code != 0 || users < 2000 || !strings.Contains(r.err, " to "+folder+": import each file") || !strings.Contains(r.err, "read live from Defender") {
		t.Errorf("%d: %d users: %s", r.code, users, r.err)
	}
	var doc struct{ Data []struct{ File string } }
	as := command(t, p.environ, nil, "report", "users", "--all-apps", "--import-file", filepath.Join(t.TempDir(), "again"), "-o", "json")
	if err := json.Unmarshal([]byte(as.out), &doc); err != nil || len(doc.Data) != len(rows) || doc.Data[0].File == "" {
		t.Errorf("%v, as JSON: %.300s", err, as.out)
	}
	again := command(t, p.environ, nil, "report", "users", "--all-apps", "--import-file", filepath.Dir(folder))
	if again.code != exitUsage || !strings.Contains(again.err, "--import-file") || !strings.Contains(again.err, "has other content") {
		t.Errorf("%d %s", again.code, again.err)
	}
}

func TestReportRefusesWhatItCannotDo(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	taken := filepath.Join(t.TempDir(), "a.xlsx")
	if err := os.Mkdir(taken, 0o700); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		code int
		says string
		args []string
	}{
		{"no such report", exitUsage, `unknown command "aps"`, []string{"aps"}},
		{"no such flag", exitUsage, "-topp", []string{"apps", "--topp", "3"}},
		{"a word too many", exitUsage, `"Dropbox"`, []string{"users", "Dropbox"}},
		{"no such format", exitUsage, `"pdf"`, []string{"apps", "-o", "pdf"}},
		{"a file of no known format", exitUsage, "apps.doc", []string{"apps", "--file", "apps.doc"}},
		{"no such order", exitUsage, `--sort "size": use name, category`, []string{"apps", "--sort", "size"}},
		{"two flags at once", exitUsage, "--sort \"size\": use name, category, website, created-by, created, active, users, last-activity, risk, tag, last-seen, each optionally with :asc or :desc\n--min-active-users \"-1\": use a number of 0 or more", []string{"apps", "--sort", "size", "--min-active-users", "-1"}},
		{"no rows asked for", exitUsage, "--top 0", []string{"apps", "--top", "0"}},
		{"no rows of websites asked for", exitUsage, "--top -1", []string{"websites", "--top", "-1"}},
		{"neither an app nor all", exitUsage, "--app: name an app", []string{"users"}},
		{"an app and all", exitUsage, "can't be combined with all-apps", []string{"users", "--app", "a", "--all-apps"}},
		{"active and inactive", exitUsage, "can't be combined with inactive", []string{"users", "--all-apps", "--active", "--inactive"}},
		{"both tags", exitUsage, "an app has one tag", []string{"apps", "--sanctioned", "--unsanctioned"}},
		{"a date format without import files", exitUsage, "--date-format needs", []string{"users", "--all-apps", "--date-format", "YYYY-MM-DD"}},
		{"a date format that there is not", exitUsage, `--date-format "DMY": use MM/DD/YYYY`, []string{"users", "--all-apps", "--import-file", filepath.Join(t.TempDir(), "i"), "--date-format", "DMY"}},
		{"import files without a folder", exitUsage, "name a folder", []string{"users", "--all-apps", "--import-file", ""}},
		{"a creator of one app", exitUsage, "--created-by needs", []string{"users", "--app", "a", "--created-by", "any"}},
		{"nobody", exitUsage, `nobody in Oomnitza has the username or email address "%%%"`, []string{"users", "--user", "%%%"}},
		{"an empty user", exitUsage, "--user: give a username", []string{"users", "--user", " "}},
		{"a role that is no number", exitUsage, `--role "admin": use the ids of roles`, []string{"users", "--all-apps", "--role", "admin"}},
		{"an unknown app", exitUsage, `Oomnitza has no app "Jellyfn"; did you mean "Jellyfin"`, []string{"users", "--app", "Jellyfn"}},
		{"a folder in the file's place", exitFailed, "it is a folder", []string{"apps", "--file", taken}},
		{"a folder that isn't there", exitFailed, "no such file", []string{"apps", "--file", filepath.Join(taken, "none", "a.csv")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := command(t, p.environ, nil, append([]string{"report"}, tt.args...)...)
			if r.code != tt.code || !strings.Contains(r.err, tt.says) || r.out != "" && tt.code == exitFailed {
				t.Errorf("ended with %d, want %d; it says %q, want %q", r.code, tt.code, r.err, tt.says)
			}
		})
	}
}

func TestReportTellsMissingAndWrongSettings(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	r := command(t, nil, nil, "report", "apps")
	if r.code != exitUsage || !strings.Contains(r.err, "OOMNITZA_URL") || !strings.Contains(r.err, "OOMNITZA_API_TOKEN") || strings.Contains(r.err, "DEFENDER_API") {
		t.Errorf("%d %s", r.code, r.err)
	}
	r = command(t, append(p.environ, "OOMNITZA_API_TOKEN=wrong-token"), nil, "report", "apps")
	if r.code != exitUsage || !strings.Contains(r.err, "check OOMNITZA_API_TOKEN") || strings.Contains(r.err, "wrong-token") {
		t.Errorf("%d %s", r.code, r.err)
	}
	r = command(t, p.without("DEFENDER_API_KEY"), nil, "report", "apps")
	if r.code != exitUsage || !strings.Contains(r.err, "DEFENDER_API_KEY") {
		t.Errorf("%d %s", r.code, r.err)
	}
}

func TestAnEmptyAnswerIsNoError(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	r := command(t, p.environ, nil, "report", "apps", "--created-by", "nobody", "--min-active-users", "5")
	if want := "no apps match (Created by: nobody; Total active users: at least 5)\n"; r.code != 0 || r.out != want {
		t.Errorf("%d %q", r.code, r.out)
	}
	r = command(t, p.environ, nil, "report", "websites", "--suffix", ".zz", "-o", "json")
	if !json.Valid([]byte(r.out)) || r.code != 0 || !strings.Contains(r.err, "no websites match (") || !strings.Contains(r.err, "Website ends in: .zz") {
		t.Errorf("%d %q %q", r.code, r.out, r.err)
	}
	file := filepath.Join(t.TempDir(), "none.csv")
	r = command(t, p.environ, nil, "report", "users", "--all-apps", "--created-by", "nobody", "--file", file)
	if text, err := os.ReadFile(file); err != nil || r.code != 0 || len(table(t, string(text))) != 0 {
		t.Errorf("%d %q %v", r.code, text, err)
	}
}

func TestAnInterruptedReportLeavesNoFile(t *testing.T) {
	for name, format := range map[string]string{"users.csv": "csv", "users.xlsx": "xlsx", "users.json": "json"} {
		t.Run(format, func(t *testing.T) {
			p := newTenants(t, simulator.Options{Faults: simulator.Faults{Oomnitza: simulator.PeerFaults{Latency: 20 * time.Millisecond}}})
			folder := t.TempDir()
			file := filepath.Join(folder, name)
			if err := os.WriteFile(file, []byte("of yesterday"), 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() { // as soon as users are read
				for p.sim.Requests().Routes["oomnitza GET saas/{}/users"] < 20 && ctx.Err() == nil {
					time.Sleep(time.Millisecond)
				}
				cancel()
			}()
			var out, errs bytes.Buffer
			code := run(ctx, streams{out: &out, err: &errs, environ: p.environ}, []string{"defendersync", "report", "users", "--all-apps", "--file", file})
			if code != exitInterrupted {
				t.Errorf("ended with %d: %s", code, errs.String())
			}
			entries, err := os.ReadDir(folder)
			text, readErr := os.ReadFile(file)
			if err != nil || readErr != nil || len(entries) != 1 || string(text) != "of yesterday" {
				t.Errorf("left are %v with %q", entries, text)
			}
		})
	}
}

func TestAReportThatFailsMidwayLeavesNoFile(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	p.sim.SetFaults(simulator.Faults{Oomnitza: simulator.PeerFaults{ExpireTokenAfter: 40}})
	folder := t.TempDir()
	r := command(t, p.environ, nil, "report", "users", "--all-apps", "--file", filepath.Join(folder, "u.xlsx"))
	entries, err := os.ReadDir(folder)
	if r.code != exitUsage || !strings.Contains(r.err, "OOMNITZA_API_TOKEN") || err != nil || len(entries) != 0 {
		t.Errorf("%d %s: %v, %v", r.code, r.err, entries, err)
	}
}

func TestReportHelpHasExamples(t *testing.T) {
	for _, name := range []string{"apps", "websites", "users"} {
		r := command(t, nil, nil, "report", name, "--help")
		if r.code != 0 || strings.Count(r.out, "defendersync report "+name) < 3 || !strings.Contains(r.out, "Exit codes") {
			t.Errorf("%s: %d\n%s", name, r.code, r.out)
		}
	}
}

func TestAnAnswerThatIsNotWholeSaysSoAndEndsSo(t *testing.T) {
	sim := simulator.New(simulator.Options{Seed: 1, Apps: 40, People: 100, Pairs: 900, ExistingApps: 0.2, Synced: true, Clock: instants.Still(instants.Noon)})
	held := sim.Holdings()
	app := ""
	for name, s := range held.SaaS {
		if s.ByAnother && len(held.Assigned[name]) > 2 {
			app = name
		}
	}
	if app == "" {
		t.Fatal("no record of another integration has users")
	}
	oo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if strings.HasSuffix(req.URL.Path, "/saas/"+held.SaaS[app].ID+"/users") {
			http.Error(w, "<html>Request blocked</html>", http.StatusForbidden)
			return
		}
		sim.Oomnitza().ServeHTTP(w, req)
	}))
	t.Cleanup(func() { oo.CloseClientConnections(); oo.Close() })
	environ := []string{"OOMNITZA_URL=" + oo.URL, "OOMNITZA_API_TOKEN=" + sim.Options().OomnitzaToken, "INTEGRATION_USER=" + sim.Options().TokenUser}
	for _, args := range [][]string{{"apps", "--created-by", "any"}, {"users", "--all-apps"}} {
		r := command(t, environ, nil, append(append([]string{"report"}, args...), "-o", "csv")...)
		rows := table(t, r.out)
		if r.code != exitWithErrors || len(rows) == 0 || !strings.Contains(r.err, strconv.Quote(app)) || !strings.Contains(r.err, "incomplete") {
			t.Errorf("%q ended with %d, %d rows: %s", args, r.code, len(rows), r.err)
		}
		for _, row := range rows {
			if args[0] == "apps" && row["name"] == app && row["activeUsers"] != "" || row["app"] == app {
				t.Errorf("%q: %v", args, row)
			}
		}
	}
	page := filepath.Join(t.TempDir(), "x.html")
	r := command(t, environ, nil, "report", "dashboard", "--created-by", "any", "--file", page)
	if text, err := os.ReadFile(page); err != nil || r.code != exitWithErrors || !strings.Contains(string(text), "could not be read and are missing") {
		t.Errorf("the dashboard ended with %d, %v: %s", r.code, err, r.err)
	}
}
