package query

import (
	"strings"
	"testing"
	"time"

	"defendersync/internal/testing/simulator"
)

// forgetful is a tenant that stores no last activity.
func forgetful() simulator.Options {
	o := several()
	o.Variants.LastVisit = "ignored"
	return o
}

// visits works out, from Defender's side alone, when people used an app last,
// by their folded email address.
func (r *rig) visits(linkKey string) map[string]time.Time {
	out := map[string]time.Time{}
	for _, u := range r.truth()[linkKey].Users {
		if u.Bad == "" && strings.Contains(u.User, "@") {
			key := strings.ToLower(u.User)
			if last := u.LastActivity.Truncate(time.Second); last.After(out[key]) {
				out[key] = last
			}
		}
	}
	return out
}

// emails are the folded addresses of those who are assigned to an app. Some of
// them may have no visit any more: Defender forgets what is 90 days old.
func (r *rig) emails(app string) map[string]bool {
	out := map[string]bool{}
	for _, seat := range r.held.Assigned[app] {
		out[strings.ToLower(r.held.People[seat.Username].Email)] = true
	}
	return out
}

func TestLastActivityIsReadFromDefenderWhereOomnitzaKeepsNone(t *testing.T) {
	r := newRig(t, forgetful())
	r.liveIsRight()
	r.noted("read live from Defender")
	r.clean()
}

// liveIsRight compares what is read live with what Defender has.
func (r *rig) liveIsRight() {
	r.t.Helper()
	for app, users := range r.users(UsersOptions{AllApps: true, Live: true, CreatedBy: r.sim.Options().TokenUser}) {
		want := r.visits(r.held.SaaS[app].LinkKey)
		if len(users) != len(want) {
			r.t.Errorf("%s has %d users, Defender lists %d", app, len(users), len(want))
		}
		for _, u := range users {
			last, ok := want[strings.ToLower(u.Email)]
			if !ok || !u.Live || !u.LastActivity.Equal(last) || u.Status == Unknown {
				r.t.Errorf("%s: %s was last seen at %s (%s), want %s", app, u.Username, u.LastActivity, u.Status, last)
			}
		}
	}
}

func TestWithoutLiveNobodysActivityIsKnown(t *testing.T) {
	r := newRig(t, forgetful())
	app := r.mostUsed()
	for _, u := range r.users(UsersOptions{App: app})[app] {
		if u.Status != Unknown || u.Live {
			t.Errorf("%s is %s at %s", u.Username, u.Status, u.LastActivity)
		}
	}
	r.noted("--live reads it from Defender")
	if got := r.users(UsersOptions{App: app, Inactive: true})[app]; len(got) != 0 {
		t.Errorf("%d users of whom nothing is known count as inactive", len(got))
	}
	if n := r.asked()["defender POST discovery/users"]; n != 0 {
		t.Errorf("Defender was asked %d times", n)
	}
}

func TestDefenderIsNotAskedWhereOomnitzaKnows(t *testing.T) {
	r := newRig(t, several())
	app := r.mostUsed()
	got := r.users(UsersOptions{App: app, Live: true})
	r.sameUsers(app, got[app], everybody)
	for route, n := range r.asked() {
		if strings.HasPrefix(route, "defender") {
			t.Errorf("%s: %d", route, n)
		}
	}
}

func TestARecordWithoutALinkIsFoundInDefenderByItsName(t *testing.T) {
	o := forgetful()
	o.Variants.LinkKeyIgnored, o.SameNames = true, 0
	r := newRig(t, o)
	app := r.mostUsed()
	for _, u := range r.users(UsersOptions{App: app, Live: true})[app] {
		if !u.Live {
			t.Errorf("nothing is known of %s", u.Username)
		}
	}
}

func TestNobodyIsMissedWhoseActivityComesWhileTheListIsRead(t *testing.T) {
	o := simulator.Options{Apps: 3, People: 900, Pairs: 1500}
	o.Variants.LastVisit = "ignored"
	o.Faults.Drift, o.Faults.DriftRows = 1, 5
	r := newRig(t, o)
	app := r.mostUsed()
	missing := 0
	for _, u := range r.users(UsersOptions{App: app, Live: true})[app] {
		if !u.Live {
			missing++
		}
	}
	if missing > 0 || len(r.sim.Drifted()) == 0 {
		t.Errorf("%d users were missed; %d rows moved", missing, len(r.sim.Drifted()))
	}
}

func TestPeopleWhomASessionHasNotTakenOverYetAreCounted(t *testing.T) {
	newRig(t, forgetful()).absentAreCounted()
}

// absentAreCounted lets a day pass, in which people come to apps and others'
// visits grow older than Defender keeps.
func (r *rig) absentAreCounted() {
	r.t.Helper()
	r.sim.AdvanceDays(1, simulator.ChangeOptions{NewPairs: 0.5})
	app := r.mostUsed()
	all, err := r.ReadUsers(r.t.Context(), UsersOptions{App: app, Live: true})
	if err != nil {
		r.t.Fatal(err)
	}
	assigned, want := r.emails(app), 0
	for email := range r.visits(r.held.SaaS[app].LinkKey) {
		if !assigned[email] {
			want++
		}
	}
	if want == 0 {
		r.t.Error("nobody new came to the app: the tenant is too small for this test")
	}
	for got, err := range all {
		if err != nil {
			r.t.Fatal(err)
		}
		if got.Absent != want {
			r.t.Errorf("%d people are absent, want %d", got.Absent, want)
		}
		want = 0
	}
}

func TestAnAppThatDefenderDoesNotHaveIsUnread(t *testing.T) {
	r := newRig(t, forgetful())
	l, err := newLiveReader(r.Source)
	if err != nil {
		t.Fatal(err)
	}
	visits, read, err := l.readVisits(t.Context(), AppRef{Name: "of our own making"})
	if err != nil || read != unreadable || len(visits) != 0 {
		t.Errorf("got %v, %v, %v", visits, read, err)
	}
	if visits, _, err = l.readVisits(t.Context(), AppRef{Name: "x", DefenderID: "1"}); err != nil || len(visits) != 0 {
		t.Errorf("got %v, %v for an id that there is not", len(visits), err)
	}
}
