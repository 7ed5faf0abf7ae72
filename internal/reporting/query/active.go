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

// ActiveFrom says where the number of an app's active users comes from.
type ActiveFrom string

// The sources of a number of active users. A session writes it into the records
// that it keeps, as of its own time; a record that somebody else has made holds
// what they wrote, which is often nothing.
const (
	FromAuto        ActiveFrom = ""            // the record where a session keeps it, else the assignments
	FromAssignments ActiveFrom = "assignments" // counted now: a request for each app
	FromRecord      ActiveFrom = "record"      // Total Active Users, whoever wrote it
)

// ActiveFroms are the choices, as an option takes them.
func ActiveFroms() string { return "auto, assignments, record" }

// parseOption reads an option's value.
func (f ActiveFrom) parseOption() (ActiveFrom, *OptionError) {
	switch f {
	case "auto", FromAuto:
		return FromAuto, nil
	case FromAssignments, FromRecord:
		return f, nil
	}
	return f, &OptionError{"active-from", string(f), "use " + ActiveFroms()}
}

// needsCount reports whether an app's number of active users is still to be
// counted.
func (f ActiveFrom) needsCount(a App) bool {
	return !a.Counted && (f == FromAssignments || f == FromAuto && !a.kept)
}

// CountActive counts the active users of those apps that no session keeps the
// number of, from their assignments: a request for each.
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

// takeCount takes over what was counted of an app, and not what wasn't asked for.
func (a *App) takeCount(counted App) {
	a.ActiveUsers, a.Counted, a.Unknown, a.mayBe = counted.ActiveUsers, counted.Counted, counted.Unknown, counted.mayBe
}

// thresholdOf is the app's, by its name as it is written where the tenant has
// escaped it.
func (s Source) thresholdOf(app string) time.Duration {
	return s.Policy.Threshold(html.UnescapeString(app))
}

// tally is what an app's assignments tell.
type tally struct {
	users, active, unknown int
	last                   time.Time
}

// visits are an app's assignments while they are read: the last activity of
// each person, in Unix seconds, by a hash of their id. A person who comes twice
// counts once, with the later one.
type visits map[uint64]int64

func (v visits) addVisit(one oomnitza.Assigned) {
	key, last := maphash.String(hashSeed, one.UserID), int64(0)
	if !one.LastVisit.IsZero() {
		last = one.LastVisit.Unix()
	}
	if known, again := v[key]; !again || last > known {
		v[key] = last
	}
}

// countUsers counts them.
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

// anybody is how many users an app may have that could not be read.
const anybody = 1 << 30

// markUnread says that an app's users could not be read: the number that a session
// keeps stands, any other is not known.
func (a *App) markUnread(from ActiveFrom) {
	if from == FromAssignments || from == FromAuto && !a.kept {
		a.ActiveUsers, a.Unknown, a.mayBe = 0, true, anybody
	}
}

// isUnclear reports whether the tally says little of who is active, because of
// most users no last activity is kept. In a tenant that keeps it, one without
// was never active.
func (t tally) isUnclear() bool { return 2*t.unknown > t.users }

// applyTo puts a tally into its app. Where it says little, the number that a
// session keeps stands, which comes from Defender; where there is none, what
// was counted is the least.
func (t tally) applyTo(a *App, from ActiveFrom) {
	a.Users, a.InUse, a.LastActivity = t.users, t.active, t.last
	if from == FromRecord || from == FromAuto && a.kept && t.isUnclear() {
		return
	}
	a.ActiveUsers, a.Counted, a.Unknown, a.mayBe = t.active, true, t.isUnclear(), 0
	if a.Unknown {
		a.mayBe = t.unknown
	}
}

// applyAsLeast puts in the tally of a list that is a part of the app's users: no
// figure is more than the least.
func (t tally) applyAsLeast(a *App, from ActiveFrom) {
	a.Users, a.InUse, a.LastActivity = t.users, t.active, t.last
	if from == FromRecord {
		return
	}
	least := t.active
	if from == FromAuto && a.kept {
		least = max(least, a.ActiveUsers)
	}
	a.ActiveUsers, a.Counted, a.Unknown, a.mayBe = least, true, true, anybody
}

// noteUnknown says of how many apps nobody knows how many use them.
func (s Source) noteUnknown(apps []App) {
	n := 0
	for _, a := range apps {
		if a.Unknown && a.mayBe < anybody { // of others it is told already
			n++
		}
	}
	if n == 0 {
		return
	}
	s.addNote(fmt.Sprintf("Oomnitza keeps no last activity for most users of %s, so active users may be more there than the figure says (empty where it is 0), "+
		"and a least number of them leaves none out that may have it; 'defendersync report users --live' reads last activity from Defender", countNoun(n, "app")))
}

// dropBelow drops the apps that can't have that many active users.
func dropBelow(least int, apps []App) []App {
	return slices.DeleteFunc(apps, func(a App) bool { return a.ActiveUsers+a.mayBe < least })
}

// describeSource says in the answer what its active users are.
func (f ActiveFrom) describeSource(p saas.Policy) string {
	counted := "counted from the assignments, by a last activity within " + formatDays(p.Threshold("")) + " or the app's own threshold"
	switch f {
	case FromAssignments:
		return counted
	case FromRecord:
		return "the records' own Total Active Users, whoever wrote them"
	}
	return "of records that sessions keep: Total Active Users, as of the last session that read the app; of others: " + counted
}
