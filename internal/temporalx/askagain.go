package temporalx

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"
)

// Patience says how long a question is asked anew that Temporal is too busy for.
type Patience struct {
	Pause time.Duration // before the second time; each is twice as long as the one before
	Most  time.Duration // of one pause
	Total time.Duration // until the last time is begun
}

// AskAgain asks again while an error says that it may pass, and returns the last answer. The
// SDK does so for the calls of its client only, not for those of the service.
func AskAgain[T any](ctx context.Context, p Patience, mayPass func(error) bool, ask func(context.Context) (T, error)) (T, error) {
	until := time.Now().Add(p.Total)
	for pause := min(p.Pause, p.Most); ; pause = min(2*pause, p.Most) {
		answer, err := ask(ctx)
		if err == nil || !mayPass(err) || !time.Now().Add(pause).Before(until) {
			return answer, err
		}
		select {
		case <-ctx.Done():
			return answer, err
		case <-time.After(pause):
		}
	}
}

// IsBusy reports whether Temporal says that it has too many requests.
func IsBusy(err error) bool {
	var busy *serviceerror.ResourceExhausted
	return errors.As(err, &busy)
}
