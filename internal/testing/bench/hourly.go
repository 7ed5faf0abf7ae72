package main

import (
	"context"
	"fmt"
	"time"

	"defendersync/internal/testing/oracle"
	"defendersync/internal/testing/simulator"
)

// The hourly life: a day of 24 sessions, in which 5 % of the pairs have news.
const (
	hours        = 24
	newsAnHour   = 0.05 / hours
	perMinute    = 30             // requests that Defender answers
	hourlyBudget = 60 * perMinute // and in an hour
)

// measureHourly holds a session an hour, through a midnight at which a day drops
// out of the timeframe. How long each takes follows from its requests.
func measureHourly(ctx context.Context, b *bench) ([]row, error) {
	o := simulator.Options{Apps: b.scaleSize(1_500), People: b.scaleSize(5_000), Pairs: b.scaleSize(45_000), Streams: 2}
	t, err := b.openTenant(o, "DEFENDER_CONCURRENCY=32", "OOMNITZA_CONCURRENCY=16")
	if err != nil {
		return nil, err
	}
	defer t.closeTenant()
	if out := t.RunCommand(ctx, "schedule", "apply"); out.Code != 0 {
		return nil, fmt.Errorf("apply the schedule: %s", out.Err)
	}
	due := oracle.New(t.Sim)
	if _, err := t.runSession(ctx); err != nil {
		return nil, err
	}
	if err := checkHeld(due, t.Sim); err != nil {
		return nil, err
	}
	sum, longest, when := 0, 0, time.Time{}
	for range hours {
		t.Sim.AdvanceTime(time.Hour, simulator.ChangeOptions{Pairs: newsAnHour, LateLogs: 0.2})
		t.Sim.ResetRequests()
		r, err := t.runSession(ctx)
		if err != nil {
			return nil, err
		}
		if r.Mode != "incremental" {
			return nil, fmt.Errorf("the session is %s: %s", r.Mode, r.Reason)
		}
		asked := t.Sim.Requests().Defender.Requests
		if sum += asked; asked > longest {
			longest, when = asked, r.Began
		}
	}
	name := fmt.Sprintf(", %s apps in 2 streams, a session every hour", formatNumber(float64(o.Apps)))
	return []row{
		atMost("Requests of a day"+name, "", hours*hourlyBudget, float64(sum)),
		atMost(fmt.Sprintf("Longest session%s (it began at %s), at 30 requests a minute", name, when.Format("15:04")), " min", 60, float64(longest)/perMinute),
	}, checkHeld(due, t.Sim)
}
