package ratelimit

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
)

// holders makes a Snapshot of other processes.
func holders(h ...contract.BudgetHolder) contract.RecentRequests {
	return contract.RecentRequests{Holders: h}
}

func TestRequestsOfAnEarlierHolderCountUntilTheyLeaveTheWindow(t *testing.T) {
	const limit, window = 30, time.Minute
	const hold = window + window/marginShare
	tests := map[string]struct {
		holder contract.BudgetHolder // At is relative to now: Unix seconds
		count  int
		next   time.Duration // from now, until the first of them leave; forever: there are none
	}{
		"sent just now":                        {contract.BudgetHolder{Step: time.Second, Counts: []int{7}, Stopped: true}, 7, hold},
		"sent at different times":              {contract.BudgetHolder{Step: time.Second, Counts: []int{1, 0, 4}, Stopped: true}, 5, hold - 2*time.Second},
		"told a while ago":                     {contract.BudgetHolder{At: time.Unix(-20, 0), Step: time.Second, Counts: []int{3}, Stopped: true}, 3, hold - 20*time.Second},
		"on the point of leaving":              {contract.BudgetHolder{At: time.Unix(-60, -300e6+1), Counts: []int{3}, Stopped: true}, 3, 1},
		"gone at this instant":                 {contract.BudgetHolder{At: time.Unix(-60, -300e6), Counts: []int{3}, Stopped: true}, 0, forever},
		"told by a clock that is fast":         {contract.BudgetHolder{At: time.Unix(30, 0), Step: time.Second, Counts: []int{0, 2}, Stopped: true}, 2, hold},
		"more than the budget":                 {contract.BudgetHolder{Step: time.Second, Counts: []int{500}, Stopped: true}, limit, hold},
		"more parts than a window has":         {contract.BudgetHolder{Counts: slices.Repeat([]int{1}, maxBuckets+5), Stopped: true}, maxBuckets, hold},
		"counts and steps that make no sense":  {contract.BudgetHolder{Step: -time.Second, Counts: []int{-4, 2}, Stopped: true}, 2, hold},
		"none":                                 {contract.BudgetHolder{Step: time.Second, Counts: []int{0, 0}, Stopped: true}, 0, forever},
		"what a killed holder may have sent":   {contract.BudgetHolder{Step: time.Second, Counts: []int{2}, SavedTokens: 3}, 5, hold},
		"and has had the time for":             {contract.BudgetHolder{At: time.Unix(-1, 0), Step: time.Second, Counts: []int{2}, SavedTokens: 2.9}, 6, hold - time.Second},
		"in two seconds at most":               {contract.BudgetHolder{At: time.Unix(-10, 0), Step: time.Second, Counts: []int{2}, SavedTokens: 0.9}, 4, hold - 10*time.Second},
		"within the budget that is left":       {contract.BudgetHolder{Step: time.Second, Counts: []int{28}, SavedTokens: 9}, limit, hold},
		"within what a holder can have saved":  {contract.BudgetHolder{Step: time.Second, SavedTokens: 1e12}, limit / burstShare, hold},
		"where room came while nobody saw it":  {contract.BudgetHolder{At: time.Unix(-2, 0), Step: time.Second, Counts: append(make([]int, maxBuckets-1), limit)}, 1, hold},
		"and not less than none":               {contract.BudgetHolder{Step: time.Second, Counts: []int{1}, SavedTokens: -4}, 1, hold},
		"nothing beyond a budget that is used": {contract.BudgetHolder{Step: time.Second, Counts: []int{limit + 1, -1}, SavedTokens: 4}, limit, hold},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := NewLimiter(limit, window)
				h, now := tt.holder, time.Now()
				h.ID, h.At = "other", now
				if !tt.holder.At.IsZero() {
					h.At = now.Add(tt.holder.At.Sub(time.Unix(0, 0)))
				}
				l.Restore(holders(h))
				count, next := l.countOthers(0)
				if count != tt.count || next != tt.next {
					t.Errorf("%d requests until %v, want %d until %v", count, next, tt.count, tt.next)
				}
				if saved := l.tokens; (saved == 0) != (tt.count > 0) {
					t.Errorf("%g tokens are left with %d requests of another holder", saved, count)
				}
				if count, next = l.countOthers(2 * hold); count != 0 || next != forever || len(l.others) != 0 {
					t.Errorf("%d requests, %v and %d holders after two windows", count, next, len(l.others))
				}
			})
		})
	}
}

