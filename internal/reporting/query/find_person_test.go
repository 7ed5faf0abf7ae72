package query

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// busiest is the username of who is assigned to the most apps, and these apps with
// the last activity.
func (r *rig) busiest() (username string, apps map[string]time.Time) {
	all := map[string]map[string]time.Time{}
	for app, seats := range r.held.Assigned {
		for _, seat := range seats {
			if all[seat.Username] == nil {
				all[seat.Username] = map[string]time.Time{}
			}
			all[seat.Username][app] = seat.LastActivity
			if len(all[seat.Username]) > len(apps) || len(all[seat.Username]) == len(apps) && seat.Username < username {
				username, apps = seat.Username, all[seat.Username]
			}
		}
	}
	return username, apps
}

// sameUses makes sure that exactly a person's apps came.
func (r *rig) sameUses(got map[string][]User, username string, want map[string]time.Time) {
	r.t.Helper()
	rows := 0
	for app, users := range got {
		for _, u := range users {
			rows++
			if last, ok := want[app]; !ok || u.Username != username || u.App != app || !u.LastActivity.Equal(last) {
				r.t.Errorf("%s: got %+v, want %s at %s", app, u, username, last)
			}
		}
	}
	if rows != len(want) || rows == 0 {
		r.t.Errorf("got %d rows, want %d", rows, len(want))
	}
}

func TestTheAppsOfAPersonTakeARequestForEachOfThem(t *testing.T) {
	r := newRig(t, several())
	username, want := r.busiest()
	email := r.held.People[username].Email
	for _, who := range []string{username, strings.ToUpper(username), " " + strings.ToUpper(email) + " "} {
		r.sim.ResetRequests()
		r.sameUses(r.users(UsersOptions{User: who}), username, want)
		n := r.asked()
		if n["oomnitza GET saas/{}/users"] != len(want) || n["oomnitza GET users/{}/software/saas"] != 1 || n["oomnitza GET users"] > 2 {
			t.Errorf("%q: %d apps took %v", who, len(want), n)
		}
	}
	r.clean()
}

func TestAPersonAndAnAppAreOneRow(t *testing.T) {
	r := newRig(t, several())
	username, want := r.busiest()
	for app, last := range want {
		r.sameUses(r.users(UsersOptions{User: username, App: strings.ToLower(app)}), username, map[string]time.Time{app: last})
		break
	}
}

func TestAPersonIsFoundThoughFiltersHeedCase(t *testing.T) {
	o := several()
	o.Variants.CaseMatters = true
	r := newRig(t, o)
	username, want := r.busiest()
	r.sameUses(r.users(UsersOptions{User: strings.ToUpper(username)}), username, want)
}

func TestAllAppsAreReadWhereThePersonsOwnListIsNotToBeHad(t *testing.T) {
	o := several()
	o.Variants.Unkind.People.NoOtherLists = true
	r := newRig(t, o)
	username, want := r.busiest()
	r.sameUses(r.users(UsersOptions{User: username}), username, want)
	r.noted("lists no apps for " + username)
	if n := r.asked()["oomnitza GET saas/{}/users"]; n != len(r.held.SaaS) {
		t.Errorf("the users of %d apps were read, want %d", n, len(r.held.SaaS))
	}
	r = newRig(t, several())
	r.sameUses(r.users(UsersOptions{User: username, AllApps: true}), username, want)
	if n := r.asked()["oomnitza GET users/{}/software/saas"]; n != 0 {
		t.Error("with all apps, the person's own list is not needed")
	}
}

func TestAnEmptyOwnListIsNotBelieved(t *testing.T) {
	r := newRigBehind(t, several(), func(tenant http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if strings.HasSuffix(req.URL.Path, "/software/saas") {
				fmt.Fprint(w, "[]")
				return
			}
			tenant.ServeHTTP(w, req)
		})
	})
	username, want := r.busiest()
	r.sameUses(r.users(UsersOptions{User: username}), username, want)
}

