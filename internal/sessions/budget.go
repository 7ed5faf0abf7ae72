package sessions

import (
	"context"
	"fmt"
	"math"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"defendersync/internal/contract"
)

const (
	// fewRuns is how many of the lane's latest runs are looked at for what they used of
	// the request budget: more do not end within a minute.
	fewRuns = 10
	// usedEvents bounds how many of a run's latest events are searched for it. Each page
	// of apps has nine, of two activities that tell of it.
	usedEvents = 60
)

// FindUsed finds what the sessions before a run of the lane used of the request budget,
// as far as they ended no longer ago than since: a session that begins right after
// another, on another worker, goes on in the same minute. Of a run that was ended from
// outside nobody knows what it used, so it counts as all there is.
func (r Reader) FindUsed(ctx context.Context, run string, since time.Duration) (contract.RecentRequests, error) {
	var used contract.RecentRequests
	answer, err := r.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: r.Namespace, PageSize: fewRuns,
		Query: fmt.Sprintf("WorkflowType = '%s' AND WorkflowId = '%s'", contract.WorkflowSync, contract.SyncID(r.Integration)),
	})
	if err != nil {
		return used, fmt.Errorf("list the sessions before this one: %w", err)
	}
	for _, before := range answer.GetExecutions() {
		if before.GetExecution().GetRunId() == run || !r.mayHaveEnded(before, since) {
			continue
		}
		found, err := r.readUsed(ctx, before.GetExecution())
		if err != nil {
			return used, err
		}
		used.Holders = append(used.Holders, found.Holders...)
	}
	return used, nil
}

// mayHaveEnded reports whether a run may have ended no longer ago than since. The list
// lags behind: one that it shows as running has ended, since another has the lane.
func (r Reader) mayHaveEnded(info *workflowpb.WorkflowExecutionInfo, since time.Duration) bool {
	return info.GetCloseTime() == nil || r.now().Sub(info.GetCloseTime().AsTime()) < since
}

// readUsed reads what a run's latest activity told of the budget.
func (r Reader) readUsed(ctx context.Context, w *commonpb.WorkflowExecution) (used contract.RecentRequests, err error) {
	err = r.walkBackward(ctx, w.GetWorkflowId(), w.GetRunId(), usedEvents, func(e *historypb.HistoryEvent) bool {
		switch e.GetEventType() {
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
			used = contract.RecentRequests{Holders: []contract.BudgetHolder{{ID: w.GetRunId(), At: e.GetEventTime().AsTime(), Counts: []int{math.MaxInt32}, Stopped: true}}}
			return false
		}
		used = r.decodeUsed(toldBy(e))
		return len(used.Holders) == 0
	})
	return used, err
}

// toldBy are the payloads that an activity left with an event, however it ended.
func toldBy(e *historypb.HistoryEvent) *commonpb.Payloads {
	if p := e.GetActivityTaskCompletedEventAttributes().GetResult(); p != nil {
		return p
	}
	if p := e.GetActivityTaskCanceledEventAttributes().GetDetails(); p != nil {
		return p
	}
	f := e.GetActivityTaskFailedEventAttributes().GetFailure()
	if f == nil {
		f = e.GetActivityTaskTimedOutEventAttributes().GetFailure()
	}
	for ; f != nil; f = f.GetCause() {
		if p := f.GetApplicationFailureInfo().GetDetails(); p != nil {
			return p
		}
		if p := f.GetTimeoutFailureInfo().GetLastHeartbeatDetails(); p != nil {
			return p
		}
	}
	return nil
}

// decodeUsed takes out of payloads what they tell of the budget. Activities that tell
// nothing of it have results of other forms.
func (r Reader) decodeUsed(p *commonpb.Payloads) contract.RecentRequests {
	var told struct {
		Recent contract.RecentRequests `json:"recent"`
	}
	if len(p.GetPayloads()) == 0 || r.dataConverter().FromPayload(p.GetPayloads()[0], &told) != nil {
		return contract.RecentRequests{}
	}
	return told.Recent
}
