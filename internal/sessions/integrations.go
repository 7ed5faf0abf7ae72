package sessions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.temporal.io/api/workflowservice/v1"

	"defendersync/internal/contract"
)

// mostListed bounds what one list of a namespace is read to. A namespace has some tens
// of integrations, and their reports' schedules.
const mostListed = 2000

// ListIntegrations lists the integrations of the namespace, by name: those with a
// schedule, a watch that runs or a session that runs. Where one of these cannot be
// listed, what the others show is returned together with the error.
func (r Reader) ListIntegrations(ctx context.Context) ([]string, error) {
	found := map[string]bool{}
	var failed []error
	for _, list := range []func(context.Context, func(string)) error{r.visitSchedules, r.visitWatches, r.visitSessions} {
		if err := list(ctx, func(name string) { found[name] = true }); err != nil {
			failed = append(failed, err)
		}
	}
	return slices.Sorted(maps.Keys(found)), errors.Join(failed...)
}

// visitSchedules calls see for each schedule that starts sessions.
func (r Reader) visitSchedules(ctx context.Context, see func(string)) error {
	request := &workflowservice.ListSchedulesRequest{Namespace: r.Namespace, MaximumPageSize: listPage}
	for n := 0; n < mostListed; {
		answer, err := r.Temporal.WorkflowService().ListSchedules(ctx, request)
		if err != nil {
			return fmt.Errorf("list the schedules: %w", err)
		}
		for _, s := range answer.GetSchedules() {
			if s.GetInfo().GetWorkflowType().GetName() == contract.WorkflowSession {
				see(s.GetScheduleId())
			}
		}
		n += len(answer.GetSchedules())
		if request.NextPageToken = answer.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return nil
		}
	}
	return nil
}

// visitWatches calls see for the integration of each watch that runs.
func (r Reader) visitWatches(ctx context.Context, see func(string)) error {
	return r.visitRunning(ctx, contract.WorkflowWatch, func(id string) {
		if name, ok := strings.CutPrefix(id, contract.WatchID("")); ok {
			see(name)
		}
	})
}

// visitSessions calls see for the integration of each session that holds a lane.
func (r Reader) visitSessions(ctx context.Context, see func(string)) error {
	return r.visitRunning(ctx, contract.WorkflowSync, func(id string) {
		if name, ok := strings.CutPrefix(id, contract.SyncID("")); ok {
			see(name)
		}
	})
}

// visitRunning calls see for the workflow id of each workflow of a type that runs.
func (r Reader) visitRunning(ctx context.Context, kind string, see func(id string)) error {
	request := &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: r.Namespace, PageSize: listPage, Query: fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running'", kind),
	}
	for n := 0; n < mostListed; {
		answer, err := r.Temporal.ListWorkflow(ctx, request)
		if err != nil {
			return fmt.Errorf("list the workflows of type %s: %w", kind, err)
		}
		for _, w := range answer.GetExecutions() {
			see(w.GetExecution().GetWorkflowId())
		}
		n += len(answer.GetExecutions())
		if request.NextPageToken = answer.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return nil
		}
	}
	return nil
}
