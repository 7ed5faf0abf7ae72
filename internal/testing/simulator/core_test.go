package simulator

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"defendersync/internal/testing/instants"
)

func TestWhatDefenderServesIsTheTruth(t *testing.T) {
	for _, streams := range []int{1, 2, 3} {
		t.Run(fmt.Sprint(streams, " streams"), func(t *testing.T) {
			r := newRig(t, Options{Seed: 7, Apps: 230, People: 300, Pairs: 4000, Streams: streams, Names: RealisticNames(), SameNames: 3})
			r.AdvanceDays(2, ChangeOptions{NewApps: 4, NewPairs: 0.1, Late: 0.5})
			got := map[string]string{}
			for stream, id := range r.StreamIDs() {
				for _, row := range r.all(appsPath, func(skip int) map[string]any { return r.appsBody(stream, skip) }) {
					app := fmt.Sprintf("%.0f", row["appId"])
					got[id+app] = fmt.Sprintf("%v %.0f %.0f", row["name"], row["usersCount"], row["lastSeen"])
					for i, u := range r.all(usersPath, func(skip int) map[string]any { return r.usersBody(stream, app, skip) }) {
						got[fmt.Sprint(id, app, " ", i)] = fmt.Sprintf("%v %.0f", u["userName"], u["lastSeen"])
					}
				}
			}
			want := truthTexts(r.Simulator)
			if len(got) != len(want) || len(got) < 4000 {
				t.Fatalf("got %d rows, want %d", len(got), len(want))
			}
			for key, text := range want {
				if got[key] != text {
					t.Fatalf("%s: got %q, want %q", key, got[key], text)
				}
			}
			r.noViolations()
		})
	}
}

// truthTexts puts the truth into the words of the test above.
func truthTexts(s *Simulator) map[string]string {
	want := map[string]string{}
	for app := range s.Truth() {
		for _, row := range app.Rows {
			want[row.Stream+app.ID] = fmt.Sprintf("%v %d %d", app.Name, row.Users, row.LastActivity.UnixMilli())
		}
		place := map[string]int{}
		for _, u := range app.Users {
			want[fmt.Sprint(u.Stream, app.ID, " ", place[u.Stream])] = fmt.Sprintf("%v %d", u.User, u.LastActivity.UnixMilli())
			place[u.Stream]++
		}
	}
	return want
}

func TestPairsAreAsManyAsAskedFor(t *testing.T) {
	for _, o := range []Options{
		{Apps: 10, People: 50, Pairs: 200},
		{Apps: 31000, People: 20000, Pairs: 1_000_000},
		{Apps: 500, People: 40, Pairs: 100},
		{Apps: 20, People: 30, Pairs: 600, EmptyApps: -1},
	} {
		o.Start = noon
		s := New(o)
		total, top := 0, 0
		for i := range s.world.apps {
			total += int(s.world.apps[i].users)
			top = max(top, int(s.world.apps[i].users))
		}
		if total != o.Pairs || top > o.People {
			t.Errorf("%d apps: %d pairs, at most %d users; want %d pairs", o.Apps, total, top, o.Pairs)
		}
	}
}

func TestTheSameSeedGivesTheSameTenant(t *testing.T) {
	make := func(seed uint64) map[string]string {
		s := New(Options{Seed: seed, Start: noon, Streams: 2})
		s.AdvanceDays(1, ChangeOptions{NewApps: 1})
		return truthTexts(s)
	}
	a, b, c := make(1), make(1), make(2)
	same := 0
	for key, text := range a {
		// AdvanceDays reads the real clock, which differs by a little: compare the names.
		if !strings.HasPrefix(b[key], strings.SplitN(text, " ", 2)[0]) {
			t.Fatalf("%s: %q and %q", key, text, b[key])
		}
		if c[key] == text {
			same++
		}
	}
	if len(a) != len(b) || same > len(a)/10 {
		t.Errorf("%d and %d rows, %d alike under another seed", len(a), len(b), same)
	}
}

