package sessions

import (
	"context"
	"errors"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// allSamples keeps every sample of a tally.
const allSamples = int(^uint(0) >> 1)

// rejectCollector collects rejected rows from the histories of a Sync.
type rejectCollector struct {
	Reader
	out Rejects
}

// readRuns reads the runs of the Sync that a session started, one after the other.
func (c *rejectCollector) readRuns(ctx context.Context, s Session) error {
	run, err := c.findFirstRun(ctx, s)
	for err == nil && run != "" {
		var next string
		next, err = c.readRun(ctx, run)
		switch {
		case isNotFound(err):
			c.out.Lost = true
			return nil
		case err == nil && next == "":
			c.addPageAtWork(ctx, run)
		}
		run = next
	}
	return err
}

// findFirstRun finds the first run of the Sync that a session started; "" if it
// started none.
func (c *rejectCollector) findFirstRun(ctx context.Context, s Session) (run string, err error) {
	err = c.walkForward(ctx, s.Session, s.Run, func(e *historypb.HistoryEvent) bool {
		child := e.GetChildWorkflowExecutionStartedEventAttributes()
		if child.GetWorkflowType().GetName() == contract.WorkflowSync {
			run = child.GetWorkflowExecution().GetRunId()
		}
		return run == ""
	})
	return run, err
}

// readRun reads one run of a Sync and returns the run that continues it, or "".
func (c *rejectCollector) readRun(ctx context.Context, run string) (next string, err error) {
	var undecoded error
	err = c.walkForward(ctx, contract.SyncID(c.Integration), run, func(e *historypb.HistoryEvent) bool {
		switch e.GetEventType() {
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			undecoded = c.addAppNames(e.GetActivityTaskScheduledEventAttributes())
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
			undecoded = c.addOutput(e.GetActivityTaskCompletedEventAttributes().GetResult())
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
			undecoded = c.addOutput(e.GetActivityTaskCanceledEventAttributes().GetDetails())
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED:
			undecoded = c.addFailure(e.GetActivityTaskFailedEventAttributes().GetFailure())
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
			undecoded = c.addFailure(e.GetActivityTaskTimedOutEventAttributes().GetFailure())
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
			next = e.GetWorkflowExecutionContinuedAsNewEventAttributes().GetNewExecutionRunId()
		}
		return undecoded == nil
	})
	return next, errors.Join(err, undecoded)
}

// activityOutput is what all outputs with rejected rows have in common: the results of
// OpenSession, which has read the first page, FetchApps, UpsertApps and SyncUsage, and
// the checkpoint of SyncUsage.
type activityOutput struct {
	Rejects saas.Tally `json:"rejects"`
	First   *struct {
		Rejects saas.Tally `json:"rejects"`
	} `json:"first"`
}

// addOutput adds the rejected rows of an activity's result or heartbeat.
func (c *rejectCollector) addOutput(payloads *commonpb.Payloads) error {
	if len(payloads.GetPayloads()) == 0 {
		return nil
	}
	var out activityOutput
	err := c.decode("a result", payloads, &out)
	var words string
	if err != nil && c.decode("a result", payloads, &words) == nil {
		return nil // a heartbeat that tells in words what the activity does
	}
	if err != nil {
		return err
	}
	c.out.Merge(out.Rejects, allSamples)
	if out.First != nil {
		c.out.Merge(out.First.Rejects, allSamples)
	}
	return nil
}

// addFailure adds the rows that an activity had rejected before it failed.
func (c *rejectCollector) addFailure(f *failurepb.Failure) error {
	for ; f != nil; f = f.GetCause() {
		switch {
		case f.GetApplicationFailureInfo().GetDetails() != nil:
			return c.addOutput(f.GetApplicationFailureInfo().GetDetails())
		case f.GetTimeoutFailureInfo().GetLastHeartbeatDetails() != nil:
			return c.addOutput(f.GetTimeoutFailureInfo().GetLastHeartbeatDetails())
		}
	}
	return nil
}

// addAppNames takes the names of the apps from the input of UpsertApps.
func (c *rejectCollector) addAppNames(a *historypb.ActivityTaskScheduledEventAttributes) error {
	if a.GetActivityType().GetName() != contract.ActivityUpsertApps {
		return nil
	}
	var in contract.UpsertAppsParams
	if err := c.decode("a page of apps", a.GetInput(), &in); err != nil {
		return err
	}
	for _, app := range in.Apps {
		c.out.AppNames[app.ID] = app.Name
	}
	return nil
}

// addPageAtWork adds the rows of the heartbeat of the page at work, if there is one. A
// session that was ended from outside keeps its last heartbeat.
func (c *rejectCollector) addPageAtWork(ctx context.Context, run string) {
	d, err := c.describe(ctx, contract.SyncID(c.Integration), run)
	if err != nil {
		return
	}
	for _, a := range d.GetPendingActivities() {
		if checkpoint := c.checkpointOf(a); checkpoint != nil {
			c.out.Merge(checkpoint.Rejects, allSamples)
			return
		}
	}
}
