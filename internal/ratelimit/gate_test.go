package ratelimit

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// enter acquires n places, which must be free.
func enter(t *testing.T, g *Gate, n int) {
	t.Helper()
	for range n {
		if err := g.AcquirePlace(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// blocked reports whether an Acquire has to wait; it takes no place.
func blocked(t *testing.T, g *Gate) bool {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- g.AcquirePlace(ctx) }()
	synctest.Wait()
	cancel()
	if err := <-done; err != nil {
		return true
	}
	g.ReleasePlace(OutcomeNeutral)
	return false
}

func TestGateAdmitsAsManyAsItsBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(3)
		enter(t, g, 3)
		if !blocked(t, g) {
			t.Fatal("a fourth request was let in")
		}
		g.ReleasePlace(OutcomeOK)
		if blocked(t, g) {
			t.Fatal("a freed place was not given away")
		}
	})
}

func TestGateBoundFollowsOutcomes(t *testing.T) {
	ok, bad, none := OutcomeOK, OutcomeCongested, OutcomeNeutral
	tests := []struct {
		name     string
		max      int
		outcomes []Outcome // of requests one after another
		want     int
	}{
		{"starts at its maximum", 8, nil, 8},
		{"a maximum below one is one", -1, nil, 1},
		{"success at the maximum changes nothing", 2, []Outcome{ok, ok, ok, ok, ok}, 2},
		{"congestion halves", 8, []Outcome{bad}, 4},
		{"congestion upon congestion goes down to one and stays", 8, []Outcome{bad, bad, bad, bad, bad}, 1},
		{"a full bound of successes adds one", 8, []Outcome{bad, ok, ok, ok, ok}, 5},
		{"one success less does not", 8, []Outcome{bad, ok, ok, ok}, 4},
		{"the next step takes the larger bound", 8, []Outcome{bad, bad, ok, ok, ok, ok, ok}, 4},
		{"congestion starts the count anew", 8, []Outcome{bad, ok, ok, ok, bad, ok}, 2},
		{"what tells nothing changes nothing", 8, []Outcome{bad, ok, ok, none, ok, ok}, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := NewGate(tt.max)
			for _, o := range tt.outcomes {
				enter(t, g, 1)
				g.ReleasePlace(o)
			}
			if got := g.CurrentLimit(); got != tt.want {
				t.Errorf("bound is %d, want %d", got, tt.want)
			}
		})
	}
}

func TestGateHalvesOnceForRequestsThatFlewTogether(t *testing.T) {
	g := NewGate(8)
	enter(t, g, 8)
	for range 8 {
		g.ReleasePlace(OutcomeCongested)
	}
	if got := g.CurrentLimit(); got != 4 {
		t.Fatalf("bound is %d after one flight of congestion, want 4", got)
	}
	enter(t, g, 4)
	for range 4 {
		g.ReleasePlace(OutcomeCongested)
	}
	if got := g.CurrentLimit(); got != 2 {
		t.Fatalf("bound is %d after the next flight of congestion, want 2", got)
	}
}

func TestGateHoldsBackUntilRequestsAreBelowTheNewBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(4)
		enter(t, g, 4)
		g.ReleasePlace(OutcomeCongested) // bound 2, 3 in flight
		g.ReleasePlace(OutcomeNeutral)   // 2 in flight
		if !blocked(t, g) {
			t.Fatal("let in above the halved bound")
		}
		g.ReleasePlace(OutcomeNeutral)
		if blocked(t, g) {
			t.Fatal("not let in below the halved bound")
		}
	})
}

func TestGateServesWaitersInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(1)
		enter(t, g, 1)
		var mu sync.Mutex
		var order []int
		for i := range 5 {
			go func() {
				if g.AcquirePlace(t.Context()) != nil {
					return
				}
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
				g.ReleasePlace(OutcomeOK)
			}()
			synctest.Wait()
		}
		g.ReleasePlace(OutcomeOK)
		synctest.Wait()
		for i, got := range order {
			if got != i {
				t.Fatalf("served in the order %v", order)
			}
		}
		if len(order) != 5 {
			t.Fatalf("served %d of 5", len(order))
		}
	})
}

func TestGatePauseLetsNobodyIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(2)
		began := time.Now()
		g.Pause(10 * time.Second)
		g.Pause(3 * time.Second) // a shorter one does not cut the longer short
		enter(t, g, 2)
		if waited := time.Since(began); waited != 10*time.Second {
			t.Errorf("let in after %v, want 10s", waited)
		}
		g.Pause(time.Second)
		g.Pause(5 * time.Second)
		g.ReleasePlace(OutcomeOK)
		began = time.Now()
		enter(t, g, 1)
		if waited := time.Since(began); waited != 5*time.Second {
			t.Errorf("let in after %v, want 5s", waited)
		}
	})
}

func TestGateWaiterLeavesWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(1)
		enter(t, g, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := g.AcquirePlace(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v, want the context's error", err)
		}
		g.ReleasePlace(OutcomeOK)
		if blocked(t, g) {
			t.Fatal("the waiter that left still holds a place")
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if err := g.AcquirePlace(ended); !errors.Is(err, context.Canceled) {
			t.Fatalf("an ended context got %v", err)
		}
	})
}

func TestGatePlaceThatCameAsItsWaiterGaveUpIsGivenOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(1)
		enter(t, g, 1)
		late := make(chan struct{})
		g.waiters = append(g.waiters, late)
		g.ReleasePlace(OutcomeNeutral) // the place is late's
		next := make(chan error, 1)
		go func() { next <- g.AcquirePlace(t.Context()) }()
		synctest.Wait()
		g.leaveQueue(late)
		if err := <-next; err != nil || g.inFlight != 1 {
			t.Errorf("the next waiter got %v, %d requests are in flight", err, g.inFlight)
		}
	})
}

func TestGateWaiterInTheMiddleOfTheQueueLeavesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(1)
		enter(t, g, 1)
		var places [3]chan struct{}
		for i := range places {
			places[i] = make(chan struct{})
			g.waiters = append(g.waiters, places[i])
		}
		g.leaveQueue(places[1])
		g.ReleasePlace(OutcomeNeutral)
		g.ReleasePlace(OutcomeNeutral)
		<-places[0]
		<-places[2]
		if len(g.waiters) != 0 || g.inFlight != 1 {
			t.Errorf("%d waiters, %d requests in flight", len(g.waiters), g.inFlight)
		}
	})
}

func TestGateKeepsItsBoundUnderLoad(t *testing.T) {
	g := NewGate(4)
	var inside, most atomic.Int64
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for j := range 200 {
				ctx, cancel := context.WithCancel(t.Context())
				if (i+j)%7 == 0 {
					cancel() // some give up at the very moment they might be let in
				}
				if g.AcquirePlace(ctx) == nil {
					n := inside.Add(1)
					for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
					}
					inside.Add(-1)
					g.ReleasePlace(Outcome((i + j) % 3))
				}
				cancel()
			}
		})
	}
	all.Wait()
	if most.Load() > 4 {
		t.Errorf("%d were inside at once, want at most 4", most.Load())
	}
	if g.inFlight != 0 || len(g.waiters) != 0 {
		t.Errorf("%d places and %d waiters are left over", g.inFlight, len(g.waiters))
	}
}

func TestGateReleaseWithoutAcquirePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a place that nobody took was given back")
		}
	}()
	NewGate(1).ReleasePlace(OutcomeOK)
}
