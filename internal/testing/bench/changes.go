package main

import (
	"context"
	"fmt"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/testing/oracle"
	"defendersync/internal/testing/simulator"
)

// allowance is how many requests beyond those for what is new an increment may
// make: the list of streams, probes, and apps that are read to verify that they
// have no news.
const allowance = 20

// changedTenant is a tenant in two streams whose sessions are compared.
type changedTenant struct {
	apps, people, pairs int
	past                past
}

func changedTenants() []changedTenant {
	return []changedTenant{
		{250, 1_500, 7_500, past{full: pastCost{401, 3_182, 193_661}, quiet: pastCost{273, 474, 152_845}, busy: pastCost{287, 573, 158_500}}},
		{300, 2_000, 9_000, past{full: pastCost{484, 4_129, 236_174}, quiet: pastCost{335, 566, 178_979}, busy: pastCost{349, 676, 185_250}}},
		{1_500, 5_000, 45_000, past{full: pastCost{2_467, 14_394, 1_097_439}, quiet: pastCost{1_506, 2_289, 741_861}, busy: pastCost{1_563, 2_689, 762_767}}},
		{31_000, 10_000, 93_000, past{full: pastCost{38_820, 139_585, 22_350_503}, quiet: pastCost{8_118, 11_247, 4_332_623}, busy: pastCost{8_693, 12_958, 4_628_802}}},
	}
}

// measureChanges holds a full session with each tenant, one right after it, and
// one after 2 % of the pairs changed, in a fifth of the apps. No midnight passes
// between them: when one does, days drop out of the timeframe, and rows of apps
// move without news. The line hourly has that.
func measureChanges(ctx context.Context, b *bench) (out []row, err error) {
	for _, of := range changedTenants() {
		rows, err := b.measureTenant(ctx, of)
		if err != nil {
			return nil, fmt.Errorf("%d apps: %w", of.apps, err)
		}
		out = append(out, rows...)
	}
	return out, nil
}

// changes is the three sessions of one tenant.
type changes struct {
	*bench
	*tenant
	oracle *oracle.Oracle
	name   string // of the tenant, for the rows
	past   past
	rows   []row
}

// openScheduled opens a large tenant whose sessions a schedule starts. The caller closes it.
func (b *bench) openScheduled(ctx context.Context, o simulator.Options) (*tenant, error) {
	t, err := b.openTenant(o, "DEFENDER_CONCURRENCY=32", "OOMNITZA_CONCURRENCY=16")
	if err != nil {
		return nil, err
	}
	if out := t.RunCommand(ctx, "schedule", "apply"); out.Code != 0 {
		t.closeTenant()
		return nil, fmt.Errorf("apply the schedule: %s", out.Err)
	}
	return t, nil
}

func (b *bench) measureTenant(ctx context.Context, of changedTenant) ([]row, error) {
	o := simulator.Options{Apps: b.scaleSize(of.apps), People: b.scaleSize(of.people), Pairs: b.scaleSize(of.pairs), Streams: 2}
	t, err := b.openScheduled(ctx, o)
	if err != nil {
		return nil, err
	}
	defer t.closeTenant()
	c := &changes{bench: b, tenant: t, oracle: oracle.New(t.Sim), name: fmt.Sprintf(", %s apps in 2 streams", formatNumber(float64(o.Apps))), past: of.past}
	r, err := c.holdFull(ctx)
	if err != nil {
		return nil, err
	}
	threshold := r.Carry.Watermark.Add(-overlap)
	if err := c.holdQuiet(ctx, threshold); err != nil {
		return nil, err
	}
	return c.rows, c.holdBusy(ctx, threshold)
}

// holdFull holds the full session, which may cost no more than it did.
func (c *changes) holdFull(ctx context.Context) (contract.SessionResult, error) {
	got, r, err := c.costOf(ctx, "full")
	if err != nil {
		return r, err
	}
	least := leastPages(c.Sim, time.Time{})
	c.addRow("Requests of a full session"+c.past.full.tellRequests(c.scale), fmt.Sprintf("%d + %d", least, spare), least+spare, got.defender)
	c.comparePast("a full session", c.past.full, got)
	c.addKept(got)
	return r, checkHeld(c.oracle, c.Sim)
}

