package main

import (
	"context"
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// rejected is what can be known of a session's rejected rows: how many by
// reason, and each of those that were kept.
type rejected struct {
	saas.Tally                   // of all rows; the samples are those kept
	names      map[string]string // of apps, by their id
	lost       bool              // part of the work's history is kept no more
}

// rejectedRows collects a session's rejected rows. Its result has samples
// only; the rows are in the results of its activities, in the history of its
// Sync over all runs, and of the page at work in the heartbeat.
func (c connection) rejectedRows(ctx context.Context, e entry) (rejected, error) {
	r := rejected{names: map[string]string{}}
	run, err := c.laneOf(ctx, e)
	if err != nil {
		return r, err
	}
	for last := ""; run != ""; {
		last = run
		run, err = c.rejectedOf(ctx, run, &r)
		var none *serviceerror.NotFound
		if errors.As(err, &none) {
			r.lost, run, err = true, "", nil
		}
		if err != nil {
			return r, err
		}
		if run == "" {
			c.atWork(ctx, last, &r)
		}
	}
	r.settle(e.Rejects)
	return r, nil
}

// settle completes what the histories told by the session's own result, which
// has all counts, and samples for where the histories are kept no more.
func (r *rejected) settle(result saas.Tally) {
	known := map[saas.Reject]bool{}
	for _, row := range r.Samples {
		known[row] = true
	}
	for _, row := range result.Samples {
		if !known[row] {
			r.Samples = append(r.Samples, row)
		}
	}
	counts := map[string]int{}
	for _, reason := range r.ByReason {
		counts[reason.Reason] = reason.Count
	}
	for _, reason := range result.ByReason {
		r.Count(reason.Reason, max(0, reason.Count-counts[reason.Reason]))
	}
}

// laneOf finds the first run of the Sync that a session started; "" when it
// started none.
func (c connection) laneOf(ctx context.Context, e entry) (string, error) {
	run := ""
	err := c.forwards(ctx, e.Session, e.Run, func(ev *historypb.HistoryEvent) bool {
		if a := ev.GetChildWorkflowExecutionStartedEventAttributes(); a.GetWorkflowType().GetName() == contract.WorkflowSync {
			run = a.GetWorkflowExecution().GetRunId()
		}
		return run == ""
	})
	return run, err
}

// rejectedOf reads one run of a Sync and gives the run that went on from it;
// "" when none did.
func (c connection) rejectedOf(ctx context.Context, run string, r *rejected) (next string, err error) {
	var bad error
	err = c.forwards(ctx, contract.SyncID(c.integration()), run, func(ev *historypb.HistoryEvent) bool {
		switch ev.GetEventType() {
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			bad = c.appNames(ev.GetActivityTaskScheduledEventAttributes(), r)
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
			bad = c.add(ev.GetActivityTaskCompletedEventAttributes().GetResult(), r)
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
			bad = c.add(ev.GetActivityTaskCanceledEventAttributes().GetDetails(), r)
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED:
			bad = c.addFailure(ev.GetActivityTaskFailedEventAttributes().GetFailure(), r)
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
			bad = c.addFailure(ev.GetActivityTaskTimedOutEventAttributes().GetFailure(), r)
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
			next = ev.GetWorkflowExecutionContinuedAsNewEventAttributes().GetNewExecutionRunId()
		}
		return bad == nil
	})
	return next, errors.Join(err, bad)
}

// outcomeOfWork is what all results with rejected rows have in common: those
// of OpenSession, which has read the first page, FetchApps, UpsertApps and
// SyncUsage, and SyncUsage's heartbeat.
type outcomeOfWork struct {
	Rejects saas.Tally `json:"rejects"`
	First   *struct {
		Rejects saas.Tally `json:"rejects"`
	} `json:"first"`
}

// noLimit keeps every sample.
const noLimit = int(^uint(0) >> 1)

// add takes in the rejected rows of an activity's result.
func (c connection) add(payloads *commonpb.Payloads, r *rejected) error {
	if len(payloads.GetPayloads()) == 0 {
		return nil
	}
	var out outcomeOfWork
	err := c.converter.FromPayloads(payloads, &out)
	var words string
	if err != nil && c.converter.FromPayloads(payloads, &words) == nil {
		return nil // the heartbeat of an activity that says what it waits for
	}
	if err != nil {
		return fmt.Errorf("a result can't be read: PAYLOAD_ENCRYPTION_KEY has to be the workers': %w", err)
	}
	r.Merge(out.Rejects, noLimit)
	if out.First != nil {
		r.Merge(out.First.Rejects, noLimit)
	}
	return nil
}

// addFailure takes in what a failed activity had done before.
func (c connection) addFailure(f *failurepb.Failure, r *rejected) error {
	for ; f != nil; f = f.GetCause() {
		switch {
		case f.GetApplicationFailureInfo().GetDetails() != nil:
			return c.add(f.GetApplicationFailureInfo().GetDetails(), r)
		case f.GetTimeoutFailureInfo().GetLastHeartbeatDetails() != nil:
			return c.add(f.GetTimeoutFailureInfo().GetLastHeartbeatDetails(), r)
		}
	}
	return nil
}

// appNames learns the names of the apps of a page.
func (c connection) appNames(a *historypb.ActivityTaskScheduledEventAttributes, r *rejected) error {
	if a.GetActivityType().GetName() != contract.ActivityUpsertApps {
		return nil
	}
	var in contract.UpsertAppsParams
	if err := c.converter.FromPayloads(a.GetInput(), &in); err != nil {
		return fmt.Errorf("a page of apps can't be read: PAYLOAD_ENCRYPTION_KEY has to be the workers': %w", err)
	}
	for _, app := range in.Apps {
		r.names[app.ID] = app.Name
	}
	return nil
}

// atWork takes in the page that is being carried over, or was when the session
// was ended from outside: what its heartbeat says. There may be none.
func (c connection) atWork(ctx context.Context, run string, r *rejected) {
	d, err := c.temporal.DescribeWorkflowExecution(ctx, contract.SyncID(c.integration()), run)
	if err != nil {
		return
	}
	if cp, ok := c.checkpoint(d); ok {
		r.Merge(cp.Rejects, noLimit)
	}
}
