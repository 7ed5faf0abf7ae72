package activities

import (
	"strings"
	"testing"
	"time"

	"defendersync/internal/testing/simulator"
)

// pair is one person's use of one app.
type pair struct{ app, user string }

// truth is what Defender has of its streams, by record name and folded address,
// with the latest activity in Unix seconds. Of apps of one name one alone is
// under it.
func truth(sim *simulator.Simulator, streams ...string) map[pair]int64 {
	out := map[pair]int64{}
	named := namer(sim)
	for app := range sim.Truth() {
		record := named(app)
		for _, u := range app.Users {
			for _, s := range streams {
				if u.Stream == s && u.Bad == "" && strings.Contains(u.User, "@") {
					key := pair{record, strings.ToLower(strings.TrimSpace(u.User))}
					out[key] = max(out[key], u.LastActivity.Unix())
				}
			}
		}
	}
	return out
}

// namer tells under which name an app's record has to stand: its plain name is
// one app's, in another integration's spelling where that made the record.
func namer(sim *simulator.Simulator) func(simulator.TruthApp) string {
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

// held is what Oomnitza has, likewise.
func held(t *testing.T, sim *simulator.Simulator) map[pair]int64 {
	t.Helper()
	h := sim.Holdings()
	out := map[pair]int64{}
	for name, seats := range h.Assigned {
		for _, seat := range seats {
			user := strings.ToLower(seat.Username)
			if email := h.People[seat.Username].Email; email != "" {
				user = strings.ToLower(email)
			}
			key := pair{name, user}
			if _, twice := out[key]; twice {
				t.Errorf("%v is assigned twice", key)
			}
			out[key] = 0
			if !seat.LastActivity.IsZero() {
				out[key] = seat.LastActivity.Unix()
			}
		}
	}
	return out
}

// same compares what should be held with what is.
func same(t *testing.T, want, have map[pair]int64) {
	t.Helper()
	if len(want) == 0 {
		t.Fatal("there is nothing to compare")
	}
	wrong := 0
	for key, last := range want {
		if got, ok := have[key]; !ok || got != last {
			if wrong++; wrong <= 5 {
				t.Errorf("%v: held is %s (%v), not %s", key, time.Unix(got, 0).UTC(), ok, time.Unix(last, 0).UTC())
			}
		}
	}
	if len(have) > len(want) {
		t.Errorf("%d assignments are held, %d are due", len(have), len(want))
	}
	if wrong > 5 {
		t.Errorf("and %d more", wrong-5)
	}
}

// pages counts how often each page of users was asked for.
func pages(sim *simulator.Simulator) map[pair]map[int]int {
	out := map[pair]map[int]int{}
	for _, p := range sim.Requests().Pages {
		if p.App == "" {
			continue
		}
		key := pair{p.App, p.Stream}
		if out[key] == nil {
			out[key] = map[int]int{}
		}
		out[key][p.Skip] += len(p.Asked)
	}
	return out
}

// once makes sure that no page of users was asked for twice.
func once(t *testing.T, sim *simulator.Simulator) {
	t.Helper()
	for list, skips := range pages(sim) {
		for skip, n := range skips {
			if n > 1 {
				t.Errorf("page %d of app %s was asked for %d times", skip, list.app, n)
			}
		}
	}
}
