package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"go.temporal.io/api/workflowservice/v1"

	"defendersync/activities"
	"defendersync/internal/ratelimit"
	"defendersync/internal/saas"
	"defendersync/workflows"
)

const (
	// firstSilence is how long nothing may be heard of a session before that is
	// told, and tellSilence how often it is told again.
	firstSilence = 10 * time.Second
	tellSilence  = time.Minute
	// lastSilence is how long nothing may be heard of a session before it is
	// followed no longer: without a worker it goes on waiting by itself.
	lastSilence = 10 * time.Minute
)

// stillness tells of a session of which nothing is heard, now and then.
type stillness struct {
	since time.Time // when something was last heard
	told  time.Time
}

// due reports whether it is time to say that nothing is heard, and whether to
// give up.
func (s *stillness) due(heard bool, now time.Time) (tell, over bool) {
	if heard {
		s.since, s.told = now, time.Time{}
		return false, false
	}
	quiet := now.Sub(s.since)
	tell = quiet >= firstSilence && now.Sub(s.told) >= tellSilence
	if tell {
		s.told = now
	}
	return tell, quiet >= lastSilence
}

// follow shows a session's progress until it ends and returns its result.
// Being interrupted ends the following, never the session.
func (c commands) follow(ctx context.Context, conn connection, sessionID, run string) (saas.Result, error) {
	return c.followFor(ctx, conn, sessionID, run, lastSilence)
}

// errSilent is why a session is followed no longer.
var errSilent = errors.New("nothing is heard of it")

// followFor follows a session for as long as it is silent for no longer.
func (c commands) followFor(ctx context.Context, conn connection, sessionID, run string, patience time.Duration) (saas.Result, error) {
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
	defer view.close()
	tick := time.NewTicker(view.every())
	defer tick.Stop()
	quiet := stillness{since: time.Now()}
	for {
		select {
		case e := <-ended:
			return e.result, e.err
		case <-tick.C:
			s := conn.glance(ctx)
			if s.unreadable != nil {
				return saas.Result{}, fmt.Errorf("no longer following; session %s goes on, but %w", sessionID, s.unreadable)
			}
			tell, over := quiet.due(!s.silent, time.Now())
			if tell {
				fmt.Fprintln(c.err, conn.silent(ctx, sessionID, run, quiet.since))
			}
			if over || s.silent && time.Since(quiet.since) >= patience {
				return saas.Result{}, fmt.Errorf("no longer following %s, which goes on waiting: %w for %s", sessionID, errSilent, briefly(time.Since(quiet.since)))
			}
			view.show(s)
		case <-ctx.Done():
			return saas.Result{}, fmt.Errorf("no longer following; session %s goes on", sessionID)
		}
	}
}

// silent says what a session waits for that tells nothing.
func (c connection) silent(ctx context.Context, sessionID, run string, since time.Time) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	s, there, err := c.look(ctx, sessionID, run)
	if err != nil {
		return fmt.Sprintf("Temporal does not tell how far it is, for %s now: %v", briefly(time.Since(since)), err)
	}
	if there && !s.picked {
		return "no progress yet: " + s.says(c)
	}
	return fmt.Sprintf("no worker tells how far it is, for %s now: %s", briefly(time.Since(since)), c.workerHint())
}

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
	id := workflows.SyncID(c.integration())
	g := glance{silent: true}
	if v, err := c.temporal.QueryWorkflow(ctx, id, "", workflows.QueryProgress); err == nil {
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

// waiting is what the activity at work waits for.
func (c connection) waiting(d *workflowservice.DescribeWorkflowExecutionResponse) (w ratelimit.Waiting) {
	for _, p := range d.GetPendingActivities() {
		if w = activities.WaitingOf(p, c.converter); w.On() {
			return w
		}
	}
	return w
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