func TestADayChangesTheShareOfPairsThatWasAskedFor(t *testing.T) {
	s := New(Options{Seed: 3, Apps: 300, People: 500, Pairs: 20000, Start: noon})
	before := truthTexts(s)
	s.AdvanceDays(1, ChangeOptions{Pairs: 0.02, Late: 0.25})
	fresh, late := 0, 0
	for app := range s.Truth() {
		for _, u := range app.Users {
			switch age := s.Now().Sub(u.LastActivity); {
			case age < 24*time.Hour:
				fresh++
			case age < 48*time.Hour && before[u.Stream+app.ID] != "" && !strings.Contains(strings.Join(values(before, u.Stream+app.ID), "|"), fmt.Sprint(u.LastActivity.UnixMilli())):
				late++
			}
		}
	}
	if fresh < 200 || fresh > 400 || late < 40 || late > 200 {
		t.Errorf("of 20000 pairs %d are fresh and %d late; want near 300 and 100", fresh, late)
	}
}

func values(m map[string]string, prefix string) []string {
	var out []string
	for i := 0; ; i++ {
		text, ok := m[fmt.Sprint(prefix, " ", i)]
		if !ok {
			return out
		}
		out = append(out, text)
	}
}

func TestDefendersClockIsTheSimulatedOne(t *testing.T) {
	r := newRig(t, Options{})
	r.AdvanceDays(3, ChangeOptions{})
	date, err := http.ParseTime(r.ask("/api/discovery/streams/", nil).header.Get("Date"))
	if err != nil || date.Sub(noon) < 72*time.Hour || date.Sub(noon) > 73*time.Hour {
		t.Errorf("date %v, error %v", date, err)
	}
}

func TestTheTimeframeBoundsAppsAndUsers(t *testing.T) { instants.Each(t, timeframeBounds) }

func timeframeBounds(t *testing.T, when time.Time) {
	r := newRig(t, Options{Seed: 5, Apps: 30, People: 100, Pairs: 400, Start: when, Clock: instants.Still(when)})
	for _, days := range []int{7, 30, 90} {
		edge := when.Truncate(24*time.Hour).AddDate(0, 0, -days)
		want := 0
		for app := range r.Truth() {
			for _, u := range app.Users {
				if !u.LastActivity.Before(edge) {
					want++
				}
			}
		}
		counted, listed := 0, 0
		rows := r.all(appsPath, func(skip int) map[string]any {
			b := r.appsBody(0, skip)
			b["timeframe"] = days
			return b
		})
		for _, row := range rows {
			counted += int(row["usersCount"].(float64))
			listed += len(r.all(usersPath, func(skip int) map[string]any {
				b := r.usersBody(0, fmt.Sprintf("%.0f", row["appId"]), skip)
				b["timeframe"] = days
				return b
			}))
		}
		if counted != want || listed != want {
			t.Errorf("%d days: %d counted, %d listed, want %d", days, counted, listed, want)
		}
	}
}

func TestTheBudgetHoldsInEveryWindow(t *testing.T) {
	now := noon
	w := newWindow(30, time.Minute)
	allowed := []time.Time{}
	for range 4000 {
		if _, ok := w.takePlace(now); ok {
			allowed = append(allowed, now)
		}
		now = now.Add(137 * time.Millisecond)
	}
	for i := range allowed {
		n := 0
		for _, other := range allowed[i:] {
			if other.Sub(allowed[i]) < time.Minute {
				n++
			}
		}
		if n > 30 {
			t.Fatalf("%d requests within a minute from %v", n, allowed[i])
		}
	}
	if len(allowed) < 270 {
		t.Errorf("only %d requests let through in nine minutes", len(allowed))
	}
}

func TestBeyondTheBudgetDefenderAnswers429(t *testing.T) {
	now := noon
	r := newRig(t, Options{Budget: 2, Clock: func() time.Time { return now }, Faults: Faults{Defender: PeerFaults{RetryAfter: 1, RetryInBody: true}}})
	for range 2 {
		if a := r.ask("/api/discovery/streams/", nil); a.status != 200 {
			t.Fatalf("status %d", a.status)
		}
	}
	now = now.Add(10 * time.Second)
	a := r.ask("/api/discovery/streams/", nil)
	if a.status != 429 || a.header.Get("Retry-After") != "50" || !strings.Contains(string(a.body), "available in 50 seconds") {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
	now = now.Add(50 * time.Second)
	if a := r.ask("/api/discovery/streams/", nil); a.status != 200 {
		t.Errorf("status %d after the wait", a.status)
	}
	if u := r.Requests().Defender; u.Requests != 4 || u.RateLimited != 1 || u.MaxInWindow != 3 {
		t.Errorf("usage %+v", u)
	}
}
