package query

import (
	"context"
	"iter"
	"sync"

	"golang.org/x/sync/semaphore"
)

// bounds limit concurrent work.
type bounds struct {
	width  int   // items under way, including results that wait for their turn
	weight int64 // total weight of those items
}

// runOrdered works on items concurrently and yields the results in the order of the
// items. An item heavier than the bound runs alone. The first error ends the work.
// When the consumer stops, runOrdered cancels what is under way and waits for it.
func runOrdered[T, R any](ctx context.Context, items []T, b bounds, weight func(T) int64, work func(context.Context, T) (R, error)) iter.Seq2[R, error] {
	type result struct {
		value  R
		err    error
		weight int64
	}
	return func(yield func(R, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var wait sync.WaitGroup
		defer wait.Wait()
		defer cancel()
		room := semaphore.NewWeighted(b.weight)
		waiting := make(chan chan result, max(b.width-1, 0))
		wait.Go(func() {
			defer close(waiting)
			for _, item := range items {
				w := min(max(weight(item), 1), b.weight)
				if room.Acquire(ctx, w) != nil {
					return
				}
				place := make(chan result, 1)
				wait.Go(func() {
					value, err := work(ctx, item)
					place <- result{value, err, w}
				})
				select {
				case waiting <- place:
				case <-ctx.Done():
					return
				}
			}
		})
		for place := range waiting {
			r := <-place
			if !yield(r.value, r.err) || r.err != nil {
				return
			}
			room.Release(r.weight)
		}
		if err := ctx.Err(); err != nil {
			var none R
			yield(none, err)
		}
	}
}
