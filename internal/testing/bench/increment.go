package main

import (
	"context"
	"fmt"
	"time"

	"defendersync/internal/testing/simulator"
)

// overlap is how far before the watermark an increment reads by default.
const overlap = 72 * time.Hour

// measureIncrement lets a day pass on which 2 % of pairs changed, and compares
// what the next session asks for with the pages that hold what it looks for.
func measureIncrement(ctx context.Context, b *bench) ([]row, error) {
	t, err := b.openTenant(simulator.Options{Apps: b.scaleSize(2_000), People: b.scaleSize(10_000), Pairs: b.scaleSize(150_000), Streams: 2})
	if err != nil {
		return nil, err
	}
	defer t.closeTenant()
	if out := t.RunCommand(ctx, "schedule", "apply"); out.Code != 0 {
		return nil, fmt.Errorf("apply the schedule: %s", out.Err)
	}
	first, err := t.runSession(ctx)
	if err != nil {
		return nil, err
	}
	t.Sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.02})
	t.Sim.ResetRequests()
	r, err := t.runSession(ctx)
	if err != nil {
		return nil, err
	}
	if r.Mode != "incremental" {
		return nil, fmt.Errorf("the second session is %s: %s", r.Mode, r.Reason)
	}
	pages := leastPages(t.Sim, first.Carry.Watermark.Add(-overlap))
	asked := t.Sim.Requests().Defender.Requests
	return []row{{
		fmt.Sprintf("Requests of an increment after a day, %s of %s pairs looked at", formatNumber(float64(r.Counts.Users.Seen)), formatNumber(float64(first.Counts.Users.Seen))),
		fmt.Sprintf("<= %s (1.2 x %s)", formatNumber(1.2*float64(pages)), formatNumber(float64(pages))),
		fmt.Sprintf("%s (%.3f x)", formatNumber(float64(asked)), float64(asked)/float64(pages)),
		float64(asked) <= 1.2*float64(pages),
	}}, nil
}