func TestSomebodyUnknownIsToldWithTheNearest(t *testing.T) {
	r := newRig(t, several())
	username, _ := r.busiest()
	p := r.held.People[username]
	for who, want := range map[string]string{
		username[:3] + username[4:]:                     username,
		strings.ToUpper(p.FirstName + " " + p.LastName): username,
	} {
		_, err := r.ReadUsers(t.Context(), UsersOptions{User: who})
		unknown, ok := errors.AsType[*UnknownPersonError](err)
		if !ok || !slices.Contains(unknown.Nearest, want) || !IsInvalid(err) || !strings.Contains(err.Error(), "did you mean") {
			t.Errorf("%q: got %v, want an error that names %q", who, err, want)
		}
	}
	if _, err := r.ReadUsers(t.Context(), UsersOptions{User: "%% nothing like it %%"}); !IsInvalid(err) || strings.Contains(err.Error(), "did you mean") {
		t.Errorf("got %v, want an error without a guess", err)
	}
}

// sharing gives the people of a tenant one email address.
func sharing(address string, usernames ...string) func(http.Handler) http.Handler {
	return func(tenant http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			q := req.URL.Query()
			if req.URL.Path != "/api/v3/users" || !strings.Contains(strings.ToLower(q.Get("filter")), address) {
				tenant.ServeHTTP(w, req)
				return
			}
			var rows []map[string]any
			if strings.HasPrefix(q.Get("filter"), "email") {
				for i, name := range usernames {
					rows = append(rows, map[string]any{"user_id": fmt.Sprint("none", i), "username": name, "email": address})
				}
			}
			if rows == nil {
				rows = []map[string]any{}
			}
			_ = json.NewEncoder(w).Encode(rows)
		})
	}
}

func TestAllWhoShareAnAddressAreListed(t *testing.T) {
	usernames := slices.Sorted(func(yield func(string) bool) {
		for name := range newRig(t, several()).held.People {
			if !yield(name) {
				return
			}
		}
	})[:2]
	r := newRigBehind(t, several(), sharing("team@contoso.com", usernames...))
	want := 0
	for _, seats := range r.held.Assigned {
		for _, seat := range seats {
			if slices.Contains(usernames, seat.Username) {
				want++
			}
		}
	}
	rows := map[string]int{}
	for _, users := range r.users(UsersOptions{User: "Team@contoso.com"}) {
		for _, u := range users {
			rows[u.Username]++
		}
	}
	if len(rows) != 2 || rows[usernames[0]]+rows[usernames[1]] != want {
		t.Errorf("got %v, want %d rows of %q", rows, want, usernames)
	}
	r.noted(`2 people match "Team@contoso.com"`)
	r.noted(usernames[1])
}

func TestUsersAreFilteredByNameEmailAndRole(t *testing.T) {
	r := newRig(t, several())
	app := r.mostUsed()
	users := r.users(UsersOptions{App: app})[app]
	first := users[slices.IndexFunc(users, func(u User) bool { return len(u.Name) > 3 })]
	part := strings.ToUpper(first.Name[:3])
	for _, tt := range []struct {
		o    UsersOptions
		pass func(User) bool
	}{
		{UsersOptions{Name: "zzz, " + part}, func(u User) bool { return strings.Contains(strings.ToUpper(u.Name), part) }},
		{UsersOptions{Email: strings.ToUpper(first.Email)}, func(u User) bool { return u.Email == first.Email }},
		{UsersOptions{Email: "@", Role: fmt.Sprint(first.Role, ", 99")}, func(u User) bool { return u.Role == first.Role }},
		{UsersOptions{Role: "99"}, func(User) bool { return false }},
	} {
		tt.o.App = app
		r.sameUsers(app, r.users(tt.o)[app], tt.pass)
	}
	if _, err := r.ReadUsers(t.Context(), UsersOptions{App: app, Role: "25,admin,-1"}); err == nil || !strings.Contains(err.Error(), `role "admin"`) || !strings.Contains(err.Error(), `role "-1"`) {
		t.Errorf("got %v, want every wrong role named", err)
	}
}

func TestLastActivityOfAPersonIsReadFromDefender(t *testing.T) {
	o := several()
	o.Variants.LastVisit = "ignored"
	r := newRig(t, o)
	username, want := r.busiest()
	live := 0
	for _, users := range r.users(UsersOptions{User: username, Live: true}) {
		for _, u := range users {
			if u.Username != username {
				t.Errorf("got %+v", u)
			}
			if u.Live && !u.LastActivity.IsZero() {
				live++
			}
		}
	}
	if live == 0 || live > len(want) {
		t.Errorf("%d last activities, of %d apps", live, len(want))
	}
}
