package query

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"defendersync/internal/reporting/sheet"
	"defendersync/internal/testing/simulator"
)

// denying is a tenant that answers the users of some apps, by id, as told.
func denying(deny func(id string) bool, answer http.HandlerFunc) func(http.Handler) http.Handler {
	return func(tenant http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			rest, ok := strings.CutPrefix(req.URL.Path, "/api/v3/saas/")
			if id, users := strings.CutSuffix(rest, "/users"); ok && users && deny(id) {
				answer(w, req)
				return
			}
			tenant.ServeHTTP(w, req)
		})
	}
}

// refusals are ways in which an app's users can't be read.
func refusals() map[string]http.HandlerFunc {
	status := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		}
	}
	return map[string]http.HandlerFunc{
		"forbidden by a firewall": status(http.StatusForbidden, "<html>Request blocked</html>"),
		"refused":                 status(http.StatusBadRequest, `{"message": "bad filter"}`),
		"always broken":           status(http.StatusInternalServerError, `{"message": "boom"}`),
		"garbage":                 status(http.StatusOK, "[{]"),
		"an object":               status(http.StatusOK, `{"rows": 3}`),
	}
}

func TestAnAppWhoseUsersCannotBeReadCostsThatAppAlone(t *testing.T) {
	for name, answer := range refusals() {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // some of them wait between tries
			var ids []string
			r := newRigBehind(t, several(), denying(func(id string) bool { return len(ids) > 0 && (id == ids[0] || id == ids[1]) }, answer))
			lost := 0
			r.Lost = func(apps int) { lost += apps }
			want := r.everyApp()
			for _, e := range want { // one that sessions keep, and one of another integration
				if len(ids) == 0 && !e.ByAnother && e.inUse > 3 || len(ids) == 1 && e.ByAnother && e.inUse > 3 {
					ids = append(ids, e.ID)
				}
				if len(ids) == 2 {
					break
				}
			}
			for _, e := range want {
				if len(ids) == 1 && e.ByAnother && e.inUse > 3 {
					ids = append(ids, e.ID)
				}
			}
			for _, a := range r.apps(AppsOptions{CreatedBy: Anyone, MinActiveUsers: 1}) {
				w := want[a.Name]
				if broken := a.ID == ids[1]; a.Unknown != broken || !broken && a.ActiveUsers != w.inUse || broken && a.activeCell() != nil {
					t.Errorf("%s: %d active users, unknown %v, want %d", a.Name, a.ActiveUsers, a.Unknown, w.inUse)
				}
				if w.inUse > 0 {
					delete(want, a.Name)
				}
			}
			maps.DeleteFunc(want, func(_ string, e expect) bool { return e.inUse == 0 })
			if len(want) > 0 || lost != 1 {
				t.Errorf("%d apps are missing; %d are told to be lost", len(want), lost)
			}
			r.noted("the users of 1 app could not be read and are missing")
			lost = 0
			for app, users := range r.users(UsersOptions{AllApps: true}) {
				if id := r.held.SaaS[app].ID; id == ids[0] || id == ids[1] {
					if len(users) > 0 {
						t.Errorf("%s has %d users", app, len(users))
					}
					continue
				}
				r.sameUsers(app, users, everybody)
			}
			if lost != 2 {
				t.Errorf("%d apps are told to be lost, want 2", lost)
			}
			if name == "always broken" || name == "garbage" {
				return // would be tried again, for as long
			}
			if _, err := r.WriteImport(t.Context(), ImportOptions{UsersOptions: UsersOptions{AllApps: true}, Folder: filepath.Join(t.TempDir(), "x")}); err == nil {
				t.Error("import files were written without those apps")
			}
		})
	}
}

func TestATenantThatRefusesEveryAppFailsTheAnswer(t *testing.T) {
	for name, answer := range refusals() {
		if name == "always broken" || name == "garbage" {
			continue // are tried again, which takes as long for each app
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel() // some of them wait between tries
			o := several()
			o.Apps, o.Pairs = 10, 200
			r := newRigBehind(t, o, denying(func(string) bool { return true }, answer))
			if _, err := r.ReadApps(t.Context(), AppsOptions{WithUsers: true}); err == nil {
				t.Error("the apps were told without their users")
			}
			all, err := r.ReadUsers(t.Context(), UsersOptions{AllApps: true})
			if err != nil {
				t.Fatal(err)
			}
			failed := false
			for _, err := range all {
				failed = failed || err != nil
			}
			if !failed {
				t.Error("nobody was told that no user could be read")
			}
		})
	}
}

