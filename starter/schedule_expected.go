package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"go.temporal.io/sdk/client"

	"defendersync/internal/calendar"
	"defendersync/internal/saas"
	"defendersync/internal/sessions"
)

// expected is what is to be expected of a schedule's sessions, by the last ones.
type expected struct {
	incremental, full sessions.Taken // with at least the time that their requests take
	fullEvery         time.Duration
	load              calendar.Load // of the starts until then
	until             time.Time
	budget            int     // requests to Defender a minute; 0: not limited
	share             float64 // of the budget that sessions use until then
	unknown           string  // why nothing can be told
}

const (
	// lookAhead is for how long starts are looked at, at the least: over a full
	// session that is due every week.
	lookAhead = 8 * 24 * time.Hour
	// maxAhead bounds that; INTEGRATION_FULL_EVERY may be 90 days.
	maxAhead = 31 * 24 * time.Hour
	// maxStarts bounds the starts that are looked at.
	maxStarts = 10_000
)

// expectSessions foretells what sessions take, and which starts come while one
// runs. It never fails: why something can't be told is told.
func (c connection) expectSessions(ctx context.Context, d *client.ScheduleDescription, now time.Time) expected {
	x := expected{budget: c.settings.Defender.RequestsPerMinute}
	pace, err := c.sessionReader().ReadPace(ctx)
	if err != nil {
		x.unknown = err.Error()
		return x
	}
	x.incremental, x.full = atLeastByBudget(pace.Incremental, x.budget), atLeastByBudget(pace.Full, x.budget)
	if x.incremental.Sessions+x.full.Sessions == 0 {
		x.unknown = "none has completed so far"
		return x
	}
	policy := c.policyOf(d)
	x.fullEvery = policy.FullEvery
	x.until = now.Add(min(max(lookAhead, x.fullEvery+24*time.Hour), maxAhead))
	starts, err := c.listAhead(ctx, now, x.until)
	if err != nil {
		x.unknown = err.Error()
		return x
	}
	if len(starts) >= maxStarts {
		x.until = starts[len(starts)-1]
	}
	x.load = calendar.CountLoad(starts, calendar.Pace{
		Incremental: x.incremental.Duration, Full: x.full.Duration, FullEvery: policy.FullDue(), LastFull: c.lastFull(ctx, d),
	})
	if x.budget > 0 {
		asked := x.load.Incremental*x.incremental.Requests + x.load.Full*x.full.Requests
		x.share = float64(asked) / (float64(x.budget) * x.until.Sub(now).Minutes())
	}
	return x
}

// listAhead lists the schedule's starts, and at least maxStarts of them where there
// are more. Temporal gives some hundreds at a time.
func (c connection) listAhead(ctx context.Context, from, to time.Time) (starts []time.Time, err error) {
	for len(starts) < maxStarts {
		some, err := c.sessionReader().ListStarts(ctx, from, to)
		if err != nil {
			return nil, err
		}
		if len(some) == 0 || !some[len(some)-1].After(from) {
			break
		}
		starts, from = append(starts, some...), some[len(some)-1]
	}
	return starts, nil
}

// atLeastByBudget is what sessions take, and no less than their requests do: the
// budget may have been another one.
func atLeastByBudget(t sessions.Taken, budget int) sessions.Taken {
	if budget > 0 {
		t.Duration = max(t.Duration, time.Duration(t.Requests)*time.Minute/time.Duration(budget))
	}
	return t
}

// policyOf is what the schedule's sessions go by; the settings', where that can't
// be read.
func (c connection) policyOf(d *client.ScheduleDescription) saas.Policy {
	if action, ok := d.Schedule.Action.(*client.ScheduleWorkflowAction); ok && len(action.Args) > 0 {
		if in, err := c.sessionReader().DecodeParams(action.Args[0]); err == nil {
			return in.Policy
		}
	}
	return c.settings.SyncPolicy()
}

// lastFull is when the last full session began, as the schedule's sessions know
// it; zero where they don't: the next one is full then.
func (c connection) lastFull(ctx context.Context, d *client.ScheduleDescription) time.Time {
	carry, err := c.sessionReader().FindCarry(ctx, d)
	if err != nil || carry == nil {
		return time.Time{}
	}
	return carry.LastFull
}

// tellExpected prints what is to be expected of the sessions.
func tellExpected(w io.Writer, x expected, zone *time.Location) {
	if x.unknown != "" {
		fmt.Fprintf(w, "  how long sessions take is not known: %s\n", x.unknown)
		return
	}
	tellTaken(w, "incremental", x.incremental)
	tellTaken(w, "full", x.full)
	l := x.load
	until := x.until.In(zone).Format("Mon 2006-01-02")
	if l.Skipped > 0 {
		fmt.Fprintf(w, "  warning: incremental sessions take longer than the time between starts: of the %d starts until %s, %d are expected to be skipped; choose longer intervals\n",
			l.Starts, until, l.Skipped)
	}
	if l.SkippedByFull > 0 {
		fmt.Fprintf(w, "  warning: while full sessions run, which are due every %s, %d of the %d starts until %s are expected to be skipped\n",
			calendar.FormatDuration(x.fullEvery), l.SkippedByFull, l.Starts, until)
	}
	if x.share > 0 && l.Starts > 0 {
		fmt.Fprintf(w, "  sessions use about %.0f %% of the request budget (%d a minute)\n", max(100*x.share, 1), x.budget)
	}
}

// tellTaken prints what sessions of a kind take.
func tellTaken(w io.Writer, kind string, t sessions.Taken) {
	if t.Sessions == 0 {
		fmt.Fprintf(w, "  how long %s sessions take is not known yet: none has completed\n", kind)
		return
	}
	of := "by the last one"
	if t.Sessions > 1 {
		of = fmt.Sprintf("by the last %d", t.Sessions)
	}
	fmt.Fprintf(w, "  %s sessions are expected to take %s (%s; requests: %d to Defender)\n", kind, formatDuration(t.Duration), of, t.Requests)
}
