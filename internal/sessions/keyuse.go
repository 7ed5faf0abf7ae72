package sessions

import (
	"context"
	"fmt"
	"slices"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/temporalx"
)

// KeyUse is something in Temporal that workers have to be able to read, and the id
// of the key of PAYLOAD_ENCRYPTION_KEY that it is encrypted with.
type KeyUse struct {
	What string // "the schedule"
	Key  string // "": it is not encrypted
}

// ListKeyUses returns what has to be readable for sessions and notices to go on: what
// the schedule starts its sessions with and what the last one handed on, the open
// sessions, and the watch. Sessions that have ended are not among it. d is the
// integration's schedule; nil if there is none.
func (r Reader) ListKeyUses(ctx context.Context, d *client.ScheduleDescription) ([]KeyUse, error) {
	var uses []KeyUse
	if d != nil {
		uses = append(uses, ListArgumentKeys("the schedule", d.Schedule)...)
		handed, err := r.readHandedOnKey(ctx, d)
		if err != nil {
			return nil, err
		}
		uses = append(uses, handed...)
	}
	open, err := r.ListOpen(ctx)
	if err != nil {
		return nil, err
	}
	runs := []*commonpb.WorkflowExecution{{WorkflowId: contract.WatchID(r.Integration)}}
	for _, o := range open {
		runs = append(runs, &commonpb.WorkflowExecution{WorkflowId: o.ID, RunId: o.Run})
	}
	for i, w := range runs {
		what := "the watch"
		if i > 0 {
			what = r.ShortName(w.GetWorkflowId())
		}
		inputs, err := r.readRawInput(ctx, w)
		if err != nil {
			return nil, fmt.Errorf("read how %s began: %w", what, err)
		}
		for _, p := range inputs {
			uses = append(uses, KeyUse{what, temporalx.PayloadKeyID(p)})
		}
	}
	return uses, nil
}

// ReadWatchKey returns the id of the key that the running watch was started with, ""
// if it is not encrypted. found is false if no watch runs.
func (r Reader) ReadWatchKey(ctx context.Context) (key string, found bool, err error) {
	status, err := r.FindWatch(ctx)
	if err != nil || status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return "", false, err
	}
	inputs, err := r.readRawInput(ctx, &commonpb.WorkflowExecution{WorkflowId: contract.WatchID(r.Integration)})
	if err != nil || len(inputs) == 0 {
		return "", false, err
	}
	return temporalx.PayloadKeyID(inputs[0]), true, nil
}

// ListArgumentKeys returns the keys of what a schedule starts its workflows with.
func ListArgumentKeys(what string, s client.Schedule) (uses []KeyUse) {
	action, ok := s.Action.(*client.ScheduleWorkflowAction)
	if !ok {
		return nil
	}
	for _, arg := range action.Args {
		if p, ok := arg.(*commonpb.Payload); ok {
			uses = append(uses, KeyUse{what, temporalx.PayloadKeyID(p)})
		}
	}
	return uses
}

// readHandedOnKey reads the key of the result that the schedule hands to its next
// session.
func (r Reader) readHandedOnKey(ctx context.Context, d *client.ScheduleDescription) ([]KeyUse, error) {
	for _, a := range slices.Backward(d.Info.RecentActions) {
		started := a.StartWorkflowResult
		if started == nil {
			continue
		}
		w, err := r.describe(ctx, started.WorkflowID, started.FirstExecutionRunID)
		if err != nil {
			return nil, fmt.Errorf("look up session %s: %w", started.WorkflowID, err)
		}
		if w.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED {
			continue
		}
		var uses []KeyUse
		err = r.walkBackward(ctx, started.WorkflowID, started.FirstExecutionRunID, 1, func(e *historypb.HistoryEvent) bool {
			for _, p := range e.GetWorkflowExecutionCompletedEventAttributes().GetResult().GetPayloads() {
				uses = append(uses, KeyUse{"the result of the last scheduled session", temporalx.PayloadKeyID(p)})
			}
			return false
		})
		return uses, err
	}
	return nil, nil
}

// readRawInput reads what a run was started with, undecoded; nothing if there is no
// such run.
func (r Reader) readRawInput(ctx context.Context, w *commonpb.WorkflowExecution) ([]*commonpb.Payload, error) {
	answer, err := r.Temporal.WorkflowService().GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace: r.Namespace, Execution: w, MaximumPageSize: 1,
	})
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range answer.GetHistory().GetEvents() {
		return e.GetWorkflowExecutionStartedEventAttributes().GetInput().GetPayloads(), nil
	}
	return nil, nil
}
