package query

import (
	"context"
	"fmt"
	"hash/maphash"
	"html"
	"slices"
	"time"

	"defendersync/internal/oomnitza"
	"defendersync/internal/saas"
)

// ActiveFrom says where an app's number of active users comes from.
type ActiveFrom string

// The sources of the number of active users. Sessions write it to the records
// that they maintain. A record that somebody else created has what they wrote,
// which is often nothing.
const (
	FromAuto        ActiveFrom = ""            // the record if sessions maintain it, else the assignments
	FromAssignments ActiveFrom = "assignments" // counted now: a request for each app
	FromRecord      ActiveFrom = "record"      // the field Total Active Users, whoever wrote it
)

// ActiveFroms lists the values of the option.
func ActiveFroms() string { return "auto, assignments, record" }

// parseOption reads the value of the option.
func (f ActiveFrom) parseOption() (ActiveFrom, *OptionError) {
	switch f {
	case "auto", FromAuto:
		return FromAuto, nil
	case FromAssignments, FromRecord:
		return f, nil
	}
	return f, &OptionError{"active-from", string(f), "use " + ActiveFroms()}
}

// needsCount reports whether an app's active users have yet to be counted.
func (f ActiveFrom) needsCount(a App) bool {
	return !a.Counted && (f == FromAssignments || f == FromAuto && !a.maintained)
}

// CountActive counts the active users of the apps whose number no session
// maintains, from their assignments: a request for each app.
func (s Source) CountActive(ctx context.Context, apps []App) error {
	return s.countActive(ctx, FromAuto, apps)
}

func (s Source) countActive(ctx context.Context, from ActiveFrom, apps []App) error {
	var places []int
	for i := range apps {
		if from.needsCount(apps[i]) {
			places = append(places, i)
		}
	}
	if len(places) == 0 {
		return nil
	}
	some := make([]App, len(places))
	for i, place := range places {
		some[i] = apps[place]
	}
	if err := s.addUsers(ctx, from, some); err != nil {
		return err
	}
	for i, place := range places {
		apps[place].takeCount(some[i])
	}
	return nil
}

// takeCount takes over the count of active users, and nothing else.
func (a *App) takeCount(counted App) {
	a.ActiveUsers, a.Counted, a.Unknown, a.mayBe = counted.ActiveUsers, counted.Counted, counted.Unknown, counted.mayBe
}

// thresholdOf returns an app's threshold by its name, which a tenant may have
// HTML-escaped.
func (s Source) thresholdOf(app string) time.Duration {
	return s.Policy.Threshold(html.UnescapeString(app))
}

// tally is what was counted of an app's assignments.
type tally struct {
	users, active, unknown int
	last                   time.Time
}

// visits holds the last activity of each person who is assigned to an app, in Unix
// seconds, by a hash of the person's id. A person who is listed twice counts once,
// with the later activity.
type visits map[uint64]int64

func (v visits) addVisit(one oomnitza.Assigned) {
	key, last := maphash.String(hashSeed, one.UserID), int64(0)
	if !one.LastActivity.IsZero() {
		last = one.LastActivity.Unix()
	}
	if known, again := v[key]; !again || last > known {
		v[key] = last
	}
}

// countUsers counts the users by status.
func (v visits) countUsers(now time.Time, threshold time.Duration) (t tally) {
	for _, seconds := range v {
		last := time.Time{}
		if seconds != 0 {
			last = time.Unix(seconds, 0).UTC()
		}
		t.users++
		switch statusOf(last, now, threshold) {
		case Active:
			t.active++
		case Unknown:
			t.unknown++
			continue
		}
		if last.After(t.last) {
			t.last = last
		}
	}
	return t
}

// anybody stands for the users of an app that could not be read: any number of
// them may be active.
const anybody = 1 << 30

// markUnread marks an app whose users could not be read. A number that sessions
// maintain stays; any other is unknown.
func (a *App) markUnread(from ActiveFrom) {
	if from == FromAssignments || from == FromAuto && !a.maintained {
		a.ActiveUsers, a.Unknown, a.mayBe = 0, true, anybody
	}
}

// isUnclear reports whether the tally says little about who is active, since most
// users have no last activity. In a tenant that stores it, a user without one was
// never active.
func (t tally) isUnclear() bool { return 2*t.unknown > t.users }

// applyTo sets the counts of an app. Where the tally is unclear, a number that
// sessions maintain stays, since it comes from Defender; without such a number the
// count is a minimum.
func (t tally) applyTo(a *App, from ActiveFrom) {
	a.Users, a.InUse, a.LastActivity = t.users, t.active, t.last
	if from == FromRecord || from == FromAuto && a.maintained && t.isUnclear() {
		return
	}
	a.ActiveUsers, a.Counted, a.Unknown, a.mayBe = t.active, true, t.isUnclear(), 0
	if a.Unknown {
		a.mayBe = t.unknown
	}
}

// applyAsLeast sets the counts of an app whose list of users was incomplete: all
// are minimums.
func (t tally) applyAsLeast(a *App, from ActiveFrom) {
	a.Users, a.InUse, a.LastActivity = t.users, t.active, t.last
	if from == FromRecord {
		return
	}
	least := t.active
	if from == FromAuto && a.maintained {
		least = max(least, a.ActiveUsers)
	}
	a.ActiveUsers, a.Counted, a.Unknown, a.mayBe = least, true, true, anybody
}

// noteUnknown says for how many apps the number of active users is a minimum.
func (s Source) noteUnknown(apps []App) {
	n := 0
	for _, a := range apps {
		if a.Unknown && a.mayBe < anybody { // others have a note of their own
			n++
		}
	}
	if n == 0 {
		return
	}
	s.addNote(fmt.Sprintf("Oomnitza has no last activity for most users of %s, so the number of active users is a minimum there (empty if 0), "+
		"and min-active-users excludes only apps that can't have so many; 'defendersync report users --live' reads last activity from Defender", countNoun(n, "app")))
}

// dropBelow drops the apps that can't have so many active users.
func dropBelow(least int, apps []App) []App {
	return slices.DeleteFunc(apps, func(a App) bool { return a.ActiveUsers+a.mayBe < least })
}

// describeSource says where the number of active users in an answer comes from.
func (f ActiveFrom) describeSource(p saas.Policy) string {
	counted := "counted from the assignments: last activity within " + formatDays(p.Threshold("")) + ", or within the app's own threshold"
	switch f {
	case FromAssignments:
		return counted
	case FromRecord:
		return "the field Total Active Users, whoever wrote it"
	}
	return "for records that sessions maintain: the field Total Active Users, as of the last session that read the app; for other records: " + counted
}
