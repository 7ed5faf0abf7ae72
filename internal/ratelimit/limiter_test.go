package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
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

func TestAThirdOfTheBudgetIsSavedUpAndNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for perWindow, burst := range map[int]int{30: 10, 2: 1, 1: 1} {
			l := NewLimiter(perWindow, time.Minute)
			time.Sleep(10 * time.Minute)
			began, n := time.Now(), 0
			for ; time.Since(began) == 0; n++ {
				if err := l.WaitForSlot(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if n--; n != burst { // the last one waited
				t.Errorf("of a budget of %d, %d slots were free at once, want %d", perWindow, n, burst)
			}
			if waited := time.Since(began); perWindow > 2 && waited != time.Duration(float64(l.hold)/float64(perWindow)).Round(1) {
				t.Errorf("the slot after them took %v, want %v", waited, l.hold/time.Duration(perWindow))
			}
		}
	})
}

func TestARequestLeavesTheWindowAfterItsWholeLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(2, time.Minute)
		time.Sleep(time.Minute)
		began := time.Now()
		for i, want := range []time.Duration{0, l.hold / 2, l.hold, l.hold + l.hold/2} {
			if err := l.WaitForSlot(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := time.Since(began); got != want {
				t.Errorf("slot %d was free after %v, want %v", i, got, want)
			}
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
				if l.budgeted {
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
