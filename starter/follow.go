package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"go.temporal.io/api/workflowservice/v1"

	"defendersync/activities"
	"defendersync/internal/saas"
	"defendersync/workflows"
)

// follow shows a session's progress until it ends and returns its result.
// Being interrupted ends the following, never the session.
func (c commands) follow(ctx context.Context, conn connection, sessionID, run string) (saas.Result, error) {
	type ending struct {
		result saas.Result
		err    error
	}
	ended := make(chan ending, 1)
	go func() {
		r, err := conn.outcome(ctx, sessionID, run)
		ended <- ending{r, err}
	}()
	view := c.newView()
	tick := time.NewTicker(view.every())
	defer tick.Stop()
	began := time.Now()
	warned, heard := false, false
	for {
		select {
		case e := <-ended:
			view.close()
			return e.result, e.err
		case <-tick.C:
			s := conn.glance(ctx)
			heard = heard || !s.silent
			if !warned && !heard && time.Since(began) > 10*time.Second {
				warned = true
				fmt.Fprintf(c.err, "no progress yet: see whether a defendersync-worker serves task queue %s\n", workflows.TaskQueue(conn.integration()))
			}
			view.show(s)
		case <-ctx.Done():
			view.close()
			return saas.Result{}, fmt.Errorf("no longer following; session %s goes on", sessionID)
		}
	}
}

// glance is how a session stands at a moment.
type glance struct {
	workflows.Progress
	waiting string // the failure that is being waited out
	silent  bool   // nothing could be learnt
	appsNow int    // apps finished, those of the page at work included
}

// glance asks the Sync workflow for its progress and adds what the heartbeat
// of the page at work tells.
func (c connection) glance(ctx context.Context) glance {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	id := workflows.SyncID(c.integration())
	g := glance{silent: true}
	if v, err := c.temporal.QueryWorkflow(ctx, id, "", workflows.QueryProgress); err == nil && v.Get(&g.Progress) == nil {
		g.silent = false
	}
	g.appsNow = g.Counts.Apps.Seen
	d, err := c.temporal.DescribeWorkflowExecution(ctx, id, "")
	if err != nil || g.silent {
		return g
	}
	if cp, ok := c.checkpoint(d); ok {
		g.Counts = g.Counts.Add(cp.Counts)
		g.Requests = g.Requests.Add(cp.Requests)
		g.waiting = cp.Waiting
		g.appsNow = g.Counts.Apps.Seen - pageSize(g) + len(cp.Done)
	} else if g.Phase == "carrying over users" {
		g.appsNow = max(0, g.appsNow-pageSize(g))
	}
	return g
}

// pageSize is about how many apps the page at work has.
func pageSize(g glance) int { return min(100, g.Counts.Apps.Seen) }

// checkpoint decodes the heartbeat of SyncUsage, if that is what runs.
func (c connection) checkpoint(d *workflowservice.DescribeWorkflowExecutionResponse) (activities.Checkpoint, bool) {
	var cp activities.Checkpoint
	for _, p := range d.GetPendingActivities() {
		if p.GetActivityType().GetName() != activities.SyncUsage {
			continue
		}
		if h := p.GetHeartbeatDetails(); h != nil && c.converter.FromPayloads(h, &cp) == nil {
			return cp, true
		}
	}
	return cp, false
}

// view draws progress: a bar on a terminal, plain lines elsewhere.
type view struct {
	c     commands
	bar   *progressbar.ProgressBar
	last  string
	told  time.Time
	began time.Time // of the first look
	from  int       // requests at that time
}

func (c commands) newView() *view {
	v := &view{c: c}
	if c.terminal() {
		v.bar = progressbar.NewOptions(1, progressbar.OptionSetWriter(c.err), progressbar.OptionSetWidth(24),
			progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false))
	}
	return v
}

// plainEvery is the least time between plain lines.
const plainEvery = 5 * time.Second

func (v *view) every() time.Duration { return 500 * time.Millisecond }

func (v *view) show(g glance) {
	if g.silent {
		return
	}
	line := v.line(g)
	if v.bar != nil {
		v.bar.ChangeMax(max(g.AppsKnown, 1))
		v.bar.Describe(line)
		_ = v.bar.Set(min(g.appsNow, max(g.AppsKnown, 1)))
		return
	}
	if line != v.last && time.Since(v.told) >= plainEvery {
		v.last, v.told = line, time.Now()
		fmt.Fprintln(v.c.err, line)
	}
}

// line tells phase, apps, users, requests, rate and time left.
func (v *view) line(g glance) string {
	parts := []string{g.Phase}
	if g.AppsKnown > 0 {
		parts = append(parts, fmt.Sprintf("apps %d of ~%d", g.appsNow, g.AppsKnown))
	}
	parts = append(parts, fmt.Sprintf("users %d", g.Counts.Users.Seen))
	rate := v.rate(g.Requests.Defender)
	parts = append(parts, fmt.Sprintf("requests %d", g.Requests.Defender))
	if rate > 0 {
		parts[len(parts)-1] += fmt.Sprintf(" (%.0f/min)", rate)
	}
	if left := timeLeft(g, rate); left > 0 {
		parts = append(parts, "about "+brief(left)+" left")
	}
	if n := g.Counts.Rejected(); n > 0 {
		parts = append(parts, fmt.Sprintf("%d rejected", n))
	}
	if g.waiting != "" {
		parts = append(parts, "waiting: "+g.waiting)
	}
	return strings.Join(parts, " · ")
}

// rate is how many requests a minute there were since the first look.
func (v *view) rate(requests int) float64 {
	if v.began.IsZero() {
		v.began, v.from = time.Now(), requests
	}
	minutes := time.Since(v.began).Minutes()
	if minutes < 1.0/60 || requests <= v.from {
		return 0
	}
	return float64(requests-v.from) / minutes
}

// brief shows a time left in the two units that matter.
func brief(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	case d >= time.Minute:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	}
	return fmt.Sprintf("%ds", int(d.Seconds()))
}

// timeLeft estimates from the requests that the apps so far have cost, at the
// rate that the budget allows.
func timeLeft(g glance, perMinute float64) time.Duration {
	if g.appsNow == 0 || perMinute <= 0 || g.AppsKnown <= g.appsNow {
		return 0
	}
	each := float64(g.Requests.Defender) / float64(g.appsNow)
	left := time.Duration(each * float64(g.AppsKnown-g.appsNow) / perMinute * float64(time.Minute))
	if left > time.Minute {
		return left.Round(time.Minute)
	}
	return left.Round(time.Second)
}

func (v *view) close() {
	if v.bar != nil {
		_ = v.bar.Finish()
	}
}
