package ratelimit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
)

// peer is a server that notes when requests arrive.
type peer struct {
	mu       sync.Mutex
	arrivals []time.Time
}

func (p *peer) arrive() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arrivals = append(p.arrivals, time.Now())
}

// mostInAnyWindow is the most requests that any window of the given length,
// begun at any instant, has seen.
func (p *peer) mostInAnyWindow(window time.Duration) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := slices.SortedFunc(slices.Values(p.arrivals), time.Time.Compare)
	most, from := 0, 0
	for i := range at {
		for at[i].Sub(at[from]) >= window {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

// load asks a limiter for slots with so many workers until ctx ends. Each
// request takes a while to connect, a little to arrive and long to be
// answered.
func load(ctx context.Context, l *Limiter, p *peer, workers int, latency time.Duration, idle func() time.Duration) {
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			rnd := rand.New(rand.NewPCG(7, uint64(w)))
			between := func(limit time.Duration) time.Duration { return time.Duration(rnd.Float64() * float64(limit)) }
			for ctx.Err() == nil {
				time.Sleep(idle())
				t, err := l.AcquireSlot(ctx)
				if err != nil {
					return
				}
				time.Sleep(between(latency / 20)) // connecting
				t.MarkSent()
				time.Sleep(between(l.window / marginShare)) // on its way
				p.arrive()
				time.Sleep(latency)
			}
		})
	}
	group.Wait()
}

func never() time.Duration { return 0 }

func TestNoWindowSeesMoreThanTheBudgetAndNearlyAllOfItIsUsed(t *testing.T) {
	const windows = 12
	for _, perWindow := range []int{1, 7, 30, 300} {
		for _, latency := range []time.Duration{50 * time.Millisecond, 2 * time.Second, 8 * time.Second} {
			for _, window := range []time.Duration{time.Minute, 30 * time.Second} {
				t.Run(fmt.Sprintf("%d per %v at %v", perWindow, window, latency), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						l, p := NewLimiter(perWindow, window), &peer{}
						ctx, cancel := context.WithTimeout(t.Context(), windows*window)
						defer cancel()
						load(ctx, l, p, max(16, perWindow/2), latency, never)
						if most := p.mostInAnyWindow(window); most > perWindow {
							t.Errorf("a window saw %d requests, the budget is %d", most, perWindow)
						}
						used := float64(len(p.arrivals)) / float64(windows*perWindow)
						if used < 0.97 {
							t.Errorf("%.1f %% of the budget used (%d requests)", 100*used, len(p.arrivals))
						}
					})
				})
			}
		}
	}
}

func TestIdleGapsOfUpToAThirdOfTheWindowAreCaughtUp(t *testing.T) {
	const windows, perWindow, window = 12, 30, time.Minute
	for _, latency := range []time.Duration{50 * time.Millisecond, 2 * time.Second, 8 * time.Second} {
		for _, gap := range []time.Duration{window / 10, window / 5, window / 3} {
			t.Run(fmt.Sprintf("a gap of %v at %v", gap, latency), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					l, p := NewLimiter(perWindow, window), &peer{}
					ctx, cancel := context.WithTimeout(t.Context(), windows*window)
					defer cancel()
					begin := time.Now()
					idle := func() time.Duration { // nobody asks in [gap] once every four windows
						phase := (time.Since(begin) - window/2) % (4 * window)
						if phase < 0 || phase > gap {
							return 0
						}
						return gap - phase
					}
					load(ctx, l, p, 24, latency, idle)
					if most := p.mostInAnyWindow(window); most > perWindow {
						t.Errorf("a window saw %d requests, the budget is %d", most, perWindow)
					}
					if used := float64(len(p.arrivals)) / (windows * perWindow); used < 0.97 {
						t.Errorf("%.1f %% of the budget used", 100*used)
					}
				})
			})
		}
	}
}

func TestRandomDemandNeverBreaksTheBudget(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			perWindow, window := 1+rnd.IntN(50), time.Duration(1+rnd.IntN(60))*time.Second
			l, p := NewLimiter(perWindow, window), &peer{}
			ctx, cancel := context.WithTimeout(t.Context(), 20*window)
			defer cancel()
			var mu sync.Mutex
			idle := func() time.Duration {
				mu.Lock()
				defer mu.Unlock()
				if rnd.IntN(10) == 0 {
					return time.Duration(rnd.Float64() * 2 * float64(window))
				}
				return 0
			}
			load(ctx, l, p, 1+rnd.IntN(30), time.Duration(rnd.Int64N(int64(window))), idle)
			if most := p.mostInAnyWindow(window); most > perWindow {
				t.Errorf("seed %d: a window of %v saw %d requests, the budget is %d", seed, window, most, perWindow)
			}
		})
	}
}

func TestSlotsAreSpreadOverTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, p := NewLimiter(30, time.Minute), &peer{}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		load(ctx, l, p, 8, 50*time.Millisecond, never)
		if most := p.mostInAnyWindow(10 * time.Second); most > 6 {
			t.Errorf("ten seconds saw %d requests, want about 5", most)
		}
	})
}

func TestSlotsAreHandedOutInTheOrderAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(10, time.Minute)
		var mu sync.Mutex
		var got []int
		for i := range 8 {
			go func() {
				if err := l.WaitForSlot(t.Context()); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				got = append(got, i)
			}()
			synctest.Wait()
		}
		time.Sleep(2 * time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if !slices.IsSorted(got) || len(got) != 8 {
			t.Errorf("order %v", got)
		}
	})
}

func TestARequestInFlightHoldsItsSlotUntilItSaysWhenItWasSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const window = 10 * time.Second
		l := NewLimiter(1, window)
		first, err := l.AcquireSlot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * window) // connecting takes long
		begin := time.Now()
		go func() {
			time.Sleep(time.Second)
			first.MarkSent()
		}()
		if err := l.WaitForSlot(t.Context()); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(begin); waited != time.Second+window+window/marginShare {
			t.Errorf("the second request waited %v", waited)
		}
	})
}

func TestADroppedSlotIsFreeAtOnceAndOnlyOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(1, time.Minute)
		ticket, err := l.AcquireSlot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		go func() {
			time.Sleep(time.Second)
			ticket.ReturnSlot()
			ticket.ReturnSlot()
		}()
		if err := l.WaitForSlot(t.Context()); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(begin); waited != time.Second {
			t.Errorf("waited %v for a slot dropped after 1s", waited)
		}
		ticket.ReturnSlot()
		if err := l.WaitForSlot(t.Context()); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(begin); waited < time.Minute {
			t.Errorf("a slot dropped twice was free twice: third request after %v", waited)
		}
	})
}

func TestPauseKeepsEveryoneBackAndForgetsWhatWasSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, p := NewLimiter(30, time.Minute), &peer{}
		time.Sleep(time.Minute) // saves up a burst
		l.Pause(20 * time.Second)
		l.Pause(5 * time.Second) // shorter: changes nothing
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
		defer cancel()
		load(ctx, l, p, 20, time.Second, never)
		if first := p.arrivals[0].Sub(begin); first < 20*time.Second {
			t.Errorf("a request was sent %v after a pause of 20s began", first)
		}
		if len(p.arrivals) > 4 {
			t.Errorf("%d requests in the 5s after the pause, want them spread", len(p.arrivals))
		}
		if s := l.Stats(); s.Pauses != 1 || s.Paused != 20*time.Second {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestStopEndsEveryWaitUnsent(t *testing.T) {
	for name, l := range map[string]func() *Limiter{
		"waiting for a token": func() *Limiter { return NewLimiter(1, time.Hour) },
		"waiting in a pause":  func() *Limiter { l := NewLimiter(0, 0); l.Pause(time.Hour); return l },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := l()
				if l.limit > 0 {
					if err := l.WaitForSlot(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				begin := time.Now()
				errs := make(chan error, 5)
				for range cap(errs) {
					go func() { errs <- l.WaitForSlot(t.Context()) }()
				}
				synctest.Wait()
				l.Stop()
				l.Stop()
				for range cap(errs) {
					var stopped *Stopped
					if err := <-errs; !errors.Is(err, ErrStopped) || !errors.As(err, &stopped) {
						t.Errorf("error %v, want ErrStopped", err)
					}
				}
				if err := l.WaitForSlot(t.Context()); !errors.Is(err, ErrStopped) {
					t.Errorf("after Stop: %v", err)
				}
				if time.Since(begin) != 0 {
					t.Errorf("left after %v, want at once", time.Since(begin))
				}
			})
		})
	}
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(1, time.Hour)
		if err := l.WaitForSlot(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		errs := make(chan error, 3) // one is next in turn, the others behind it
		for range cap(errs) {
			go func() { errs <- l.WaitForSlot(ctx) }()
		}
		for range cap(errs) {
			if err := <-errs; !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v", err)
			}
		}
	})
}

func TestWithoutABudgetNothingWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(0, time.Minute)
		begin := time.Now()
		for range 10_000 {
			ticket, err := l.AcquireSlot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ticket.MarkSent()
			ticket.ReturnSlot()
		}
		if time.Since(begin) != 0 || l.Stats().Granted != 10_000 {
			t.Errorf("took %v, stats %+v", time.Since(begin), l.Stats())
		}
		if r := l.Snapshot(time.Now()); len(r.Holders) != 0 {
			t.Errorf("snapshot without a budget: %+v", r)
		}
	})
}

func TestTheTimeWaitedIsSummedOverRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(1, 200*time.Second)
		for range 3 {
			if err := l.WaitForSlot(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if s := l.Stats(); s.Granted != 3 || s.Waited != 402*time.Second {
			t.Errorf("stats %+v, want 402s", s)
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
			told = handOver(t, l.Snapshot(time.Now()).Settled())
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
			{ID: "future", At: time.Now().Add(time.Hour), Step: time.Second, Counts: []int{3, -5, 1 << 40}, Saved: 1e12},
			{ID: "past", At: time.Now().Add(-time.Hour), Step: time.Second, Counts: []int{3}},
			{ID: "negative", At: time.Now(), Step: -time.Hour, Counts: []int{1, 2}, Saved: -4},
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

func BenchmarkAcquire(b *testing.B) {
	l := NewLimiter(0, time.Minute)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			t, err := l.AcquireSlot(context.Background())
			if err != nil {
				b.Fatal(err)
			}
			t.MarkSent()
		}
	})
}
