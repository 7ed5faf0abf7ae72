package query

import (
	"strings"
	"testing"
	"time"

	"defendersync/internal/testing/simulator"
)

// adopted are the records that another integration made and whose users a
// session has assigned: their own number of active users is another's, 0.
func (r *rig) adopted(s simulator.HeldSaaS) bool {
	return s.ByAnother && len(r.held.Assigned[s.Name]) > 1
}

// everyApp is what every record should answer.
func (r *rig) everyApp() map[string]expect {
	return r.expected(func(simulator.HeldSaaS) bool { return true })
}

func TestActiveUsersOfAnothersRecordsAreCountedFromTheAssignments(t *testing.T) {
	r := newRig(t, several())
	want, adopted := r.everyApp(), 0
	for _, a := range r.apps(AppsOptions{CreatedBy: Anyone}) {
		w := want[a.Name]
		if a.ActiveUsers != w.inUse || a.Unknown {
			t.Errorf("%s has %d active users, want %d (its record says %d)", a.Name, a.ActiveUsers, w.inUse, w.Visited)
		}
		if a.Counted != w.ByAnother {
			t.Errorf("%s: counted is %v", a.Name, a.Counted)
		}
		if r.adopted(w.HeldSaaS) && w.Visited == 0 && w.inUse > 0 {
			adopted++
		}
	}
	if adopted == 0 {
		t.Error("no record of another integration has active users: the tenant is too small for this test")
	}
	others := len(r.expected(func(s simulator.HeldSaaS) bool { return s.ByAnother }))
	if n := r.asked()["oomnitza GET saas/{}/users"]; n != others {
		t.Errorf("the users of %d apps were read, want those of %d", n, others)
	}
	r.clean()
}

func TestALeastNumberOfActiveUsersLeavesNoAdoptedAppOut(t *testing.T) {
	r := newRig(t, several())
	for _, least := range []int{1, 5, 20} {
		want := r.everyApp()
		for name, w := range want {
			if w.inUse < least {
				delete(want, name)
			}
		}
		r.sameNames(r.apps(AppsOptions{CreatedBy: Anyone, MinActiveUsers: least}), want)
		r.sameNames(r.apps(AppsOptions{CreatedBy: Anyone, MinActiveUsers: least, WithUsers: true}), want)
	}
}

func TestTheMostUsedAppsAreThoseOfTheAssignments(t *testing.T) {
	r := newRig(t, several())
	want := r.everyApp()
	got := r.apps(AppsOptions{CreatedBy: Anyone, Top: 10, WithUsers: true})
	least := got[len(got)-1].ActiveUsers
	for i, a := range got {
		if i > 0 && a.ActiveUsers > got[i-1].ActiveUsers || a.ActiveUsers != want[a.Name].inUse {
			t.Errorf("%d. is %s with %d active users, want %d", i+1, a.Name, a.ActiveUsers, want[a.Name].inUse)
		}
		delete(want, a.Name)
	}
	for name, w := range want {
		if w.inUse > least {
			t.Errorf("%s with %d active users is not among the first", name, w.inUse)
		}
	}
}

func TestWhereActiveUsersComeFromIsChosenAndSaid(t *testing.T) {
	r := newRig(t, several())
	r.sim.AdvanceDays(20, simulator.ChangeOptions{Pairs: -1}) // nobody does anything, and no session runs
	want := r.everyApp()
	for from, figure := range map[ActiveFrom]func(expect) int{
		FromAssignments: func(e expect) int { return e.inUse },
		FromRecord:      func(e expect) int { return e.Visited },
	} {
		for _, withUsers := range []bool{false, true} {
			for _, a := range r.apps(AppsOptions{CreatedBy: Anyone, ActiveFrom: from, WithUsers: withUsers}) {
				if w := figure(want[a.Name]); a.ActiveUsers != w {
					t.Errorf("by %s (users %v): %s has %d active users, want %d", from, withUsers, a.Name, a.ActiveUsers, w)
				}
			}
		}
	}
	for from, says := range map[ActiveFrom]string{"": "Total Active Users, as of the last session", "auto": "for other records: counted", FromAssignments: "counted from the assignments: last activity within 60 days", FromRecord: "whoever wrote it"} {
		sheet, _, err := AppsOptions{ActiveFrom: from}.Answer(t.Context(), r.Source)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, f := range sheet.About {
			found = found || f.Name == factActive && strings.Contains(f.Value, says)
		}
		if !found {
			t.Errorf("%q: nothing says %q: %v", from, says, sheet.About)
		}
	}
	if _, err := r.ReadApps(t.Context(), AppsOptions{ActiveFrom: "guesses"}); err == nil || !strings.Contains(err.Error(), "active-from") {
		t.Errorf("got %v", err)
	}
}

func TestWhereNobodysActivityIsKnownNoAppIsLeftOut(t *testing.T) {
	r := newRig(t, forgetful())
	const least = 3
	want := r.expected(func(s simulator.HeldSaaS) bool {
		return !s.ByAnother && s.Visited >= least || s.ByAnother && len(r.held.Assigned[s.Name]) >= least
	})
	unknown := 0
	apps := r.apps(AppsOptions{CreatedBy: Anyone, MinActiveUsers: least})
	r.sameNames(apps, want)
	for _, a := range apps {
		if w := want[a.Name]; w.ByAnother != a.Unknown || w.ByAnother && a.ActiveUsers != w.inUse || !w.ByAnother && a.ActiveUsers != w.Visited {
			t.Errorf("%s by %s: unknown is %v, %d active users", a.Name, w.CreatedBy, a.Unknown, a.ActiveUsers)
		}
		if a.Unknown {
			unknown++
		}
	}
	if unknown == 0 {
		t.Error("no record of another integration is shown")
	}
	for _, a := range r.apps(AppsOptions{WithUsers: true}) {
		if a.ActiveUsers != r.held.SaaS[a.Name].Visited || a.Unknown {
			t.Errorf("%s has %d active users, but a session wrote %d", a.Name, a.ActiveUsers, r.held.SaaS[a.Name].Visited)
		}
	}
	r.noted("has no last activity for most users of")
}

func TestWebsitesCountTheActiveUsersOfAnothersApps(t *testing.T) {
	r := newRig(t, several())
	want := map[string]int{}
	for _, e := range r.everyApp() {
		want[hostOf(e.URL)] += e.inUse
	}
	sites, err := r.ReadWebsites(t.Context(), WebsitesOptions{CreatedBy: Anyone, MinActiveUsers: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range sites {
		if w.ActiveUsers != want[w.Host] {
			t.Errorf("%s has %d active users, want %d", w.Host, w.ActiveUsers, want[w.Host])
		}
		delete(want, w.Host)
	}
	delete(want, "") // apps without a website
	for site, n := range want {
		if n > 0 {
			t.Errorf("%s with %d active users is left out", site, n)
		}
	}
}

func TestAnAppThresholdCountsForAnothersRecordsToo(t *testing.T) {
	r := newRig(t, several())
	r.Policy.AppThresholds = map[string]time.Duration{}
	for name, s := range r.held.SaaS {
		if r.adopted(s) {
			r.Policy.AppThresholds[name] = time.Second
		}
	}
	for _, a := range r.apps(AppsOptions{CreatedBy: "okta_integration"}) {
		if r.adopted(r.held.SaaS[a.Name]) && a.ActiveUsers != 0 {
			t.Errorf("%s has %d active users within a second", a.Name, a.ActiveUsers)
		}
	}
}
