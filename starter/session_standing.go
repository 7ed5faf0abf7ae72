package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// standing is a session that has not ended, as Temporal knows it without any
// worker's help.
type standing struct {
	id, run string
	began   time.Time
	holds   bool // the lane
	picked  bool // a worker has taken it up
	leaving bool // it was asked to stop
	dryRun  bool
}

// look finds out how a session stands; false when it has ended or is not there.
func (c connection) look(ctx context.Context, id, run string) (standing, bool, error) {
	d, err := c.temporal.DescribeWorkflowExecution(ctx, id, run)
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return standing{}, false, nil
	}
	if err != nil {
		return standing{}, false, fmt.Errorf("look at session %s: %w", id, err)
	}
	info := d.GetWorkflowExecutionInfo()
	if info.GetCloseTime() != nil || info.GetType().GetName() != contract.WorkflowSession {
		return standing{}, false, nil
	}
	s := standing{
		id: id, run: info.GetExecution().GetRunId(), began: info.GetStartTime().AsTime(),
		leaving: d.GetWorkflowExtendedInfo().GetCancelRequested(), dryRun: labels(info).DryRun,
	}
	err = c.forwards(ctx, s.id, s.run, func(e *historypb.HistoryEvent) bool {
		s.picked = e.GetWorkflowTaskStartedEventAttributes() != nil
		return !s.picked
	})
	return s, true, err
}

// maxStanding bounds the sessions that are looked at; more than a few never
// stand at a time.
const maxStanding = 20

// standing are the sessions that have not ended: the one that holds the lane,
// then the one that began first. The list lags behind by a moment, so the lane
// and the schedule are asked, too.
func (c connection) standing(ctx context.Context) ([]standing, error) {
	lane, err := c.lane(ctx)
	if err != nil {
		return nil, err
	}
	ids := []string{lane}
	d, err := c.scheduled(ctx)
	if err != nil {
		return nil, err
	}
	if d != nil {
		for _, w := range d.Info.RunningWorkflows {
			ids = append(ids, w.WorkflowID)
		}
	}
	page, err := c.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Query: sessionFilter{outcomes: []saas.Outcome{saas.OutcomeRunning}}.query(c.integration()), PageSize: maxStanding,
	})
	if err != nil {
		return nil, needsSetup(fmt.Errorf("list the sessions that run: %w", err))
	}
	for _, info := range page.GetExecutions() {
		ids = append(ids, info.GetExecution().GetWorkflowId())
	}
	var out []standing
	for _, id := range ids {
		if id == "" || slices.ContainsFunc(out, func(s standing) bool { return s.id == id }) {
			continue
		}
		s, there, err := c.look(ctx, id, "")
		if err != nil {
			return nil, err
		}
		if there {
			s.holds = s.id == lane
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b standing) int {
		if a.holds != b.holds {
			return map[bool]int{true: -1, false: 1}[a.holds]
		}
		return a.began.Compare(b.began)
	})
	return out, nil
}

const (
	// pickup is how long a worker may take over a session that has just been
	// started before that one is said to wait for a worker.
	pickup = 2 * time.Second
	// settling bounds the wait for a session that is about to take the lane, or
	// to end because another one has it; lookAgain is the pause between looks.
	settling  = 5 * time.Second
	lookAgain = 200 * time.Millisecond
)

// obstacle finds the session that stands in the way of another one: the one
// that holds the lane, or one that waits for a worker; false when there is
// none. Sessions that are about to begin or to end are let do so.
func (c connection) obstacle(ctx context.Context, plain bool) (standing, bool, error) {
	for deadline := time.Now().Add(settling); ; {
		open, err := c.standing(ctx)
		if err != nil {
			return standing{}, false, err
		}
		open = slices.DeleteFunc(open, func(s standing) bool {
			return !plain && s.leaving && !s.picked // it does nothing any more
		})
		if len(open) == 0 {
			return standing{}, false, nil
		}
		waits := func(s standing) bool { return !s.picked && time.Since(s.began) > pickup }
		i := max(0, slices.IndexFunc(open, waits))
		if open[0].holds {
			i = 0
		}
		if open[i].holds || waits(open[i]) || time.Now().After(deadline) {
			return open[i], true, nil
		}
		select {
		case <-time.After(lookAgain):
		case <-ctx.Done():
			return standing{}, false, ctx.Err()
		}
	}
}

// says tells how a session stands: what it waits for, and since when.
func (s standing) says(c connection) string {
	since := clock(s.began, c.zone()) + " (" + briefly(time.Since(s.began)) + ")"
	switch {
	case s.leaving && !s.picked:
		return fmt.Sprintf("%s was cancelled before it began, and ends once a worker is there; it has waited since %s", s.id, since)
	case s.leaving:
		return fmt.Sprintf("%s is running since %s and was asked to stop", s.id, since)
	case !s.picked:
		return fmt.Sprintf("%s has been waiting for a worker since %s: %s", s.id, since, c.workerHint())
	case s.dryRun:
		return fmt.Sprintf("%s, a dry run, is running since %s", s.id, since)
	}
	return fmt.Sprintf("%s is running since %s", s.id, since)
}

// workerHint says where to look when no worker takes up what waits.
func (c connection) workerHint() string {
	return "see whether a defendersync-worker serves task queue " + contract.TaskQueue(c.integration())
}
