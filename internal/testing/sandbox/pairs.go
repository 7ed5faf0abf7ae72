package sandbox

import (
	"strings"
	"testing"
	"time"

	"defendersync/internal/testing/simulator"
)

// Pair is one person's use of one app: the name of its record and the person's
// address in lower case.
type Pair struct{ App, User string }

// DuePairs returns what Defender has of its streams, with the latest activity in Unix
// seconds. Of apps of one name one alone is under it.
func (s *Sandbox) DuePairs(streams ...string) map[Pair]int64 {
	out := map[Pair]int64{}
	named := recordNamer(s.Simulator)
	for app := range s.Truth() {
		record := named(app)
		for _, u := range app.Users {
			for _, stream := range streams {
				if u.Stream == stream && u.Bad == "" && strings.Contains(u.User, "@") {
					key := Pair{record, strings.ToLower(strings.TrimSpace(u.User))}
					out[key] = max(out[key], u.LastActivity.Unix())
				}
			}
		}
	}
	return out
}

// recordNamer tells under which name an app's record has to stand: its plain
// name is one app's, in another integration's spelling where that made the
// record.
func recordNamer(sim *simulator.Simulator) func(simulator.TruthApp) string {
	h := sim.Holdings().SaaS
	plain := map[string]string{} // names of records, folded
	for name := range h {
		plain[strings.ToLower(name)] = name
	}
	given := map[string]bool{}
	return func(app simulator.TruthApp) string {
		long, key := app.Name+" ("+app.ID+")", strings.ToLower(app.Name)
		if _, own := h[long]; own || given[key] {
			return long
		}
		given[key] = true
		if name, there := plain[key]; there {
			return name
		}
		return app.Name
	}
}

// HeldPairs returns what Oomnitza has, with 0 where it has no last activity. Who is
// assigned twice fails the test.
func (s *Sandbox) HeldPairs() map[Pair]int64 {
	s.t.Helper()
	h := s.Holdings()
	out := map[Pair]int64{}
	for name, seats := range h.Assigned {
		for _, seat := range seats {
			user := strings.ToLower(seat.Username)
			if email := h.People[seat.Username].Email; email != "" {
				user = strings.ToLower(email)
			}
			key := Pair{name, user}
			if _, twice := out[key]; twice {
				s.t.Errorf("%v is assigned twice", key)
			}
			out[key] = 0
			if !seat.LastActivity.IsZero() {
				out[key] = seat.LastActivity.Unix()
			}
		}
	}
	return out
}

// ComparePairs fails the test where what is held differs from what is due.
func ComparePairs(t testing.TB, due, held map[Pair]int64) {
	t.Helper()
	if len(due) == 0 {
		t.Fatal("there is nothing to compare")
	}
	wrong := 0
	for key, last := range due {
		if got, ok := held[key]; !ok || got != last {
			if wrong++; wrong <= 5 {
				t.Errorf("%v: held is %s (%v), not %s", key, time.Unix(got, 0).UTC(), ok, time.Unix(last, 0).UTC())
			}
		}
	}
	if len(held) > len(due) {
		t.Errorf("%d assignments are held, %d are due", len(held), len(due))
	}
	if wrong > 5 {
		t.Errorf("and %d more", wrong-5)
	}
}

// List is an app's list of users in a stream.
type List struct{ App, Stream string }

// CountPages returns how often each page of users was asked for, by list and
// skip.
func (s *Sandbox) CountPages() map[List]map[int]int {
	out := map[List]map[int]int{}
	for _, p := range s.Requests().Pages {
		if p.App == "" {
			continue
		}
		key := List{p.App, p.Stream}
		if out[key] == nil {
			out[key] = map[int]int{}
		}
		out[key][p.Skip] += len(p.Asked)
	}
	return out
}

// CheckNoPageTwice fails the test for every page of users that was asked for
// twice.
func (s *Sandbox) CheckNoPageTwice() {
	s.t.Helper()
	for list, skips := range s.CountPages() {
		for skip, n := range skips {
			if n > 1 {
				s.t.Errorf("page %d of app %s was asked for %d times", skip, list.App, n)
			}
		}
	}
}
