package query

import (
	"context"
	"iter"
	"sync"

	"golang.org/x/sync/semaphore"
)

// bounds are how much work goes on side by side.
type bounds struct {
	width  int   // pieces of work at once, and results that wait for their turn
	weight int64 // all of those together
}

// runOrdered does work on items side by side and gives the results in the items'
// order. Weights bound what waits in memory; an item heavier than the bound
// goes alone. The first error ends it. When the consumer stops, work under way
// is cancelled, and waited for.
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
