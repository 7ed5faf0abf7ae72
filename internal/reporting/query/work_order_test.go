package query

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func numbers(n int) (out []int) {
	for i := range n {
		out = append(out, i)
	}
	return out
}

func one(int) int64 { return 1 }

func TestResultsComeInOrderThoughWorkEndsInAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		work := func(_ context.Context, n int) (int, error) {
			time.Sleep(time.Duration((n*7)%11) * time.Second)
			return n * n, nil
		}
		var got []int
		began := time.Now()
		for v, err := range runOrdered(t.Context(), numbers(100), bounds{8, 100}, one, work) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, v)
		}
		for i, v := range got {
			if v != i*i {
				t.Fatalf("result %d is %d", i, v)
			}
		}
		if took := time.Since(began); len(got) != 100 || took > 200*time.Second {
			t.Errorf("%d results in %s; one by one takes 500 s", len(got), took)
		}
	})
}

func TestNoMoreWorkIsDoneThanTheBoundsAllow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most, weight, heaviest atomic.Int64
		work := func(_ context.Context, n int) (int, error) {
			most.Store(max(most.Load(), running.Add(1)))
			heaviest.Store(max(heaviest.Load(), weight.Add(int64(n))))
			time.Sleep(time.Second)
			running.Add(-1)
			return n, nil
		}
		items := slices.Repeat([]int{40, 30, 20, 5}, 10)
		for n := range runOrdered(t.Context(), items, bounds{4, 60}, func(n int) int64 { return int64(n) }, work) {
			time.Sleep(3 * time.Second) // a slow consumer: results wait
			weight.Add(int64(-n))
		}
		if most.Load() > 5 || heaviest.Load() > 60+40 {
			t.Errorf("%d at once, of %d together; the bounds are 4 and 60", most.Load(), heaviest.Load())
		}
	})
}

func TestAnItemHeavierThanTheBoundIsDoneAllTheSame(t *testing.T) {
	n := 0
	for _, err := range runOrdered(t.Context(), []int{1000, 1, 1000}, bounds{4, 10}, func(n int) int64 { return int64(n) },
		func(_ context.Context, n int) (int, error) { return n, nil }) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 3 {
		t.Errorf("%d of 3 were done", n)
	}
}

func TestTheFirstErrorEndsTheWork(t *testing.T) {
	bad := errors.New("bad")
	var began atomic.Int64
	work := func(_ context.Context, n int) (int, error) {
		began.Add(1)
		if n == 3 {
			return 0, bad
		}
		return n, nil
	}
	var errs []error
	got := 0
	for _, err := range runOrdered(t.Context(), numbers(1000), bounds{4, 100}, one, work) {
		if err != nil {
			errs = append(errs, err)
		} else {
			got++
		}
	}
	if len(errs) != 1 || errs[0] != bad || got != 3 || began.Load() > 20 {
		t.Errorf("%d results and %v; %d pieces of work were begun", got, errs, began.Load())
	}
}

func TestWorkEndsWithItsConsumerAndItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := func(ctx context.Context, n int) (int, error) {
			if n == 0 {
				return 0, nil
			}
			<-ctx.Done()
			return 0, ctx.Err()
		}
		for range runOrdered(t.Context(), numbers(100), bounds{4, 100}, one, hang) {
			break // synctest fails when anything is left running
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last error
		for _, err := range runOrdered(ctx, numbers(100), bounds{4, 100}, one, hang) {
			cancel()
			last = err
		}
		if !errors.Is(last, context.Canceled) {
			t.Errorf("got %v, want the context's error", last)
		}
	})
}
