package query

import (
	"testing"
	"time"

	"defendersync/internal/testing/instants"
	"defendersync/internal/testing/simulator"
)

// at is the options of tenants whose clock shows an instant.
func at(when time.Time, o simulator.Options) simulator.Options {
	o.Start = when
	return o
}

func TestUsersAreJudgedAlikeAtEveryInstant(t *testing.T) {
	instants.Each(t, func(t *testing.T, when time.Time) {
		o := several()
		o.Apps, o.Pairs = 20, 700
		r := newRig(t, at(when, o))
		app := r.mostUsed()
		r.sameUsers(app, r.users(UsersOptions{App: app})[app], everybody)
		r.sameUsers(app, r.users(UsersOptions{App: app, Active: true})[app], func(u User) bool { return u.Status == Active })
		r.sameUsers(app, r.users(UsersOptions{App: app, Inactive: true})[app], func(u User) bool { return u.Status == Inactive })
		want := r.expected(r.ours)
		apps := r.apps(AppsOptions{WithUsers: true})
		r.sameNames(apps, want)
		for _, a := range apps {
			if w := want[a.Name]; a.Users != w.users || a.InUse != w.inUse || !a.LastActivity.Equal(w.last) {
				t.Errorf("%s has %d users, %d active, the last at %s; want %d, %d, %s", a.Name, a.Users, a.InUse, a.LastActivity, w.users, w.inUse, w.last)
			}
		}
	})
}

func TestDefendersListsAreReadAlikeAtEveryInstant(t *testing.T) {
	instants.Each(t, func(t *testing.T, when time.Time) {
		o := forgetful()
		o.Apps, o.People, o.Pairs, o.SameNames = 10, 600, 700, 0
		r := newRig(t, at(when, o))
		r.liveIsRight()
		r.absentAreCounted()
	})
}
