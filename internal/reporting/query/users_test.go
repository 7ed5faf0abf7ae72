package query

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"defendersync/internal/testing/simulator"
)

// expectedUsers works out an app's users from what Oomnitza holds.
func (r *rig) expectedUsers(app string) map[string]User {
	out := map[string]User{}
	for _, seat := range r.held.Assigned[app] {
		p := r.held.People[seat.Username]
		u := User{App: app, Username: p.Username, Name: strings.TrimSpace(p.FirstName + " " + p.LastName), Email: p.Email, Role: p.Role,
			Suspended: p.Suspended, LastActivity: seat.LastActivity, Status: Inactive}
		switch {
		case seat.LastActivity.IsZero():
			u.Status = Unknown
		case r.sim.Now().Sub(seat.LastActivity) <= 60*24*time.Hour:
			u.Status = Active
		}
		out[u.Username] = u
	}
	return out
}

// sameUsers makes sure that exactly the expected users came.
func (r *rig) sameUsers(app string, got []User, pass func(User) bool) {
	r.t.Helper()
	want := r.expectedUsers(app)
	maps.DeleteFunc(want, func(_ string, u User) bool { return !pass(u) })
	for _, u := range got {
		w := want[u.Username]
		if u.ID == "" || u.AppID != r.held.SaaS[app].ID {
			r.t.Errorf("%s: %s has the id %q, and the app %q", app, u.Username, u.ID, u.AppID)
		}
		u.AppRole, w.AppRole = "", ""
		u.ID, u.AppID, u.DefenderID = "", "", ""
		if u != w {
			r.t.Errorf("%s: got %+v\nwant %+v", app, u, w)
		}
		delete(want, u.Username)
	}
	if len(want) > 0 {
		r.t.Errorf("%s: %d users are missing", app, len(want))
	}
}

func everybody(User) bool { return true }

// mostUsed is the name of the app with the most users.
func (r *rig) mostUsed() string {
	best := ""
	for name, seats := range r.held.Assigned {
		if r.ours(r.held.SaaS[name]) && len(seats) > len(r.held.Assigned[best]) {
			best = name
		}
	}
	return best
}

func TestUsersOfAnAppAreToldWithTheirPersons(t *testing.T) {
	r := newRig(t, several())
	app := r.mostUsed()
	got := r.users(UsersOptions{App: " " + strings.ToUpper(app)})
	if len(got) != 1 || len(got[app]) < 50 {
		t.Fatalf("got users of %d apps", len(got))
	}
	r.sameUsers(app, got[app], everybody)
	if !slices.IsSortedFunc(got[app], func(a, b User) int { return b.LastActivity.Compare(a.LastActivity) }) {
		t.Error("those who were active last are not first")
	}
	r.clean()
}

func TestUsersAreActiveOrInactiveByTheThreshold(t *testing.T) {
	r := newRig(t, several())
	app := r.mostUsed()
	r.sameUsers(app, r.users(UsersOptions{App: app, Active: true})[app], func(u User) bool { return u.Status == Active })
	r.sameUsers(app, r.users(UsersOptions{App: app, Inactive: true})[app], func(u User) bool { return u.Status == Inactive })
	r.Policy.AppThresholds = map[string]time.Duration{strings.ToLower(app): 10 * 24 * time.Hour}
	for _, u := range r.users(UsersOptions{App: app})[app] {
		if active := r.sim.Now().Sub(u.LastActivity) <= 10*24*time.Hour; active != (u.Status == Active) {
			t.Errorf("last seen at %s, %s counts as %s within ten days", u.LastActivity, u.Username, u.Status)
		}
	}
}

func TestUsersOfAllAppsComeAppByApp(t *testing.T) {
	r := newRig(t, several())
	got := r.users(UsersOptions{AllApps: true})
	if len(got) != len(r.held.SaaS) {
		t.Errorf("got %d apps, want %d", len(got), len(r.held.SaaS))
	}
	for app, users := range got {
		r.sameUsers(app, users, everybody)
	}
	ours := r.users(UsersOptions{AllApps: true, CreatedBy: r.sim.Options().TokenUser})
	if want := r.expected(r.ours); len(ours) != len(want) || len(ours) == len(got) {
		t.Errorf("got %d apps of ours, want %d of %d", len(ours), len(want), len(got))
	}
	r.clean()
}

func TestAllAppsTakeARequestForEachAndLittleMore(t *testing.T) {
	r := newRig(t, several())
	r.users(UsersOptions{AllApps: true})
	n := r.asked()
	if n["oomnitza GET saas/{}/users"] != len(r.held.SaaS) || n["oomnitza GET saas"] != 1 || n["oomnitza GET users"] > 2 {
		t.Errorf("%d apps took %v", len(r.held.SaaS), n)
	}
}

