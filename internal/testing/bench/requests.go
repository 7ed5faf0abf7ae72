package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"defendersync/internal/testing/simulator"
)

// spare is how many requests beyond the least a full session may make: the
// list of streams, and what probing costs.
const spare = 3

// paced is a session under a server that enforces its budget.
type paced struct {
	name    string
	budget  int // requests a minute, on both sides
	latency time.Duration
	tenant  simulator.Options
}

// pacedRuns are the sessions that wait for a budget. The first three are at
// twenty times the real budget and a twentieth of the latencies 50 ms, 2 s and
// 8 s, so that as many requests are in flight as at the real ones; the window
// stays a minute, which makes a pause easier to catch up than it is in truth:
// hence the last two, at the real budget. The tenants have more requests than
// a window has, and an app of several thousand users.
func (b *bench) pacedRuns() []paced {
	wide := simulator.Options{Apps: 500, People: 6_000, Pairs: 40_000, Streams: 1}
	runs := []paced{
		{"600 a minute, 2.5 ms (30 and 50 ms, 20 times faster)", 600, 2500 * time.Microsecond, wide},
		{"600 a minute, 100 ms (30 and 2 s, 20 times faster)", 600, 100 * time.Millisecond, wide},
		{"600 a minute, 400 ms (30 and 8 s, 20 times faster)", 600, 400 * time.Millisecond, wide},
	}
	if b.real {
		runs = append(runs,
			paced{"30 a minute, 2 s", 30, 2 * time.Second, simulator.Options{Apps: 50, People: 2_500, Pairs: 8_500, Streams: 2}},
			paced{"30 a minute, 8 s", 30, 8 * time.Second, simulator.Options{Apps: 60, People: 3_000, Pairs: 12_000}})
	}
	return runs
}

// measureRequests runs them side by side: they mostly wait.
func measureRequests(ctx context.Context, b *bench) ([]row, error) {
	runs := b.pacedRuns()
	rows := make([][]row, len(runs))
	group, ctx := errgroup.WithContext(ctx)
	for i, p := range runs {
		group.Go(func() (err error) {
			if rows[i], err = b.pacedSession(ctx, p); err != nil {
				err = fmt.Errorf("%s: %w", p.name, err)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var out []row
	for _, r := range rows {
		out = append(out, r...)
	}
	return out, nil
}

func (b *bench) pacedSession(ctx context.Context, p paced) ([]row, error) {
	o := p.tenant
	o.Apps, o.People, o.Pairs = b.scaleSize(o.Apps), b.scaleSize(o.People), b.scaleSize(o.Pairs)
	o.Budget = p.budget
	o.Faults.Defender.Latency = p.latency
	o.Faults.Defender.RetryAfter = 1
	t, err := b.openTenant(o, fmt.Sprintf("DEFENDER_REQUESTS_PER_MINUTE=%d", p.budget))
	if err != nil {
		return nil, err
	}
	defer t.closeTenant()
	r, err := t.runSession(ctx)
	if err != nil {
		return nil, err
	}
	if err := t.checkComplete(r); err != nil {
		return nil, err
	}
	least, used := leastPages(t.Sim, time.Time{}), t.Sim.Requests().Defender
	return []row{
		{"Requests of a full session, " + p.name, fmt.Sprintf("<= %d (%d + %d)", least+spare, least, spare), fmt.Sprint(used.Requests), used.Requests <= least+spare},
		{"Answers 429, " + p.name, "0", fmt.Sprintf("%d (most in a window: %d)", used.RateLimited, used.MaxInWindow), used.RateLimited == 0},
		atLeast("Use of the budget, "+p.name, " %", 97, 100*budgetUse(used, p.budget)),
	}, nil
}

// budgetUse is the share of the budget that was used between the first request and
// the last.
func budgetUse(u simulator.Usage, perMinute int) float64 {
	span := u.Last.Sub(u.First)
	if span <= 0 {
		return 0
	}
	return float64(u.Requests-1) / (span.Minutes() * float64(perMinute))
}
