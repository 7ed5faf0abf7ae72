package usersync

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

func day(n int) time.Time { return time.Date(2026, 11, n, 9, 0, 0, 0, time.UTC) }

// ledgerOf is a ledger in which people have a last activity.
func ledgerOf(last map[string]time.Time) *ledger {
	l := newLedger(true, nil)
	for id, at := range last {
		e := entry{assigned: true}
		if !at.IsZero() {
			e.last = at.Unix()
		}
		l.people[id] = e
	}
	return l
}

func TestTheLedgerTellsWhatIsNews(t *testing.T) {
	for name, tc := range map[string]struct {
		have    map[string]time.Time
		visit   visit
		keeping contract.Keeping
		news    bool
		did     saas.UserCounts
	}{
		"a person who is not assigned":       {nil, visit{id: "1", lastActivity: day(3), rows: 1}, contract.KeepingKept, true, saas.UserCounts{Added: 1}},
		"a later activity":                   {map[string]time.Time{"1": day(2)}, visit{id: "1", lastActivity: day(3), rows: 1}, contract.KeepingKept, true, saas.UserCounts{Updated: 1}},
		"the same activity":                  {map[string]time.Time{"1": day(3)}, visit{id: "1", lastActivity: day(3), rows: 1}, contract.KeepingKept, false, saas.UserCounts{Unchanged: 1}},
		"a fraction of a second later":       {map[string]time.Time{"1": day(3)}, visit{id: "1", lastActivity: day(3).Add(time.Millisecond), rows: 1}, contract.KeepingKept, false, saas.UserCounts{Unchanged: 1}},
		"an earlier activity":                {map[string]time.Time{"1": day(4)}, visit{id: "1", lastActivity: day(3), rows: 1}, contract.KeepingKept, false, saas.UserCounts{Unchanged: 1}},
		"an activity where none is kept":     {map[string]time.Time{"1": {}}, visit{id: "1", lastActivity: day(3), rows: 1}, contract.KeepingKept, true, saas.UserCounts{Updated: 1}},
		"an activity that would not be kept": {map[string]time.Time{"1": {}}, visit{id: "1", lastActivity: day(3), rows: 1}, contract.KeepingIgnored, false, saas.UserCounts{Unchanged: 1}},
		"an activity that would be refused":  {map[string]time.Time{"1": {}}, visit{id: "1", lastActivity: day(3), rows: 1}, contract.KeepingRefused, false, saas.UserCounts{Unchanged: 1}},
		"two rows of a person not yet there": {nil, visit{id: "1", lastActivity: day(3), rows: 2}, contract.KeepingKept, true, saas.UserCounts{Added: 1, Repeated: 1}},
		"two rows of a person with the same": {map[string]time.Time{"1": day(3)}, visit{id: "1", lastActivity: day(3), rows: 2}, contract.KeepingKept, false, saas.UserCounts{Unchanged: 1, Repeated: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			c := ledgerOf(tc.have).claimVisits([]visit{tc.visit}, tc.keeping)
			if (len(c.news) == 1) != tc.news || len(c.waiting)+len(c.held) > 0 || c.did != tc.did || (c.known == 1) == tc.news {
				t.Errorf("it makes %+v of it", c)
			}
		})
	}
}

func TestAPersonIsWrittenByOnePageAtATime(t *testing.T) {
	l := ledgerOf(nil)
	first := l.claimVisits([]visit{{id: "1", lastActivity: day(3), rows: 1}}, contract.KeepingKept).news
	later := visit{id: "1", lastActivity: day(5), rows: 1}
	c := l.claimVisits([]visit{later}, contract.KeepingKept)
	if len(c.news) != 0 || len(c.waiting) != 1 {
		t.Fatalf("while the person is being written: %+v", c)
	}
	l.releaseVisits(first, nil, len(first))
	l.awaitVisits(c.waiting)
	if c := l.claimVisits(c.waiting, contract.KeepingKept); len(c.news) != 1 || c.did != (saas.UserCounts{Repeated: 1}) {
		t.Errorf("afterwards: %+v", c)
	}
}