func TestAPersonWhoComesTwiceCountsOnceWithTheLaterActivity(t *testing.T) {
	twice := rewriting("/api/v3/saas/", func(_ string, rows []map[string]any) []map[string]any {
		var out []map[string]any
		for i, row := range rows {
			older := maps.Clone(row)
			older["last_visit"] = 1_000_000_000
			if i%2 == 0 {
				out = append(out, older, row)
			} else {
				out = append(out, row, older)
			}
		}
		return out
	})
	r := newRigBehind(t, several(), twice)
	for app, users := range r.users(UsersOptions{AllApps: true}) {
		r.sameUsers(app, users, everybody)
		if len(users) != len(r.held.Assigned[app]) {
			t.Errorf("%s has %d users, want %d", app, len(users), len(r.held.Assigned[app]))
		}
	}
	want := r.everyApp()
	for _, a := range r.apps(AppsOptions{CreatedBy: Anyone, WithUsers: true}) {
		if w := want[a.Name]; a.Users != w.users || a.ActiveUsers != w.inUse {
			t.Errorf("%s has %d users, %d active; want %d, %d", a.Name, a.Users, a.ActiveUsers, w.users, w.inUse)
		}
	}
}

func TestALastActivityInTheFutureTellsNothing(t *testing.T) {
	for ahead, want := range map[time.Duration]Status{time.Hour: Active, 24 * time.Hour: Active, 48 * time.Hour: Unknown, 400 * 24 * time.Hour: Unknown} {
		var r *rig
		r = newRigBehind(t, several(), rewriting("/api/v3/saas/", func(_ string, rows []map[string]any) []map[string]any {
			for _, row := range rows {
				row["last_visit"] = r.sim.Now().Add(ahead).Unix()
			}
			return rows
		}))
		app := r.mostUsed()
		for _, u := range r.users(UsersOptions{App: app})[app] {
			if u.Status != want {
				t.Fatalf("%s ahead: %s is %s, want %s", ahead, u.Username, u.Status, want)
			}
		}
		for _, a := range r.apps(AppsOptions{Top: 1, WithUsers: true}) {
			if (a.InUse > 0) != (want == Active) || (a.LastActivity.IsZero()) != (want == Unknown) {
				t.Errorf("%s ahead: %+v", ahead, a)
			}
		}
	}
}

func TestDeletedRecordsAreLeftOutAndTheLivingOneIsFound(t *testing.T) {
	var name string
	r := newRigBehind(t, several(), rewriting("/api/v3/saas", func(path string, rows []map[string]any) []map[string]any {
		if path != "/api/v3/saas" {
			return rows
		}
		var out []map[string]any
		for _, row := range rows {
			if row["saas_name"] == name { // the deleted one first
				gone := maps.Clone(row)
				gone["saas_id"], gone["deleted"] = "1", "1700000000"
				out = append(out, gone)
			}
			out = append(out, row)
		}
		return out
	}))
	name = r.mostUsed()
	r.sameNames(r.apps(AppsOptions{}), r.expected(r.ours))
	r.noted("1 record in Oomnitza is deleted or archived, and excluded")
	r.sameUsers(name, r.users(UsersOptions{App: name})[name], everybody)
}

