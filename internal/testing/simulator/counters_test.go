package simulator

import (
	"fmt"
	"testing"
	"time"

	"defendersync/internal/testing/instants"
)

// figures are the numbers of a row, by key.
type figures map[string]int64

func (f figures) read(row map[string]any, keys ...string) {
	for _, key := range keys {
		n, _ := row[key].(float64)
		f[key] += int64(n)
	}
}

var trafficKeys = []string{"trafficTotalBytes", "trafficUploadedBytes", "trafficDownloadedBytes", "trafficTotalEvents"}

// appRows are the rows of a stream's apps in a timeframe, by id.
func (r *rig) appRows(stream, days int) map[string]map[string]any {
	out := map[string]map[string]any{}
	for _, row := range r.all(appsPath, func(skip int) map[string]any {
		b := r.appsBody(stream, skip)
		b["timeframe"] = days
		return b
	}) {
		out[fmt.Sprintf("%.0f", row["appId"])] = row
	}
	return out
}

// userRows are the rows of an app's users in a timeframe.
func (r *rig) userRows(stream, days int, app string) []map[string]any {
	return r.all(usersPath, func(skip int) map[string]any {
		b := r.usersBody(stream, app, skip)
		b["timeframe"] = days
		return b
	})
}

func TestAnAppsTrafficIsThatOfItsUsersInEveryTimeframe(t *testing.T) {
	instants.Each(t, func(t *testing.T, when time.Time) {
		r := newRig(t, Options{Seed: 6, Apps: 25, People: 150, Pairs: 500, Streams: 2, Start: when, Clock: instants.Still(when)})
		r.AdvanceDays(3, ChangeOptions{Pairs: 0.3, Late: 0.1, LateLogs: 0.4, NewPairs: 0.1, NewApps: 1})
		for stream := range 2 {
			for _, days := range []int{7, 30, 90} {
				for app, row := range r.appRows(stream, days) {
					users := r.userRows(stream, days, app)
					if len(users) == 0 {
						continue // an app that nobody was named for
					}
					want, got := figures{}, figures{}
					got.read(row, trafficKeys...)
					for _, u := range users {
						want.read(u, trafficKeys...)
					}
					if fmt.Sprint(got) != fmt.Sprint(want) || row["usersCount"] != float64(len(users)) {
						t.Fatalf("%d days: the row shows %v and %v users, its %d users have %v", days, got, row["usersCount"], len(users), want)
					}
					for _, key := range []string{"ipAddressesCount", "machinesCount"} {
						if n, shown := row[key].(float64); shown && int(n) < len(users) || shown != (key != "machinesCount" || stream == 1) {
							t.Errorf("stream %d, %s is %v, of %d users", stream, key, row[key], len(users))
						}
					}
				}
			}
		}
		r.noViolations()
	})
}

// TestCountersMoveWithVisits compares rows before and after a day within one
// timeframe's days: a row moves if and only if one of its users' rows did.
func TestCountersMoveWithVisits(t *testing.T) {
	now := noon
	s := New(Options{Seed: 6, Apps: 200, People: 300, Pairs: 5000, Streams: 3, Views: 1, Start: noon, Clock: func() time.Time { return now }})
	before, were := s.Counters(30), truthTexts(s)
	now = now.Add(6 * time.Hour) // within the day, so that nothing drops out
	s.EndDay(ChangeOptions{Pairs: 0.02, Apps: 0.3, LateLogs: 0.5})
	moved, changed := MovedRows(before, s.Counters(30)), map[RowKey]bool{}
	for app := range s.Truth() {
		old := map[string]bool{}
		for _, stream := range s.StreamIDs() {
			for _, text := range values(were, stream+app.ID) {
				old[stream+text] = true
			}
		}
		for _, u := range app.Users {
			if !old[u.Stream+fmt.Sprintf("%v %d", u.User, u.LastActivity.UnixMilli())] {
				changed[RowKey{u.Stream, app.ID}] = true
			}
		}
	}
	for key := range changed {
		if !moved[key] {
			t.Errorf("%v has a user's row that changed, and stands still", key)
		}
	}
	// A late log may tell of a visit before a user's last one, which moves the counters alone.
	if len(changed) < 20 || len(moved) < len(changed) || len(moved) > len(changed)*3/2 || len(moved) > 3*200*4/10 {
		t.Errorf("%d rows moved, users of %d changed", len(moved), len(changed))
	}
}

