package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/client"
)

func TestATriggerWaitsForASecondOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for name, tc := range map[string]struct {
			actions []client.ScheduleActionResult
			want    time.Duration
		}{
			"nothing was started":          {nil, 0},
			"a start of a minute ago":      {[]client.ScheduleActionResult{{ScheduleTime: now.Add(-time.Minute), ActualTime: now.Add(-time.Minute)}}, 0},
			"a start of this second":       {[]client.ScheduleActionResult{{ScheduleTime: now, ActualTime: now}}, nextSecond},
			"a start by a clock ahead":     {[]client.ScheduleActionResult{{ActualTime: now.Add(time.Hour)}}, nextSecond},
			"a start that was made up for": {[]client.ScheduleActionResult{{ScheduleTime: now.Add(-time.Hour), ActualTime: now}}, nextSecond},
		} {
			began := time.Now()
			if err := apart(t.Context(), &client.ScheduleDescription{Info: client.ScheduleInfo{RecentActions: tc.actions}}, now); err != nil {
				t.Fatal(err)
			}
			if got := time.Since(began); got != tc.want {
				t.Errorf("%s: it waits for %s", name, got)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		recent := client.ScheduleInfo{RecentActions: []client.ScheduleActionResult{{ActualTime: now}}}
		if err := apart(ctx, &client.ScheduleDescription{Info: recent}, now); !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted, it ends with %v", err)
		}
	})
}
