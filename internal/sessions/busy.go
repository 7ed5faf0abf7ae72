package sessions

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"
)

const (
	// busyPatience bounds how long a question is asked anew that Temporal is too busy for.
	busyPatience = 10 * time.Second
	// busyPause is the first pause between two times; each is twice as long as the one
	// before, up to busyPauseMost.
	busyPause     = 200 * time.Millisecond
	busyPauseMost = 2 * time.Second
)

// askUnlessBusy asks again while Temporal says that it has too many requests, as it does
// of a worker deployment whose state is changing. The SDK does so for the calls of its
// client only, not for those of the service.
func askUnlessBusy[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	until := time.Now().Add(busyPatience)
	for pause := busyPause; ; pause = min(2*pause, busyPauseMost) {
		answer, err := ask(ctx)
		var busy *serviceerror.ResourceExhausted
		if !errors.As(err, &busy) || !time.Now().Add(pause).Before(until) {
			return answer, err
		}
		select {
		case <-ctx.Done():
			return answer, err
		case <-time.After(pause):
		}
	}
}
