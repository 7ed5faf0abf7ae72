package main

import (
	"context"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/proto"

	"defendersync/internal/contract"
)

// history is the size of workflow histories.
type history struct{ events, bytes int }

// readHistory measures what a session left: its own history and that of every run
// of its Sync.
func (b *bench) readHistory(ctx context.Context, r contract.SessionResult) (history, error) {
	c, err := b.server.DialClient()
	if err != nil {
		return history{}, err
	}
	defer c.Close()
	var h history
	run, err := h.addRun(ctx, c, r.Session, "")
	for err == nil && run != "" {
		run, err = h.addRun(ctx, c, contract.SyncID(r.Integration), run)
	}
	return h, err
}

// addRun measures one run and names the run of Sync that follows: the one that a
// session starts, or the one that a Sync continues as.
func (h *history) addRun(ctx context.Context, c client.Client, id, run string) (next string, err error) {
	iter := c.GetWorkflowHistory(ctx, id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for iter.HasNext() {
		e, err := iter.Next()
		if err != nil {
			return "", err
		}
		h.events++
		h.bytes += proto.Size(e)
		if s := e.GetChildWorkflowExecutionStartedEventAttributes(); s != nil {
			next = s.GetWorkflowExecution().GetRunId()
		}
		if s := e.GetWorkflowExecutionContinuedAsNewEventAttributes(); s != nil {
			next = s.GetNewExecutionRunId()
		}
	}
	return next, nil
}
