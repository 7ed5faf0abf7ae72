package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
)

// answerAsks has a snapshot kept whenever the limiter asks, which is known after a
// while, until it is to be silent.
func answerAsks(ctx context.Context, l *Limiter, ask <-chan struct{}, kept *contract.RecentRequests, takes time.Duration, silent <-chan struct{}) {
	for {
		select {
		case <-ask:
		case <-silent:
			return
		case <-ctx.Done():
			return
		}
		at := time.Now()
		snapshot := l.Snapshot(at)
		select {
		case <-time.After(takes):
		case <-silent: // it is lost
			return
		}
		*kept = snapshot
		l.NoteTold(at)
	}
}

func TestNoSlotIsGivenOutThatASuccessorWouldNotKnowOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(600, time.Minute)
		time.Sleep(time.Minute)
		ask, end := l.BeginTelling()
		defer end()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := l.WaitForSlot(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("a slot was given out before anything was told: %v", err)
		}
		<-ask // it asked
		l.NoteTold(time.Now())
		if err := l.WaitForSlot(t.Context()); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for time.Since(began) < unseenFor-unseenFor/20 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			err := l.WaitForSlot(ctx)
			cancel()
			if err != nil {
				break
			}
		}
		if given := l.Stats().Granted; given < 20 {
			t.Errorf("%d slots were given out in the time that is allowed for", given)
		}
		ctx2, cancel2 := context.WithTimeout(t.Context(), time.Hour)
		defer cancel2()
		before := l.Stats().Granted
		if err := l.WaitForSlot(ctx2); err == nil || l.Stats().Granted != before {
			t.Error("a slot was given out long after the last telling")
		}
		end()
		if err := l.WaitForSlot(t.Context()); err != nil {
			t.Errorf("without a teller: %v", err)
		}
	})
}

func TestAWorkerThatIsCutOffLeavesTheBudgetToItsSuccessor(t *testing.T) {
	for _, perWindow := range []int{5, 30, 300} {
		for _, takes := range []time.Duration{0, 500 * time.Millisecond, 2500 * time.Millisecond, 6 * time.Second} {
			t.Run(fmt.Sprintf("%d, kept after %s", perWindow, takes), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { cutOff(t, perWindow, takes) })
			})
		}
	}
}

// cutOff has a worker that is cut off go on beside the one that takes over.
func cutOff(t *testing.T, perWindow int, takes time.Duration) {
	const window = time.Minute
	p := &peer{}
	old, ctx := NewLimiter(perWindow, window), t.Context()
	ask, end := old.BeginTelling()
	defer end()
	var kept contract.RecentRequests
	silent := make(chan struct{})
	go answerAsks(ctx, old, ask, &kept, takes, silent)
	cut := time.AfterFunc(130*time.Second, func() { close(silent) })
	defer cut.Stop()
	both, stop := context.WithTimeout(ctx, 5*time.Minute)
	defer stop()
	go load(both, old, p, 8, 100*time.Millisecond, never)
	time.Sleep(130 * time.Second)
	if used := old.Stats().Granted; used < 2*perWindow*3/4 {
		t.Errorf("only %d requests in two minutes of %d each", used, perWindow)
	}
	time.Sleep(15 * time.Second) // the heartbeat time-out has passed; the old one goes on
	next := NewLimiter(perWindow, window)
	next.Restore(handOver(t, kept))
	load(both, next, p, 8, 100*time.Millisecond, never)
	if most := p.mostInAnyWindow(window); most > perWindow {
		t.Errorf("a window saw %d requests of both, the budget is %d", most, perWindow)
	}
	if used := len(p.arrivals); used < 3*perWindow {
		t.Errorf("only %d requests in five minutes of %d each", used, perWindow)
	}
}

func TestATimeThatIsNotKeptYetIsNotUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(600, time.Minute)
		time.Sleep(time.Minute)
		_, end := l.BeginTelling()
		defer end()
		tell := func(takes time.Duration) (promised time.Duration) {
			at := time.Now()
			promised = l.Snapshot(at).Holders[0].Unseen
			time.Sleep(takes)
			l.NoteTold(at)
			return promised
		}
		isFreeAfter := func(d time.Duration) bool {
			time.Sleep(d)
			l.mu.Lock()
			defer l.mu.Unlock()
			return !l.isUntold(l.sinceStart())
		}
		if promised := tell(1500 * time.Millisecond); promised != 0 || isFreeAfter(500*time.Millisecond) {
			t.Errorf("%s were promised, and more was used", promised)
		}
		if promised := tell(time.Second); promised != 4500*time.Millisecond || !isFreeAfter(1500*time.Millisecond) || isFreeAfter(2*time.Second) {
			t.Errorf("%s were promised, and they were not used", promised)
		}
		if promised := tell(0); promised != 3*time.Second || isFreeAfter(2*time.Second) {
			t.Errorf("%s were promised; two seconds are enough now", promised)
		}
		if promised := tell(time.Hour); promised != 0 || tell(0) != maxUnseen {
			t.Errorf("%s were promised; then it has to be as long as is allowed", promised)
		}
	})
}

func TestWorkersWhoseClocksDifferCountByOneClock(t *testing.T) {
	for name, skew := range map[string]time.Duration{"ahead": 40 * time.Second, "behind": -40 * time.Second, "none": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := NewLimiter(30, time.Minute), NewLimiter(30, time.Minute)
				theirs := time.Now().Add(skew)
				a.FollowClock(theirs)
				for range 10 {
					if err := a.WaitForSlot(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				told := a.Snapshot(time.Now())
				if shown := time.Until(told.Holders[0].At).Round(time.Second); shown != skew {
					t.Errorf("a snapshot is told by a clock that is %s off, not %s", shown, skew)
				}
				b.FollowClock(time.Now().Add(skew))
				b.Restore(told)
				if count, next := b.countOthers(b.sinceStart()); count < 10 || next > b.hold {
					t.Errorf("%d requests count, the next leaves after %s", count, next)
				}
				if age := b.others[told.Holders[0].ID].buckets; age[len(age)-1].expires < b.hold-time.Second {
					t.Errorf("the latest request leaves after %s already", age[len(age)-1].expires)
				}
			})
		})
	}
}

func TestTheReadingOfAClockThatWasOnItsWayTheShortestCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(30, time.Minute)
		follow := func(off time.Duration) time.Duration {
			l.FollowClock(time.Now().Add(off))
			return l.skew
		}
		for _, step := range []struct{ off, want time.Duration }{
			{-900 * time.Millisecond, -900 * time.Millisecond},
			{-20 * time.Millisecond, -20 * time.Millisecond},
			{-700 * time.Millisecond, -20 * time.Millisecond}, // a task that came late
			{-time.Hour, -time.Hour},                          // a clock that was set
			{time.Minute, time.Minute},
		} {
			if got := follow(step.off); got != step.want {
				t.Errorf("a reading that is off by %s makes it %s, not %s", step.off, got, step.want)
			}
		}
		l.FollowClock(time.Time{})
		if l.skew != time.Minute {
			t.Error("no reading changed it")
		}
	})
}
