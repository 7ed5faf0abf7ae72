package temporalerr

import (
	"errors"
	"fmt"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
)

func TestTheReasonIsWhatTheActivitySaid(t *testing.T) {
	said := temporal.NewApplicationError("HTTP 401 (issue a new token)", "Unauthorized")
	for want, err := range map[string]error{
		"HTTP 401 (issue a new token)":                                                             fmt.Errorf("activity error: %w", said),
		"given up after repeated failures; the last: no route":                                     temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE, errors.New("no route")),
		"no worker finished the work in time (StartToClose): see whether defendersync-worker runs": temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_START_TO_CLOSE, nil),
		"the Sync workflow was terminated by hand":                                                 fmt.Errorf("child: %w", &temporal.TerminatedError{}),
		"anything else": errors.New("anything else"),
	} {
		if got := Reason(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestDetailsAreReadOfFailedAndCancelledWork(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		want int
		ok   bool
	}{
		"failed":              {fmt.Errorf("child: %w", temporal.NewApplicationError("x", "X", 7)), 7, true},
		"cancelled":           {fmt.Errorf("child: %w", temporal.NewCanceledError(8)), 8, true},
		"failed with nothing": {temporal.NewApplicationError("x", "X"), 0, false},
		"cancelled at once":   {temporal.NewCanceledError(), 0, false},
		"another error":       {errors.New("x"), 0, false},
	} {
		var got int
		if ok := ReadDetails(tt.err, &got); ok != tt.ok || got != tt.want {
			t.Errorf("%s: %d, %v", name, got, ok)
		}
	}
}