func TestAFailedWriteLeavesTheLedgerAsItWas(t *testing.T) {
	l := ledgerOf(nil)
	v := []visit{{id: "1", lastActivity: day(3), rows: 1}}
	l.releaseVisits(l.claimVisits(v, contract.KeepingKept).news, nil, 0)
	l.forgetMet(v)
	if c := l.claimVisits(v, contract.KeepingKept); c.did != (saas.UserCounts{Added: 1}) || l.getEntry("1").assigned {
		t.Errorf("when the page comes again: %+v", c)
	}
	l.releaseVisits(v, []refusedVisit{{visit: v[0]}}, 1)
	if l.getEntry("1").assigned {
		t.Error("a refused assignment counts as made")
	}
}

func TestPagesThatWriteTheSamePeopleAtOnceNeverMoveAnActivityBackwards(t *testing.T) {
	l := newLedger(true, nil)
	var mu sync.Mutex
	kept := map[string]int64{} // as a tenant would have it
	var pages sync.WaitGroup
	for p := range 16 {
		pages.Go(func() {
			random := rand.New(rand.NewPCG(5, uint64(p)))
			for range 40 {
				var visits []visit
				for _, who := range random.Perm(12)[:6] {
					visits = append(visits, visit{id: fmt.Sprint(who), lastActivity: day(1 + random.IntN(28)), rows: 1})
				}
				for len(visits) > 0 {
					c := l.claimVisits(visits, contract.KeepingKept)
					mu.Lock()
					for _, v := range c.news {
						if v.lastActivity.Unix() <= kept[v.id] {
							t.Errorf("%s goes from %d to %d", v.id, kept[v.id], v.lastActivity.Unix())
						}
						kept[v.id] = v.lastActivity.Unix()
					}
					mu.Unlock()
					l.releaseVisits(c.news, nil, len(c.news))
					l.awaitVisits(c.waiting)
					visits = c.waiting
				}
			}
		})
	}
	pages.Wait()
	for id, last := range kept {
		if l.people[id].last != last || l.people[id].busy {
			t.Errorf("%s: the ledger has %+v, the tenant %d", id, l.people[id], last)
		}
	}
}

func TestActiveUsersAreThoseWithinTheThreshold(t *testing.T) {
	l := ledgerOf(map[string]time.Time{"1": day(20), "2": day(10), "3": day(1), "4": {}})
	for days, want := range map[int]int{1: 1, 10: 2, 60: 3} {
		if got := l.countActive(day(20), time.Duration(days)*saas.Day); got != want {
			t.Errorf("within %d days %d are active, not %d", days, got, want)
		}
	}
}

func TestNobodyWhoseStateIsUnknownIsWrittenWithWhatMayBeOlder(t *testing.T) {
	l := ledgerOf(nil)
	l.people["bounded"] = entry{assigned: true, unsure: true, last: day(5).Unix()}
	l.people["unknown"] = entry{assigned: true, unsure: true, last: unbounded}
	visits := func(n int) []visit {
		return []visit{{id: "bounded", lastActivity: day(n), rows: 1}, {id: "unknown", lastActivity: day(n), rows: 1}}
	}
	if c := l.claimVisits(visits(5), contract.KeepingKept); len(c.held) != 2 || len(c.news) > 0 || c.did != (saas.UserCounts{}) {
		t.Errorf("what may be older: %+v", c)
	}
	c := l.claimVisits(visits(6), contract.KeepingKept)
	if len(c.held) != 1 || c.held[0].id != "unknown" || len(c.news) != 1 || c.did.Added > 0 {
		t.Errorf("what is later than anything: %+v", c)
	}
	l.releaseVisits(c.news, nil, len(c.news))
	if e := l.getEntry("bounded"); e.unsure || e.last != day(6).Unix() {
		t.Errorf("once it is written: %+v", e)
	}
	if n := l.countActive(day(7), 10*saas.Day); n != 1 {
		t.Errorf("%d are active; of one nothing is known", n)
	}
}

