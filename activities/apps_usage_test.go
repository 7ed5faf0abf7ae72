package activities

import (
	"strings"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
)

func TestAppsOfOneNameAndForeignRecordsAreNotMixedInTwoStreams(t *testing.T) {
	for seed := uint64(1); seed < 4; seed++ {
		o := small()
		o.Variants.LinkKeyIgnored = seed == 3
		o.Seed, o.SameNames, o.ExistingApps, o.ExistingPeople, o.AppRoles, o.Names, o.Streams = seed, 5, 0.6, 0.3, true, simulator.RealisticNames(), 2
		r := newRig(t, o)
		before := r.box.HeldPairs()
		got := map[string]string{} // app by record
		for range 2 {
			plan := r.open(contract.Carry{})
			for stream := range plan.Streams {
				in := r.usage(plan, stream)
				for _, ref := range in.Refs {
					if app, there := got[ref.SaaS]; there && app != ref.App {
						t.Fatalf("record %s stands for the apps %s and %s", ref.SaaS, app, ref.App)
					}
					got[ref.SaaS] = ref.App
				}
				must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, in)
			}
			due := r.box.DuePairs(r.sim.StreamIDs()...)
			for key, last := range before {
				due[key] = max(due[key], last)
			}
			sandbox.ComparePairs(t, due, r.box.HeldPairs())
			r.sim.AdvanceDays(1, simulator.ChangeOptions{NewPairs: 0.1})
		}
		r.clean()
	}
}

func TestAppsThatNameOneRecordMoveNothingBackwards(t *testing.T) {
	r := newRig(t, simulator.Options{Apps: 12, People: 60, Pairs: 500})
	in := r.usage(r.open(contract.Carry{}), 0)
	for i := range in.Refs {
		in.Refs[i].SaaS = in.Refs[0].SaaS
	}
	must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, in)
	want := map[string]int64{}
	for key, last := range r.box.DuePairs(r.sim.StreamIDs()...) {
		want[key.User] = max(want[key.User], last)
	}
	got := map[string]int64{}
	for key, last := range r.box.HeldPairs() {
		got[key.User] = last
	}
	if len(got) != len(want) || len(got) == 0 {
		t.Errorf("%d people are assigned, not %d", len(got), len(want))
	}
	for user, last := range want {
		if got[user] != last {
			t.Errorf("%s was last seen at %d, not %d", user, got[user], last)
		}
	}
	r.clean()
}

func TestActiveUsersThatCannotBeWrittenCostTheirAppAlone(t *testing.T) {
	o := small()
	o.Variants.Unkind.Records.Locked = 0.3
	r := newRig(t, o)
	out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, r.usage(r.open(contract.Carry{}), 0))
	locked := 0
	for name := range r.sim.Holdings().SaaS {
		if r.sim.RecordLocked(name) {
			locked++
		}
	}
	if locked == 0 || out.Counts.Apps.Rejected == 0 || out.Counts.Apps.Rejected > locked || len(out.Retry) != out.Counts.Apps.Rejected {
		t.Errorf("%d records are locked: counts %+v, retry %v", locked, out.Counts, out.Retry)
	}
	for _, s := range out.Rejects.Samples {
		if s.Reason != "number of active users not written" || strings.Contains(s.Detail, "OOMNITZA_API_TOKEN") {
			t.Errorf("rejected as %+v", s)
		}
	}
	if out.Counts.Users.Added == 0 || out.Counts.Users.Rejected != 0 {
		t.Errorf("users %+v", out.Counts.Users)
	}
}
