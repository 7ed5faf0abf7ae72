package temporalx

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/api/serviceerror"
)

var patience = Patience{Pause: 200 * time.Millisecond, Most: 2 * time.Second, Total: 10 * time.Second}

// answering counts the questions, and answers the first ones with an error.
func answering(failures int, failure error) (asked *int, ask func(context.Context) (string, error)) {
	asked = new(int)
	return asked, func(context.Context) (string, error) {
		if *asked++; *asked <= failures {
			return "", failure
		}
		return "all is well", nil
	}
}

func TestABusyTemporalIsAskedAgain(t *testing.T) {
	busy := &serviceerror.ResourceExhausted{Message: "too many requests issued to Worker Deployment 'hr'"}
	away := errors.New("away")
	for name, test := range map[string]struct {
		failures int
		failure  error
		asked    int
		want     error
		within   time.Duration
	}{
		"at once":               {0, nil, 1, nil, 0},
		"busy for a moment":     {3, busy, 4, nil, 2 * time.Second},
		"busy for good":         {1 << 30, busy, 8, busy, patience.Total},
		"another error is told": {1, away, 1, away, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				asked, ask := answering(test.failures, test.failure)
				_, err := AskAgain(t.Context(), patience, IsBusy, ask)
				if !errors.Is(err, test.want) || *asked != test.asked || time.Since(began) > test.within {
					t.Errorf("asked %d times in %s: %v", *asked, time.Since(began), err)
				}
			})
		})
	}
}

func TestWhoDoesNotWaitForABusyTemporalHearsOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		busy := &serviceerror.ResourceExhausted{}
		_, ask := answering(1<<30, busy)
		began := time.Now()
		if _, err := AskAgain(ctx, patience, IsBusy, ask); !errors.Is(err, busy) || time.Since(began) > time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}