func TestAWriteWhoseAnswerWasLostIsNotFollowedByLess(t *testing.T) {
	l := ledgerOf(map[string]time.Time{"1": day(2)})
	l.releaseVisits(l.claimVisits([]visit{{id: "1", lastActivity: day(9), rows: 1}}, contract.KeepingKept).news, nil, 0)
	c := l.claimVisits([]visit{{id: "1", lastActivity: day(4), rows: 1}}, contract.KeepingKept)
	if len(c.news) != 1 || !c.news[0].lastActivity.Equal(day(9)) {
		t.Errorf("an older activity goes as %+v", c.news)
	}
}

func TestWhatAFailedPageWroteIsCountedWhenItComesAgain(t *testing.T) {
	l := ledgerOf(map[string]time.Time{"old": day(2)})
	visits := []visit{{id: "new", lastActivity: day(3), rows: 1}, {id: "old", lastActivity: day(3), rows: 1}, {id: "late", lastActivity: day(3), rows: 1}}
	l.releaseVisits(l.claimVisits(visits, contract.KeepingKept).news, nil, 2) // the third was not sent
	l.forgetMet(visits)
	c := l.claimVisits(visits, contract.KeepingKept)
	if c.did != (saas.UserCounts{Added: 2, Updated: 1}) || len(c.news) != 1 {
		t.Errorf("when the page comes again: %+v", c)
	}
	l.releaseVisits(c.news, nil, 1)
	l.noteCounted(visits)
	l.forgetMet(visits)
	if c := l.claimVisits(visits, contract.KeepingKept); c.did != (saas.UserCounts{Unchanged: 3}) {
		t.Errorf("once it was counted: %+v", c)
	}
}

func TestWhoeverIsAssignedForSureIsTheWitnessAndAlwaysTheSame(t *testing.T) {
	for range 20 { // maps have no order
		l := newLedger(true, nil)
		l.cut = true
		l.people = map[string]entry{
			"1": {}, "2": {assigned: true, unsure: true}, "3": {assigned: true}, "4": {assigned: true}, "5": {assigned: true},
		}
		ask, witness := l.listUnknown([]visit{{id: "5"}, {id: "6"}})
		if len(ask) != 1 || ask[0] != "6" || witness != "3" {
			t.Fatalf("%v are asked for, the witness is %q", ask, witness)
		}
	}
}

func TestWhatASessionSentIsKnownBetterThanAListThatLags(t *testing.T) {
	for name, tc := range map[string]struct {
		shown *entry // by the list; nil: nothing
		sent  recent
		as    time.Time // as what an activity of the 4th goes
		did   saas.UserCounts
		asked bool // the person is looked up where the list is cut off
	}{
		"it was written":                        {nil, recent{last: day(9).Unix(), sent: day(9).Unix(), made: true}, time.Time{}, saas.UserCounts{Unchanged: 1}, false},
		"it went unanswered":                    {&entry{assigned: true, last: day(2).Unix()}, recent{sent: day(9).Unix()}, day(9), saas.UserCounts{Updated: 1}, false},
		"it went unanswered, of somebody new":   {nil, recent{sent: day(9).Unix()}, day(9), saas.UserCounts{Added: 1}, true},
		"it went unanswered after another came": {nil, recent{last: day(3).Unix(), sent: day(9).Unix(), made: true}, day(9), saas.UserCounts{Updated: 1}, false},
		"it was less than what comes":           {nil, recent{sent: day(3).Unix()}, day(4), saas.UserCounts{Added: 1}, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := ledgerOf(nil)
			if tc.shown != nil {
				l.people["1"] = *tc.shown
			}
			l.takeSent("1", tc.sent)
			l.cut = true
			visits := []visit{{id: "1", lastActivity: day(4), rows: 1}}
			if ids, _ := l.listUnknown(visits); (len(ids) == 1) != tc.asked {
				t.Errorf("it is to be looked up: %q", ids)
			}
			c := l.claimVisits(visits, contract.KeepingKept)
			if (len(c.news) == 1) == tc.as.IsZero() || len(c.news) == 1 && !c.news[0].lastActivity.Equal(tc.as) || c.did != tc.did {
				t.Errorf("it makes %+v of it", c)
			}
		})
	}
}
