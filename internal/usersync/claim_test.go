package usersync_test

import (
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/testing/simulator"
	"defendersync/internal/usersync"
)

func TestAListThatIsCutOffMovesNothingBackwardsAndLeavesTotalsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		r := newRig(t, o)
		p := r.open(contract.Carry{})
		r.carryOver(r.usage(p, 0))
		before := r.Holdings()
		v := r.Variants()
		u := &v.Unkind.People
		u.ListCap, u.ListTotal, u.ListSkip, u.NoOtherLists = 40, "missing", "ignored", true
		if err := r.SetVariants(v); err != nil {
			t.Fatal(err)
		}
		r.ResetCounts()
		// An older view of Defender: what Oomnitza has is later for many.
		in := r.usage(p, 0)
		r.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.5})
		out := r.carryOver(in)
		if n := r.Counts(); n.Backwards > 0 || out.Counts.Users.Added > 0 {
			t.Errorf("%d moved backwards, %d are counted as added", n.Backwards, out.Counts.Users.Added)
		}
		if len(out.Notes) != 1 || out.Notes[0] != usersync.NoteListCutOff {
			t.Errorf("notes %q", out.Notes)
		}
		left := 0
		for name, rec := range r.Holdings().SaaS {
			if len(before.Assigned[name]) < 40 {
				continue
			}
			if left++; rec.Visited != before.SaaS[name].Visited {
				t.Errorf("%s: total %d became %d", name, before.SaaS[name].Visited, rec.Visited)
			}
		}
		rejected := 0
		for _, reason := range out.Rejects.ByReason {
			if reason.Reason == "last activity in Oomnitza not known" {
				rejected = reason.Count
			}
		}
		if left == 0 || rejected == 0 {
			t.Errorf("%d lists are long, %d people could not be judged", left, rejected)
		}
		r.CheckContract()
	})
}
