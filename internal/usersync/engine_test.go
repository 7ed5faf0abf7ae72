package usersync_test

import (
	"maps"
	"net/http"
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

func TestEveryUserOfEveryAppIsCarriedOverOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		p := r.open(contract.Carry{})
		in := r.usage(p, 0)
		r.ResetRequests()
		out := r.carryOver(in)
		sandbox.ComparePairs(t, r.DuePairs(p.Streams[0].ID), r.HeldPairs())
		r.CheckNoPageTwice()
		r.CheckContract()
		u := out.Counts.Users
		if u.Added != r.Totals().Assignments || u.Seen != u.Added || out.Rejects.Total() > 0 || len(out.Retry) > 0 {
			t.Errorf("counts %+v, rejects %+v", u, out.Rejects)
		}
		if out.Counts.People.Created != r.Counts().PeopleCreated || out.Keeping != contract.KeepingKept {
			t.Errorf("people %+v of %d, keeping %q", out.Counts.People, r.Counts().PeopleCreated, out.Keeping)
		}
		if log := r.Requests(); out.Requests.Defender != log.Defender.Requests || out.Requests.Oomnitza != log.Oomnitza.Requests {
			t.Errorf("it says it made %+v, the tenants saw %d and %d", out.Requests, log.Defender.Requests, log.Oomnitza.Requests)
		}
		deep := 0
		for _, skips := range r.CountPages() {
			deep = max(deep, len(skips))
		}
		if deep < 2 {
			t.Error("no list had more than one page: the tenant is too small for this test")
		}
	})
}

func TestActiveUsersAreWrittenToOurRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		p := r.open(contract.Carry{})
		r.carryOver(r.usage(p, 0))
		active := map[string]int{}
		for key, last := range r.DuePairs(p.Streams[0].ID) {
			if last >= p.Began.Add(-saas.DefaultActiveThreshold).Unix() {
				active[key.App]++
			}
		}
		for name, rec := range r.Holdings().SaaS {
			if rec.Visited != active[name] {
				t.Errorf("%s has %d active users, not %d", name, rec.Visited, active[name])
			}
		}
	})
}

func TestCarryingOverAgainWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		p := r.open(contract.Carry{})
		r.carryOver(r.usage(p, 0))
		before := r.Counts()
		out := r.carryOver(r.usage(p, 0))
		if u := out.Counts.Users; u.Added+u.Updated > 0 || u.Unchanged == 0 || u.Unchanged+u.Repeated != u.Seen || r.Counts() != before {
			t.Errorf("counts %+v; Oomnitza saw %+v, before %+v", u, r.Counts(), before)
		}
	})
}

func TestAnIncrementReadsNoFurtherThanItsThreshold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		first := r.open(contract.Carry{})
		r.carryOver(r.usage(first, 0))
		due := r.DuePairs(first.Streams[0].ID)
		r.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.1, Late: 0.3})
		p := r.open(contract.Carry{Watermark: first.Began, LastFull: first.Began, Rules: r.policy.RulesHash()})
		if p.Window.Mode != saas.ModeIncremental {
			t.Fatalf("the window is %+v", p.Window)
		}
		in := r.usage(p, 0)
		r.ResetRequests()
		out := r.carryOver(in)
		maps.Copy(due, r.DuePairs(p.Streams[0].ID)) // what Defender has no more stays
		sandbox.ComparePairs(t, due, r.HeldPairs())
		r.CheckNoPageTwice()
		r.CheckContract()
		if out.Counts.Users.Updated == 0 {
			t.Errorf("nothing was news: %+v", out.Counts.Users)
		}
		newer := map[string]int{}
		for app := range r.Truth() {
			for _, u := range app.Users {
				if !u.LastActivity.Before(p.Window.Threshold) {
					newer[app.ID]++
				}
			}
		}
		for list, skips := range r.CountPages() {
			// A page more is fair where the list ends with the page.
			if last := slices.Max(slices.Collect(maps.Keys(skips))); last > newer[list.App] {
				t.Errorf("app %s has %d rows that are newer, and was read to %d", list.App, newer[list.App], last)
			}
		}
	})
}

