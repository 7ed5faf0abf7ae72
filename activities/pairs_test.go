package activities

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
)

// blips are faults as any network has them.
func blips() simulator.Faults {
	p := simulator.PeerFaults{RateLimited: 0.02, ServerErrors: 0.02, DropBefore: 0.02, DropAfter: 0.03, Truncated: 0.01, CutOff: 0.01, HTML: 0.01}
	return simulator.Faults{Defender: p, Oomnitza: p}
}

// TestInTwoUnkindWorldsAtOnceNothingIsWrongOrUntold combines worlds, with
// faults in between. Once the tenants are kind again, what was lost is made up
// for. All waits are virtual.
func TestInTwoUnkindWorldsAtOnceNothingIsWrongOrUntold(t *testing.T) {
	for _, tc := range []struct {
		seed   uint64
		faults simulator.Faults
		worlds []string
	}{
		{31, simulator.Faults{}, []string{"one assignment spoils its batch, 400", "people show late"}},
		{43, blips(), []string{"Oomnitza shows the creator as number", "Oomnitza takes listed categories alone and does not say so"}},
		{30, blips(), []string{"Oomnitza takes listed categories alone and does not say so", "every answer: Latin-1"}},
		{19, simulator.Faults{}, []string{"domains in rows: objects", "Oomnitza takes the creator literally"}},
		{13, blips(), []string{"Oomnitza caps lists of users at 20 and turns no pages", "assignments show late"}},
		{6, blips(), []string{"some people can't be created, 500", "nobody may be assigned to some records"}},
		{8, blips(), []string{"a firewall before Oomnitza answers 403 to some names", "Oomnitza takes 30 assignments at once"}},
		{9, blips(), []string{"the second page of users answers 400", "Oomnitza lets some records not be changed"}},
		{10, blips(), []string{"records show late", "some people's domains are not allowed"}},
		{11, blips(), []string{"Defender ignores the sort of both lists", "Oomnitza lists deleted records, and their names are taken"}},
		{12, simulator.Faults{}, []string{"single answers: too many requests", "Defender answers 400 to users"}},
	} {
		t.Run(strings.Join(tc.worlds, " and "), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { visitWorlds(t, tc.seed, tc.faults, tc.worlds) })
		})
	}
}

// visitWorlds holds two sessions in some worlds at once, and one after them.
func visitWorlds(t *testing.T, seed uint64, faults simulator.Faults, names []string) {
	o := simulator.Options{Apps: 14, People: 230, Pairs: 800, Streams: 1 + int(seed%2), ExistingPeople: 0.2, Faults: faults}
	for _, name := range names {
		i := slices.IndexFunc(simulator.ListWorlds(), func(w simulator.World) bool { return w.Name == name })
		if i < 0 {
			t.Fatalf("there is no world %q", name)
		}
		simulator.ListWorlds()[i].Set(&o)
	}
	o.Seed, o.Apps = seed, 14
	r := newRig(t, o)
	due, carry := map[sandbox.Pair]int64{}, contract.Carry{}
	for day := range 3 {
		if day == 1 {
			r.sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.2, Late: 0.3, NewPairs: 0.05, NewApps: 1})
		}
		if day == 2 {
			r.befriend()
		}
		r.Activities = r.worker()
		s := r.hold(carry)
		carry = s.carry
		s.judge(dueByID(r.sim, due), due)
		if day == 2 && (s.failed != nil || s.rejects.Total() > 0) {
			t.Errorf("the tenants are kind again, and yet: %v, %+v", s.failed, s.rejects.ByReason)
		}
		if t.Failed() {
			t.Fatalf("session %d: took %s, counts %+v, rejects %+v, skips %+v, notes %q", day, s.took, s.counts, s.rejects.ByReason, s.skips.ByReason, s.notes)
		}
	}
	r.clean()
}

// befriend makes the tenants kind.
func (r *rig) befriend() {
	v := r.sim.Variants()
	v.Unkind = simulator.Unkind{}
	if err := r.sim.SetVariants(v); err != nil {
		r.t.Fatal(err)
	}
	r.sim.SetFaults(simulator.Faults{})
}

// dueByID is what Defender has now, by app id and address. What it ever had is
// added to due.
func dueByID(sim *simulator.Simulator, due map[sandbox.Pair]int64) map[sandbox.Pair]int64 {
	now := map[sandbox.Pair]int64{}
	for app := range sim.Truth() {
		for _, u := range app.Users {
			key := sandbox.Pair{App: app.ID, User: strings.ToLower(strings.TrimSpace(u.User))}
			now[key] = max(now[key], u.LastActivity.Unix())
			due[key] = max(due[key], now[key])
		}
	}
	return now
}

// judge compares what Oomnitza holds with what Defender has now, and ever had.
func (s *wholeSession) judge(now, ever map[sandbox.Pair]int64) {
	t := s.r.t
	have := heldByID(t, s.r.sim)
	named, lost := map[string]bool{}, s.skips.Total()
	for _, x := range s.rejects.Samples {
		named[strings.ToLower(x.Subject)] = true
		if x.Subject == "" || strings.HasPrefix(x.Reason, "app ") {
			named[x.App] = true
		}
	}
	for key, last := range now {
		if got, ok := have[key]; ok && got >= last || s.failed != nil || named[key.App] || named[key.User] {
			continue
		}
		if lost--; lost < 0 {
			t.Errorf("%v is held at %d, due is %d, and nothing tells", key, have[key], last)
		}
	}
	for key, last := range have {
		if want, ok := ever[key]; !ok || last > want {
			t.Errorf("%v is held at %d, due is %d", key, last, want)
		}
	}
	u := s.counts.Users
	if s.failed == nil && u.Seen != u.Added+u.Updated+u.Unchanged+u.Repeated+u.Skipped+u.Rejected {
		t.Errorf("the counts don't add up: %+v", u)
	}
	if c := s.r.sim.Counts(); c.Backwards > 0 || s.took > 6*time.Hour {
		t.Errorf("%d activities moved backwards, it took %s", c.Backwards, s.took)
	}
}

// heldByID is what Oomnitza has, by app id and address. Nothing is there twice.
func heldByID(t *testing.T, sim *simulator.Simulator) map[sandbox.Pair]int64 {
	t.Helper()
	h := sim.Holdings()
	out := map[sandbox.Pair]int64{}
	for name, seats := range h.Assigned {
		app, _ := saas.ParseLinkKey(h.SaaS[name].LinkKey)
		for _, seat := range seats {
			key := sandbox.Pair{App: app, User: strings.ToLower(h.People[seat.Username].Email)}
			if _, twice := out[key]; twice {
				t.Errorf("%v is assigned twice", key)
			}
			out[key] = seat.LastActivity.Unix()
		}
	}
	return out
}