func TestDaysThatDropOutMoveCounters(t *testing.T) {
	s := New(Options{Seed: 6, Apps: 60, People: 300, Pairs: 3000, Start: noon, Clock: instants.Still(noon)})
	before := map[int]map[RowKey]RowCounters{7: s.Counters(7), 90: s.Counters(90)}
	s.AdvanceDays(1, ChangeOptions{Pairs: -1})
	for days, was := range before {
		now, fell := s.Counters(days), 0
		for key, c := range was {
			if now[key].Events > c.Events || now[key].Users > c.Users {
				t.Errorf("%d days: %v has more than before, and nothing happened", days, key)
			}
			if now[key].Events < c.Events {
				fell++
			}
		}
		if fell == 0 || fell == len(was) {
			t.Errorf("%d days: the counters of %d of %d rows fell", days, fell, len(was))
		}
	}
}

// TestALogMayArriveSixtyHoursLate lets a day bring late logs alone. What they tell
// is seen at the day's end, and not before.
func TestALogMayArriveSixtyHoursLate(t *testing.T) {
	s := New(Options{Seed: 4, Apps: 40, People: 300, Pairs: 4000, Start: noon, Clock: instants.Still(noon)})
	was := truthTexts(s)
	old := map[string]bool{}
	for _, text := range was {
		old[text] = true
	}
	s.AdvanceDays(1, ChangeOptions{Pairs: 0.1, LateLogs: 1})
	var ages []time.Duration
	for app := range s.Truth() {
		for _, u := range app.Users {
			if !old[fmt.Sprintf("%v %d", u.User, u.LastActivity.UnixMilli())] {
				ages = append(ages, s.Now().Sub(u.LastActivity))
			}
		}
	}
	early, late := 0, 0
	for _, age := range ages {
		switch {
		case age < 24*time.Hour || age > 60*time.Hour:
			t.Errorf("a visit of %s ago", age)
		case age < 42*time.Hour:
			early++
		default:
			late++
		}
	}
	if early < 50 || late < 50 {
		t.Errorf("%d logs came within 42 hours, %d later", early, late)
	}
}

func TestAViewShowsNothingThatTheFirstStreamDoesNot(t *testing.T) {
	r := newRig(t, Options{Seed: 2, Apps: 80, People: 200, Pairs: 2000, Streams: 3, Views: 1, Names: RealisticNames()})
	r.AdvanceDays(2, ChangeOptions{Pairs: 0.1, NewPairs: 0.1, NewApps: 2})
	in, apps := map[string]map[string]bool{}, map[string]int{}
	ids := r.StreamIDs()
	for app := range r.Truth() {
		for _, row := range app.Rows {
			apps[row.Stream]++
		}
		for _, u := range app.Users {
			if in[u.Stream] == nil {
				in[u.Stream] = map[string]bool{}
			}
			in[u.Stream][fmt.Sprint(app.ID, u.User, u.LastActivity)] = true
		}
	}
	outside := func(stream string) (n int) {
		for row := range in[stream] {
			if !in[ids[0]][row] {
				n++
			}
		}
		return n
	}
	if n := outside(ids[2]); n > 0 || len(in[ids[2]]) < len(in[ids[0]])/3 || len(in[ids[2]]) >= len(in[ids[0]]) {
		t.Errorf("the view has %d rows, the first stream %d; %d are the view's alone", len(in[ids[2]]), len(in[ids[0]]), n)
	}
	if n := outside(ids[1]); n == 0 {
		t.Error("the second stream, which is no view, is contained in the first")
	}
	if len(r.appRows(2, 90)) != apps[ids[2]] || apps[ids[2]] == 0 {
		t.Errorf("%d rows of apps are listed, %d are true", len(r.appRows(2, 90)), apps[ids[2]])
	}
	r.noViolations()
}