// checkHeld makes sure that Oomnitza holds what it has to.
func checkHeld(o *oracle.Oracle, sim *simulator.Simulator) error {
	if found := o.LearnDue(sim).FindDifferences(sim); len(found) > 0 {
		return fmt.Errorf("%d differences from what Oomnitza should hold, the first:\n%s", len(found), oracle.JoinTexts(found))
	}
	return nil
}

// holdQuiet holds a session when nothing is new.
func (c *changes) holdQuiet(ctx context.Context, threshold time.Time) error {
	got, _, err := c.costOf(ctx, "incremental")
	if err != nil {
		return err
	}
	pages := appPages(c.Sim, threshold)
	c.addRow("Requests where nothing is new"+c.past.quiet.tellRequests(c.scale), fmt.Sprintf("%d + %d", pages, allowance), pages+allowance, got.defender)
	c.comparePast("an increment without news", c.past.quiet, got)
	return nil
}

// holdBusy holds a session after some pairs changed.
func (c *changes) holdBusy(ctx context.Context, threshold time.Time) error {
	before := listActivities(c.Sim)
	c.Sim.EndDay(simulator.ChangeOptions{Pairs: 0.1, Apps: 0.2})
	got, _, err := c.costOf(ctx, "incremental")
	if err != nil {
		return err
	}
	pages, news := appPages(c.Sim, threshold), before.findNews(c.Sim)
	c.addRow(fmt.Sprintf("Requests where %s of %s rows changed, in %d %% of the lists%s", formatNumber(float64(news.rows)), formatNumber(float64(len(before))), 100*news.lists/max(news.allLists, 1), c.past.busy.tellRequests(c.scale)),
		fmt.Sprintf("1.2 x (%d + %d) + %d", pages, news.pages, allowance), 6*(pages+news.pages)/5+allowance, got.defender)
	c.comparePast("an increment with news", c.past.busy, got)
	return checkHeld(c.oracle, c.Sim)
}

// addRow adds a number that is not to be above another.
func (c *changes) addRow(what, formula string, most, got int) {
	target := "<= " + formatNumber(float64(most))
	if formula != "" {
		target += " (" + formula + ")"
	}
	c.rows = append(c.rows, row{what + c.name, target, formatNumber(float64(got)), got <= most})
}

// keptTarget is the most that is kept of 62,000 rows of apps, in bytes, beside what the result
// of a session takes that had none.
const (
	keptTarget = 500_000
	keptRows   = 62_000
	keptBeside = 1_000
)

// addKept adds the size of what the next session goes by, as Temporal keeps it.
func (c *changes) addKept(got cost) {
	rows := 0
	for app := range c.Sim.Truth() {
		rows += len(app.Rows)
	}
	kept := float64(got.history.result + got.history.prints)
	c.rows = append(c.rows, atMost(fmt.Sprintf("Kept for the next session, %s rows of apps (result %s B, fingerprints %s B)", formatNumber(float64(rows)),
		formatNumber(float64(got.history.result)), formatNumber(float64(got.history.prints))), " kB", max((keptTarget*float64(rows)/keptRows+keptBeside)/1e3, 5), kept/1e3))
}

// costOf holds a session of a mode and says what it cost.
func (c *changes) costOf(ctx context.Context, mode string) (cost, contract.SessionResult, error) {
	c.Sim.ResetRequests()
	r, err := c.runSession(ctx)
	if err != nil {
		return cost{}, r, err
	}
	if r.Mode != mode {
		return cost{}, r, fmt.Errorf("the session is %s and should be %s: %s", r.Mode, mode, r.Reason)
	}
	h, err := c.readHistory(ctx, r)
	asked := c.Sim.Requests()
	return cost{asked.Defender.Requests, asked.Oomnitza.Requests, h}, r, err
}