func TestAWindowThatIsFullOfOthersRequestsIsWaitedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(30, time.Minute)
		l.Restore(holders(contract.BudgetHolder{ID: "other", At: time.Now().Add(-20 * time.Second), Counts: []int{30}, Stopped: true}))
		began := time.Now()
		if err := l.WaitForSlot(t.Context()); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited != l.hold-20*time.Second {
			t.Errorf("waited %v for the first slot, want %v", waited, l.hold-20*time.Second)
		}
	})
}

func TestTheLatestSnapshotOfAHolderCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, at := NewLimiter(30, time.Minute), time.Now()
		for _, h := range []contract.BudgetHolder{
			{ID: "a", At: at, Counts: []int{5}, Stopped: true},
			{ID: "a", At: at.Add(-time.Second), Counts: []int{9}, Stopped: true}, // older
			{ID: "a", At: at, Counts: []int{9}, Stopped: true},                   // the same moment
			{ID: "b", At: at, Counts: []int{2}, Stopped: true},
		} {
			l.Restore(holders(h))
		}
		if count, _ := l.countOthers(0); count != 7 {
			t.Errorf("%d requests count, want the 5 and 2 of each holder's latest snapshot", count)
		}
		l.Restore(holders(contract.BudgetHolder{ID: "a", At: at.Add(1), Counts: []int{6}, Stopped: true}))
		if count, _ := l.countOthers(0); count != 8 {
			t.Errorf("%d requests count after a newer snapshot, want 8", count)
		}
	})
}

func TestASnapshotTellsTheRequestsOfTheWindowByTheirAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(60, time.Minute)
		time.Sleep(time.Minute) // saves up a burst
		for range 3 {
			if err := l.WaitForSlot(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * time.Second)
		pending, err := l.AcquireSlot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := l.Snapshot(time.Now()).Holders[0]
		if want := []int{1, 3}; !slices.Equal(got.Counts, want) || got.Stopped || !got.At.Equal(time.Now()) || got.Step != l.hold/maxBuckets {
			t.Errorf("%+v, want the counts %v", got, want)
		}
		if want := 17.99; got.SavedTokens != want { // 20 saved, 4 used, 2 s more
			t.Errorf("%v tokens are saved up, want %v", got.SavedTokens, want)
		}
		l.Stop()
		if l.Snapshot(time.Now()).Holders[0].Stopped {
			t.Error("nothing more is sent, it says, though a request is in flight")
		}
		pending.MarkSent()
		if got = l.Snapshot(time.Now()).Holders[0]; !got.Stopped || got.SavedTokens != 0 || !slices.Equal(got.Counts, []int{1, 3}) {
			t.Errorf("after the last request: %+v", got)
		}
		time.Sleep(l.hold - 2*time.Second)
		if got = l.Snapshot(time.Now()).Holders[0]; slices.Contains(got.Counts, 3) || got.Counts[len(got.Counts)-1] != 1 {
			t.Errorf("a window later: %+v", got)
		}
	})
}

func TestASnapshotHasNoMorePartsThanItMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(5, 119*time.Nanosecond) // parts of a nanosecond, of which the window has more
		if err := l.WaitForSlot(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Nanosecond)
		if got := l.Snapshot(time.Now()).Holders[0]; got.Step != 1 || len(got.Counts) != maxBuckets || got.Counts[maxBuckets-1] != 1 {
			t.Errorf("%+v", got)
		}
	})
}

