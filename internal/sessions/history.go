package sessions

import (
	"context"
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
)

const (
	// firstEvents is the page size for reading how a run began.
	firstEvents = 20
	// lastEvents is the page size for reading how a run goes on. A page of apps takes
	// nine events, which may hold 100 KB.
	lastEvents = 12
	// mostEvents bounds how many events are searched for the last one of a kind, which
	// comes every few events.
	mostEvents = 1000
	// allEvents visits a run up to its other end.
	allEvents = int(^uint(0) >> 1)
)

// visitor sees one event and reports whether it wants the next one.
type visitor func(*historypb.HistoryEvent) (more bool)

// walkForward visits the events of a run, the first one first.
func (r Reader) walkForward(ctx context.Context, id, run string, visit visitor) error {
	events := r.Temporal.GetWorkflowHistory(ctx, id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return fmt.Errorf("read the history of %s: %w", id, err)
		}
		if !visit(e) {
			return nil
		}
	}
	return nil
}

// walkBackward visits the latest events of a run, the last one first, and no more than
// most.
func (r Reader) walkBackward(ctx context.Context, id, run string, most int, visit visitor) error {
	request := &workflowservice.GetWorkflowExecutionHistoryReverseRequest{
		Namespace: r.Namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: run}, MaximumPageSize: lastEvents,
	}
	for seen := 0; ; {
		page, err := r.Temporal.WorkflowService().GetWorkflowExecutionHistoryReverse(ctx, request)
		if err != nil {
			return fmt.Errorf("read the latest events of %s: %w", id, err)
		}
		for _, e := range page.GetHistory().GetEvents() {
			if seen++; seen > most || !visit(e) {
				return nil
			}
		}
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 || seen >= most {
			return nil
		}
	}
}

// readPickup returns when a worker first picked a run up; the zero time if none has.
func (r Reader) readPickup(ctx context.Context, w *commonpb.WorkflowExecution) (time.Time, error) {
	request := &workflowservice.GetWorkflowExecutionHistoryRequest{Namespace: r.Namespace, Execution: w, MaximumPageSize: firstEvents}
	for {
		page, err := r.Temporal.WorkflowService().GetWorkflowExecutionHistory(ctx, request)
		if err != nil {
			return time.Time{}, fmt.Errorf("read how session %s began: %w", w.GetWorkflowId(), err)
		}
		for _, e := range page.GetHistory().GetEvents() {
			if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED {
				return e.GetEventTime().AsTime().UTC(), nil
			}
		}
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return time.Time{}, nil
		}
	}
}
