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
	hours      = 24
	newsAnHour = 0.05 / hours
	perMinute  = 30     // requests that Defender answers
	pastHourly = 36_335 // requests of such a day at pastCommit; its longest session had 1,524
)

// measureHourly holds a session an hour, through a midnight at which a day drops
// out of the timeframe. How long each takes follows from its requests.
func measureHourly(ctx context.Context, b *bench) ([]row, error) {
	o := simulator.Options{Apps: b.scaleSize(1_500), People: b.scaleSize(5_000), Pairs: b.scaleSize(45_000), Streams: 2}
	t, err := b.openScheduled(ctx, o)
	if err != nil {
		return nil, err
	}
	defer t.closeTenant()
	due := oracle.New(t.Sim)
	if _, err := t.runSession(ctx); err != nil {
		return nil, err
	}
	if err := checkHeld(due, t.Sim); err != nil {
		return nil, err
	}
	sum, most, longest, when := 0, 0, 0, time.Time{}
	for range hours {
		before, rows := listActivities(t.Sim), t.Sim.Counters(retention)
		t.Sim.AdvanceTime(time.Hour, simulator.ChangeOptions{Pairs: newsAnHour, LateLogs: 0.2})
		most += mostRequests(t.Sim, before, rows)
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
		{fmt.Sprintf("Requests of a day%s (%s at %s)", name, formatNumber(pastHourly), pastCommit), fmt.Sprintf("<= %s (1.2 x pages with what moved, + %d a session)", formatNumber(float64(most)), allowance),
			formatNumber(float64(sum)), sum <= most},
		atMost(fmt.Sprintf("Longest session%s (it began at %s), at 30 requests a minute", name, when.Format("15:04")), " min", 60, float64(longest)/perMinute),
	}, checkHeld(due, t.Sim)
}

// retention is the timeframe, in days, in which the fewest days drop out.
const retention = 90

// mostRequests is how many requests the next session may make: for the pages of
// apps and those that hold a changed row, for one page of each app whose row moved
// without, and the allowance.
func mostRequests(sim *simulator.Simulator, before activities, rows map[simulator.RowKey]simulator.RowCounters) int {
	threshold := sim.Now().Add(-time.Hour - overlap)
	news, silent := before.findNews(sim), 0
	now := sim.Counters(retention)
	for key := range simulator.MovedRows(rows, now) {
		if !now[key].LastActivity.Before(threshold) && !news.has[key] {
			silent++
		}
	}
	return 6*(appPages(sim, threshold)+news.pages+silent)/5 + allowance
}