func TestRolesWithinAnAppAreTold(t *testing.T) {
	r := newRig(t, several())
	roles := map[string]int{}
	for app, users := range r.users(UsersOptions{AllApps: true}) {
		for _, u := range users {
			if u.AppRole != "" && r.ours(r.held.SaaS[app]) {
				t.Errorf("%s has the role %s in %s, which has none", u.Username, u.AppRole, app)
			}
			roles[u.AppRole]++
		}
	}
	if roles["Admin"] == 0 || roles["Member"] == 0 || len(roles) != 3 {
		t.Errorf("roles %v", roles)
	}
}

func TestAnUnknownAppIsToldWithTheNearest(t *testing.T) {
	r := newRig(t, several())
	app := r.mostUsed()
	_, err := r.ReadUsers(t.Context(), UsersOptions{App: app[:len(app)-1] + "x"})
	unknown, ok := errors.AsType[*UnknownAppError](err)
	if !ok || !slices.Contains(unknown.Nearest, app) || !strings.Contains(err.Error(), app) {
		t.Errorf("got %v, want an error that names %q", err, app)
	}
	if _, err = r.ReadUsers(t.Context(), UsersOptions{App: "\x00 nothing like it %%%%"}); err == nil || strings.Contains(err.Error(), "did you mean") {
		t.Errorf("got %v, want an error without a guess", err)
	}
}

func TestAnAppIsFoundThoughFiltersHeedCase(t *testing.T) {
	o := several()
	o.Variants.CaseMatters = true
	r := newRig(t, o)
	app := r.mostUsed()
	if got := r.users(UsersOptions{App: strings.ToUpper(app)}); len(got[app]) == 0 {
		t.Errorf("%q was not found", strings.ToUpper(app))
	}
}

func TestOptionsAboutUsersThatCannotBeUsedAreNamed(t *testing.T) {
	r := newRig(t, several())
	tests := []struct {
		o      UsersOptions
		option string
	}{
		{UsersOptions{}, "app"},
		{UsersOptions{App: "a", AllApps: true}, "app"},
		{UsersOptions{App: "a", Active: true, Inactive: true}, "active"},
		{UsersOptions{App: "a", Sort: "risk"}, "sort"},
	}
	for _, tt := range tests {
		_, err := r.ReadUsers(t.Context(), tt.o)
		if option, ok := errors.AsType[*OptionError](err); !ok || option.Option != tt.option {
			t.Errorf("%+v gives %v, want an error about %s", tt.o, err, tt.option)
		}
	}
	r.Defender = nil
	if _, _, err := (UsersOptions{App: "a", Live: true}).Answer(t.Context(), r.Source); err == nil || !strings.Contains(err.Error(), "DEFENDER_API_KEY") {
		t.Errorf("got %v, want an error that says what to set", err)
	}
}

func TestUsersComeInTheOrderAskedFor(t *testing.T) {
	r := newRig(t, several())
	app := r.mostUsed()
	for _, tt := range []struct {
		sort    string
		compare func(a, b User) int
	}{
		{"user", func(a, b User) int { return strings.Compare(strings.ToLower(a.Username), strings.ToLower(b.Username)) }},
		{"name:desc", func(a, b User) int { return strings.Compare(strings.ToLower(b.Name), strings.ToLower(a.Name)) }},
		{"role,last-activity:asc", func(a, b User) int {
			if a.Role != b.Role {
				return b.Role - a.Role
			}
			return a.LastActivity.Compare(b.LastActivity)
		}},
	} {
		if got := r.users(UsersOptions{App: app, Sort: tt.sort})[app]; !slices.IsSortedFunc(got, tt.compare) {
			t.Errorf("not in the order of %s", tt.sort)
		}
	}
}

func TestUsersAreReadThroughFaults(t *testing.T) {
	o := several()
	o.Faults.Oomnitza = simulator.PeerFaults{ServerErrors: 0.1, RateLimited: 0.05, CutOff: 0.1, DropAfter: 0.05, Truncated: 0.1, MaxPerRequest: 6}
	r := newRig(t, o)
	for app, users := range r.users(UsersOptions{AllApps: true}) {
		r.sameUsers(app, users, everybody)
	}
}

func TestAnAppIsFoundByItsNameThoughTheTenantEscapesIt(t *testing.T) {
	r := newRigBehind(t, several(), rewriting("/api/v3/saas", func(path string, rows []map[string]any) []map[string]any {
		for _, row := range rows {
			if name, ok := row["saas_name"].(string); ok && path == "/api/v3/saas" {
				row["saas_name"] = name + " &amp; Co"
			}
		}
		return rows
	}))
	app := r.mostUsed()
	r.Policy.AppThresholds = map[string]time.Duration{app + " & Co": time.Second}
	got := r.users(UsersOptions{App: app + " & co"})[app+" &amp; Co"]
	if len(got) != len(r.held.Assigned[app]) {
		t.Errorf("%d users, want %d", len(got), len(r.held.Assigned[app]))
	}
	for _, u := range got {
		if u.Status == Active {
			t.Errorf("%s is active within a second", u.Username)
		}
	}
}