// handOver passes a budget on as a checkpoint would, through JSON.
func handOver(t *testing.T, r contract.RecentRequests) contract.RecentRequests {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var out contract.RecentRequests
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheBudgetHoldsAcrossKilledWorkers(t *testing.T) {
	for seed := range uint64(10) {
		synctest.Test(t, func(t *testing.T) {
			const window = 30 * time.Second
			perWindow := []int{5, 30, 200}[seed%3]
			p := &peer{}
			rnd := rand.New(rand.NewPCG(seed, 3))
			var told contract.RecentRequests
			for range 12 {
				l := NewLimiter(perWindow, window)
				l.Restore(told)
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rnd.Float64()*float64(window)))
				var teller sync.WaitGroup
				teller.Go(func() {
					for tick := time.Tick(time.Second); ctx.Err() == nil; {
						told = handOver(t, l.Snapshot(time.Now()))
						select {
						case <-tick:
						case <-ctx.Done(): // killed, without a last word
						}
					}
				})
				load(ctx, l, p, 20, time.Duration(rnd.IntN(3000))*time.Millisecond, never)
				cancel()
				teller.Wait()
				time.Sleep(time.Duration(rnd.IntN(5000)) * time.Millisecond)
			}
			if most := p.mostInAnyWindow(window); most > perWindow {
				t.Errorf("seed %d: a window saw %d requests, the budget is %d", seed, most, perWindow)
			}
		})
	}
}

func TestASettledHandOverCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const perWindow, window, rounds = 30, time.Minute, 10
		p := &peer{}
		workers := []*Limiter{NewLimiter(perWindow, window), NewLimiter(perWindow, window)}
		var told contract.RecentRequests
		for i := range rounds {
			l := workers[i%2]
			l.Restore(told)
			l.Restore(told) // once more changes nothing
			ctx, cancel := context.WithTimeout(t.Context(), window)
			load(ctx, l, p, 16, 50*time.Millisecond, never)
			cancel()
			told = handOver(t, l.Snapshot(time.Now()).MarkSettled())
		}
		if most := p.mostInAnyWindow(window); most > perWindow {
			t.Errorf("a window saw %d requests", most)
		}
		if used := float64(len(p.arrivals)) / (rounds * perWindow); used < 0.9 {
			t.Errorf("%.1f %% of the budget used", 100*used)
		}
	})
}

func TestALimiterKnowsItsOwnRequestsBetterThanItsCheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(4, time.Minute)
		for range 2 {
			if err := l.WaitForSlot(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		r := l.Snapshot(time.Now())
		l.Restore(r)
		if got := l.Snapshot(time.Now()); len(got.Holders) != 1 {
			t.Errorf("its own requests count twice: %+v", got)
		}
	})
}

func TestARecentFitsACheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(30_000, time.Minute)
		for range 60_000 {
			if err := l.WaitForSlot(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		text, err := json.Marshal(l.Snapshot(time.Now()))
		if err != nil || len(text) > 600 {
			t.Errorf("%d bytes, %v: %s", len(text), err, text)
		}
	})
}

func TestRestoreTakesNonsenseWithoutHarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(10, time.Minute)
		l.Restore(contract.RecentRequests{Holders: []contract.BudgetHolder{
			{ID: "future", At: time.Now().Add(time.Hour), Step: time.Second, Counts: []int{3, -5, 1 << 40}, SavedTokens: 1e12},
			{ID: "past", At: time.Now().Add(-time.Hour), Step: time.Second, Counts: []int{3}},
			{ID: "negative", At: time.Now(), Step: -time.Hour, Counts: []int{1, 2}, SavedTokens: -4},
		}})
		begin := time.Now()
		if err := l.WaitForSlot(t.Context()); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(begin); waited > 61*time.Second {
			t.Errorf("waited %v, nothing may hold a request for longer than a window", waited)
		}
	})
}