func TestSwitchesOfCounters(t *testing.T) {
	open := func(u RowSwitches) *rig {
		return newRig(t, Options{Seed: 3, Apps: 60, People: 200, Pairs: 1500, Clock: instants.Still(noon), Variants: Variants{Unkind: Unkind{Rows: u}}})
	}
	t.Run("none", func(t *testing.T) {
		for _, row := range open(RowSwitches{NoCounters: true}).appRows(0, 90) {
			for _, key := range append([]string{"usersCount", "ipAddressesCount", "machinesCount"}, trafficKeys...) {
				if row[key] != nil {
					t.Fatalf("%s is %v", key, row[key])
				}
			}
			if row["lastSeen"] == nil {
				t.Fatal("the last activity is missing")
			}
		}
	})
	t.Run("still", func(t *testing.T) {
		r := open(RowSwitches{Still: 0.3})
		before, users := r.Counters(30), truthTexts(r.Simulator)
		r.EndDay(ChangeOptions{Pairs: 0.9})
		moved, still := MovedRows(before, r.Counters(30)), 0
		changed := 0
		for app := range r.Truth() {
			if !r.RowsStandStill(app.ID) {
				continue
			}
			still++
			if moved[RowKey{r.StreamIDs()[0], app.ID}] {
				t.Errorf("the row of %s moved", app.ID)
			}
			for i, u := range app.Users {
				if users[fmt.Sprint(u.Stream, app.ID, " ", i)] != fmt.Sprintf("%v %d", u.User, u.LastActivity.UnixMilli()) {
					changed++
				}
			}
		}
		if still < 8 || still > 30 || len(moved) < 20 || changed < 50 {
			t.Errorf("%d rows stand still, with %d users who moved; %d moved", still, changed, len(moved))
		}
	})
	for volatile, key := range map[string]string{"unknown": "queryToken", "counter": "trafficTotalEvents"} {
		t.Run("volatile "+volatile, func(t *testing.T) {
			r := open(RowSwitches{Volatile: volatile})
			a, b, differ := r.appRows(0, 90), r.appRows(0, 90), 0
			for app := range a {
				if a[app][key] != b[app][key] {
					differ++
				}
				delete(a[app], key)
				delete(b[app], key)
			}
			if fmt.Sprint(a) != fmt.Sprint(b) || differ < len(a)/2 {
				t.Errorf("%d of %d rows differ in %s", differ, len(a), key)
			}
		})
	}
}

func TestCountersAreSpelledAsTheDialectHasThem(t *testing.T) {
	for name, tc := range map[string]struct {
		keys     AppKeys
		has, not []string
	}{
		"older": {OlderAppKeys(), []string{"users", "lastUsed", "uploadedBytes", "downloadedBytes", "transactionsCount", "trafficTotalBytes"}, []string{"usersCount"}},
		"Graph": {GraphAppKeys(), []string{"id", "displayName", "userCount", "lastSeenDateTime", "uploadNetworkTrafficInBytes", "transactionCount", "ipAddressCount", "deviceCount"},
			[]string{"trafficTotalBytes", "-", "machinesCount"}},
	} {
		r := newRig(t, Options{Streams: 2, Variants: Variants{AppKeys: tc.keys}})
		var p page
		r.ask(appsPath, r.appsBody(1, 0)).decode(t, &p)
		for _, key := range tc.has {
			if p.Data[0][key] == nil {
				t.Errorf("%s: %s is missing in %v", name, key, p.Data[0])
			}
		}
		for _, key := range tc.not {
			if p.Data[0][key] != nil {
				t.Errorf("%s: %s is there", name, key)
			}
		}
	}
}