func TestTwoStreamsAndTwoSpellingsEndWithTheLatestActivity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.Streams, o.Names = 2, simulator.NameMix{Alias: 0.1, Case: 0.3}
		r := newRig(t, o)
		p := r.open(contract.Carry{})
		var repeated int
		for _, stream := range []int{0, 1, 0} {
			repeated += r.carryOver(r.usage(p, stream)).Counts.Users.Repeated
		}
		sandbox.ComparePairs(t, r.DuePairs(p.Streams[0].ID, p.Streams[1].ID), r.HeldPairs())
		if repeated == 0 {
			t.Error("no person stood twice in a list: the tenant is too small for this test")
		}
		if n := r.Counts().Backwards; n > 0 {
			t.Errorf("%d activities moved backwards", n)
		}
		r.CheckContract()
	})
}

func TestAListThatMovesWhileItIsReadIsHealed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for seed := uint64(1); seed <= 3; seed++ {
			o := simulator.Options{Seed: seed, Apps: 4, People: 900, Pairs: 2400, Faults: simulator.Faults{Drift: 0.6, DriftRows: 5}}
			r := newRig(t, o)
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			r.carryOver(in)
			if len(r.Drifted()) == 0 {
				t.Fatal("nothing moved")
			}
			have := r.HeldPairs()
			for key := range r.DuePairs(p.Streams[0].ID) {
				if _, ok := have[key]; !ok {
					t.Errorf("seed %d: %v slipped through", seed, key)
				}
			}
			r.CheckContract()
		}
	})
}

func TestWhetherLastActivityIsKeptIsFoundOutByReadingBack(t *testing.T) {
	for variant, want := range map[string]contract.Keeping{"kept": contract.KeepingKept, "ignored": contract.KeepingIgnored, "refused": contract.KeepingRefused} {
		inBubble(t, variant, func(t *testing.T) {
			o := small()
			o.Variants.LastVisit = variant
			r := newRig(t, o)
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			out := r.carryOver(in)
			if out.Keeping != want || out.Rejects.Total() > 0 {
				t.Errorf("keeping %q, rejects %+v", out.Keeping, out.Rejects)
			}
			due := r.DuePairs(p.Streams[0].ID)
			if variant != "kept" {
				for key := range due {
					due[key] = 0
				}
			}
			sandbox.ComparePairs(t, due, r.HeldPairs())
			before := r.Counts()
			in = r.usage(p, 0)
			in.Keeping = out.Keeping
			r.carryOver(in)
			if after := r.Counts(); after != before {
				t.Errorf("a second time wrote %+v, before %+v", after, before)
			}
			if refused := r.Counts().Refused; refused > 1 {
				t.Errorf("%d rows were refused: one tells", refused)
			}
		})
	}
}

// TestADryRunWritesNothingToFindAFault has Oomnitza fail to list who is assigned. A
// session finds out by a write that Oomnitza itself is well.
func TestADryRunWritesNothingToFindAFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		in := r.usage(r.open(contract.Carry{}), 0)
		r.carryOver(in)
		in.SessionRun, in.DryRun = "session of a dry run", "dry run"
		for i := range in.Refs {
			in.Refs[i].New = false
		}
		time.Sleep(time.Hour)
		before := r.Counts()
		r.OomnitzaDoor.Post(func(w http.ResponseWriter, req *http.Request) bool {
			return strings.Contains(req.URL.Path, "/saas/") && strings.HasSuffix(req.URL.Path, "/users") && sandbox.AnswerDown(w, req)
		})
		out := r.carryOver(in)
		if after := r.Counts(); after != before || out.Rejects.Total() == 0 {
			t.Errorf("it wrote %+v, before %+v; rejects %+v", after, before, out.Rejects.ByReason)
		}
	})
}

func TestADryRunOfUsersWritesNothingAndCountsWhatItWould(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.Streams, o.ExistingPeople = 2, 0.3
		r := newRig(t, o)
		p := r.open(contract.Carry{})
		count := func(dryRun string) (c saas.Counts) {
			for stream := range p.Streams {
				in := r.usage(p, stream)
				in.SessionRun, in.DryRun = "session of "+dryRun, dryRun
				c = c.Add(r.carryOver(in).Counts)
			}
			return c
		}
		r.dry = true
		before := r.Counts()
		dry := count("run-1")
		if after := r.Counts(); after != before {
			t.Fatalf("the dry run wrote %+v", after)
		}
		r.dry = false
		if wet := count(""); dry != wet {
			t.Errorf("the dry run said %+v, the session did %+v", dry, wet)
		}
	})
}
