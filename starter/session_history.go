package main

import (
	"context"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// forwards gives the events of a run, first to last, until see says stop.
func (c connection) forwards(ctx context.Context, id, run string, see func(*historypb.HistoryEvent) bool) error {
	events := c.temporal.GetWorkflowHistory(ctx, id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return fmt.Errorf("read the history of %s: %w", id, err)
		}
		if !see(e) {
			return nil
		}
	}
	return nil
}

// backwards gives the events of a run, last to first, until see says stop.
func (c connection) backwards(ctx context.Context, id, run string, see func(*historypb.HistoryEvent) bool) error {
	request := &workflowservice.GetWorkflowExecutionHistoryReverseRequest{
		Namespace: c.namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: run},
	}
	for {
		page, err := c.temporal.WorkflowService().GetWorkflowExecutionHistoryReverse(ctx, request)
		if err != nil {
			return fmt.Errorf("read the history of %s: %w", id, err)
		}
		for _, e := range page.GetHistory().GetEvents() {
			if !see(e) {
				return nil
			}
		}
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return nil
		}
	}
}