func TestNamesThatAreHugeOrHostileReachEveryFormatHarmlessly(t *testing.T) {
	names := []string{strings.Repeat("long ", 500_000), "=cmd|' /C calc'!A0", "\u202egnp.exe", "a\x1b[2Jb", "nul\x00l", "two\r\nlines", "\u200b=1+1", "<script>alert(1)</script>"}
	i := 0
	r := newRigBehind(t, several(), rewriting("/api/v3/saas", func(path string, rows []map[string]any) []map[string]any {
		for _, row := range rows {
			if path == "/api/v3/saas" {
				row["saas_name"] = fmt.Sprint(names[i%len(names)], i)
				if i++; i == len(names) {
					names = names[1:] // huge once, or the page is over its bound
				}
			}
		}
		return rows
	}))
	for _, f := range []sheet.Format{sheet.Table, sheet.CSV, sheet.JSON, sheet.XLSX} {
		heading, rows, err := AppsOptions{CreatedBy: Anyone, WithUsers: true}.Answer(t.Context(), r.Source)
		if err != nil {
			t.Fatal(err)
		}
		out := &counted{}
		n, err := sheet.WriteRows(t.Context(), rows, sheet.Destination{Out: out}, f, heading, sheet.Options{}, nil)
		if err != nil || n != len(r.held.SaaS) {
			t.Errorf("%s: %d rows, %v", f, n, err)
		}
		if out.n > 20_000_000 {
			t.Errorf("%s has %d bytes", f, out.n)
		}
		if f == sheet.JSON && !json.Valid(out.text) {
			t.Errorf("%s is not valid", f)
		}
		if f == sheet.CSV && (strings.Contains(string(out.text), "\n=") || strings.Contains(string(out.text), "\n\u200b=")) {
			t.Errorf("a formula in %s", f)
		}
		if f == sheet.Table && strings.ContainsAny(string(out.text), "\x1b\x00\u202e") {
			t.Errorf("control characters in %s", f)
		}
	}
}

// counted keeps what is written.
type counted struct {
	n    int
	text []byte
}

func (c *counted) Write(p []byte) (int, error) {
	c.n += len(p)
	c.text = append(c.text, p...)
	return len(p), nil
}

func TestACountOfAListThatIsCutOffIsNotToldAsWhole(t *testing.T) {
	for name, tt := range map[string]struct {
		people simulator.PeopleSwitches
		whole  bool
	}{
		"with pages and no total": {simulator.PeopleSwitches{ListCap: 20, ListTotal: "missing"}, true},
		"with pages and a total":  {simulator.PeopleSwitches{ListCap: 37}, true},
		"without pages":           {simulator.PeopleSwitches{ListCap: 20, ListTotal: "missing", ListSkip: "ignored", NoOtherLists: true}, false},
		"skip is refused":         {simulator.PeopleSwitches{ListCap: 20, ListSkip: "refused", NoOtherLists: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := several()
			o.Variants.Unkind.People = tt.people
			r := newRig(t, o)
			lost := 0
			r.Lost = func(apps int) { lost += apps }
			want, parts := r.everyApp(), 0
			for _, a := range r.apps(AppsOptions{CreatedBy: Anyone, ActiveFrom: FromAssignments, MinActiveUsers: 1}) {
				switch w := want[a.Name]; {
				case a.ActiveUsers == w.inUse && !a.Unknown:
				case !a.Unknown || a.ActiveUsers > w.inUse:
					t.Errorf("%s has %d active users, unknown %v, want %d", a.Name, a.ActiveUsers, a.Unknown, w.inUse)
				default:
					parts++
				}
				delete(want, a.Name)
			}
			maps.DeleteFunc(want, func(_ string, e expect) bool { return e.inUse == 0 })
			if (parts == 0) != tt.whole || (lost == 0) != tt.whole || len(want) > 0 {
				t.Errorf("%d figures are the least; %d apps are told; %d apps are missing", parts, lost, len(want))
			}
			lost = 0
			app := r.mostUsed()
			got := r.users(UsersOptions{App: app})[app]
			if whole := len(got) == len(r.held.Assigned[app]); whole != tt.whole || (lost == 0) != tt.whole {
				t.Errorf("%d of %d users, lost %d", len(got), len(r.held.Assigned[app]), lost)
			}
			if !tt.whole {
				r.noted("returned only part of the users of")
			}
			_, err := r.WriteImport(t.Context(), ImportOptions{UsersOptions: UsersOptions{App: app}, Folder: filepath.Join(t.TempDir(), "x")})
			if (err == nil) != tt.whole {
				t.Errorf("import files: %v", err)
			}
		})
	}
}
