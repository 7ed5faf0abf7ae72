package activities

import (
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

func TestNobodyWhoseStateIsUnknownIsWrittenWithWhatMayBeOlder(t *testing.T) {
	l := ledgerOf(nil)
	l.people["bounded"] = entry{assigned: true, unsure: true, last: day(5).Unix()}
	l.people["unknown"] = entry{assigned: true, unsure: true, last: unbounded}
	visits := func(n int) []visit {
		return []visit{{id: "bounded", last: day(n), rows: 1}, {id: "unknown", last: day(n), rows: 1}}
	}
	if c := l.claim(visits(5), contract.KeepingKept); len(c.held) != 2 || len(c.news) > 0 || c.did != (saas.UserCounts{}) {
		t.Errorf("what may be older: %+v", c)
	}
	c := l.claim(visits(6), contract.KeepingKept)
	if len(c.held) != 1 || c.held[0].id != "unknown" || len(c.news) != 1 || c.did.Added > 0 {
		t.Errorf("what is later than anything: %+v", c)
	}
	l.release(c.news, true)
	if e := l.known("bounded"); e.unsure || e.last != day(6).Unix() {
		t.Errorf("once it is written: %+v", e)
	}
	if n := l.active(day(7), 10*saas.Day); n != 1 {
		t.Errorf("%d are active; of one nothing is known", n)
	}
}

func TestAWriteWhoseAnswerWasLostIsNotFollowedByLess(t *testing.T) {
	l := ledgerOf(map[string]time.Time{"1": day(2)})
	l.release(l.claim([]visit{{id: "1", last: day(9), rows: 1}}, contract.KeepingKept).news, false)
	c := l.claim([]visit{{id: "1", last: day(4), rows: 1}}, contract.KeepingKept)
	if len(c.news) != 1 || !c.news[0].last.Equal(day(9)) {
		t.Errorf("an older activity goes as %+v", c.news)
	}
}

func TestWhatAFailedPageWroteIsCountedWhenItComesAgain(t *testing.T) {
	l := ledgerOf(map[string]time.Time{"old": day(2)})
	visits := []visit{{id: "new", last: day(3), rows: 1}, {id: "old", last: day(3), rows: 1}, {id: "late", last: day(3), rows: 1}}
	l.settle(l.claim(visits, contract.KeepingKept).news, nil, 2) // the third was not sent
	l.unmeet(visits)
	c := l.claim(visits, contract.KeepingKept)
	if c.did != (saas.UserCounts{Added: 2, Updated: 1}) || len(c.news) != 1 {
		t.Errorf("when the page comes again: %+v", c)
	}
	l.settle(c.news, nil, 1)
	l.counted(visits)
	l.unmeet(visits)
	if c := l.claim(visits, contract.KeepingKept); c.did != (saas.UserCounts{Unchanged: 3}) {
		t.Errorf("once it was counted: %+v", c)
	}
}

func TestAListThatIsCutOffMovesNothingBackwardsAndLeavesTotalsAlone(t *testing.T) {
	o := small()
	r := newRig(t, o)
	p := r.open(contract.Carry{})
	must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, r.usage(p, 0))
	before := r.sim.Holdings()
	v := r.sim.Variants()
	u := &v.Unkind.People
	u.ListCap, u.ListTotal, u.ListSkip, u.NoOtherLists = 40, "missing", "ignored", true
	if err := r.sim.SetVariants(v); err != nil {
		t.Fatal(err)
	}
	r.sim.ResetCounts()
	// An older view of Defender: what Oomnitza has is later for many.
	in := r.usage(p, 0)
	r.sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.5})
	out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, in)
	if n := r.sim.Counts(); n.Backwards > 0 || out.Counts.Users.Added > 0 {
		t.Errorf("%d moved backwards, %d are counted as added", n.Backwards, out.Counts.Users.Added)
	}
	if len(out.Notes) != 1 || out.Notes[0] != NoteListCutOff {
		t.Errorf("notes %q", out.Notes)
	}
	left := 0
	for name, rec := range r.sim.Holdings().SaaS {
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
	r.clean()
}
