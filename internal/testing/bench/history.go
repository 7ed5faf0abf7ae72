package main

import (
	"context"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/proto"

	"defendersync/internal/contract"
)

// history is the size of workflow histories, and of what of it later sessions go by.
type history struct {
	events, bytes int
	result        int // bytes of the session's result, which the schedule hands on
	prints        int // bytes of the fingerprints of the last run of Sync, which the result points to
}

// keepsPrints is the activity whose result is the fingerprints of apps' rows.
const keepsPrints = "KeepPrints"

// readHistory measures what a session left: its own history and that of every run
// of its Sync.
func (t *tenant) readHistory(ctx context.Context, r contract.SessionResult) (history, error) {
	c, err := t.DialClient()
	if err != nil {
		return history{}, err
	}
	defer c.Close()
	var h history
	run, err := h.addRun(ctx, c, r.Session, "")
	for err == nil && run != "" {
		run, err = h.addRun(ctx, c, contract.SyncID(t.Name), run)
	}
	return h, err
}

// addRun measures one run and names the run of Sync that follows: the one that a
// session starts, or the one that a Sync continues as.
func (h *history) addRun(ctx context.Context, c client.Client, id, run string) (next string, err error) {
	kept := map[int64]bool{} // activities that keep fingerprints, by the event that scheduled them
	iter := c.GetWorkflowHistory(ctx, id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for iter.HasNext() {
		e, err := iter.Next()
		if err != nil {
			return "", err
		}
		h.events++
		h.bytes += proto.Size(e)
		h.measureEvent(id, e, kept)
		if s := e.GetChildWorkflowExecutionStartedEventAttributes(); s != nil {
			next = s.GetWorkflowExecution().GetRunId()
		}
		if s := e.GetWorkflowExecutionContinuedAsNewEventAttributes(); s != nil {
			next = s.GetNewExecutionRunId()
		}
	}
	return next, nil
}

// measureEvent measures what an event keeps for later sessions.
func (h *history) measureEvent(id string, e *historypb.HistoryEvent, kept map[int64]bool) {
	if s := e.GetActivityTaskScheduledEventAttributes(); s != nil {
		kept[e.GetEventId()] = s.GetActivityType().GetName() == keepsPrints
	}
	if s := e.GetActivityTaskCompletedEventAttributes(); s != nil && kept[s.GetScheduledEventId()] {
		h.prints = proto.Size(s.GetResult())
	}
	if s := e.GetWorkflowExecutionCompletedEventAttributes(); s != nil && !strings.HasPrefix(id, "sync/") {
		h.result = proto.Size(s.GetResult())
	}
}
