package main

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"defendersync/activities"
	"defendersync/internal/contract"
	"defendersync/workflows"
)

// glance is how a session stands at a moment.
type glance struct {
	workflows.Progress
	waiting    string // what is being waited for, in words
	silent     bool   // nothing could be learnt
	unreadable error  // why what was told is not understood
	appsNow    int    // apps finished, those of the page at work included
}

// glance asks the Sync workflow for its progress and adds what the heartbeat
// of the page at work tells.
func (c connection) glance(ctx context.Context) glance {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	id := contract.SyncID(c.integration())
	g := glance{silent: true}
	if v, err := c.temporal.QueryWorkflow(ctx, id, "", contract.QueryProgress); err == nil {
		err = unreadable("its progress", v.Get(&g.Progress))
		g.silent = err != nil
		if errors.Is(err, errKey) {
			g.unreadable = err
		}
	}
	g.appsNow = g.Counts.Apps.Seen
	d, err := c.temporal.DescribeWorkflowExecution(ctx, id, "")
	if err != nil || g.silent {
		return g
	}
	g.Waiting = c.waiting(d) // fresher than what was told
	g.waiting = g.Waiting.String()
	if cp, ok := c.checkpoint(d); ok {
		g.Counts = g.Counts.Add(cp.Counts)
		g.Requests = g.Requests.Add(cp.Requests)
		g.appsNow = g.Counts.Apps.Seen - pageSize(g) + len(cp.Done)
	} else if g.Phase == "carrying over users" {
		g.appsNow = max(0, g.appsNow-pageSize(g))
	}
	return g
}

// pageSize is about how many apps the page at work has.
func pageSize(g glance) int { return min(100, g.Counts.Apps.Seen) }

// checkpoint decodes the heartbeat of SyncUsage, if that is what runs.
func (c connection) checkpoint(d *workflowservice.DescribeWorkflowExecutionResponse) (contract.Checkpoint, bool) {
	var cp contract.Checkpoint
	for _, p := range d.GetPendingActivities() {
		if p.GetActivityType().GetName() != contract.ActivitySyncUsage {
			continue
		}
		if h := p.GetHeartbeatDetails(); h != nil && c.converter.FromPayloads(h, &cp) == nil {
			return cp, true
		}
	}
	return cp, false
}

// waiting is what the activity at work waits for.
func (c connection) waiting(d *workflowservice.DescribeWorkflowExecutionResponse) (w contract.Waiting) {
	for _, p := range d.GetPendingActivities() {
		if w = activities.WaitingOf(p, c.converter); w.On() {
			return w
		}
	}
	return w
}
