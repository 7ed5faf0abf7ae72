package sessions

import (
	"context"
	"fmt"
	"slices"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sync/errgroup"
)

const (
	// readersAtOnce is how many sessions of a list are read concurrently.
	readersAtOnce = 8
	// listPage is how many sessions Temporal is asked for at a time.
	listPage = 100
)

// List returns the sessions that a filter selects, the latest start first.
func (r Reader) List(ctx context.Context, f Filter) ([]Session, error) {
	infos, err := r.listInfos(ctx, f)
	if err != nil {
		return nil, err
	}
	out := make([]Session, len(infos))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readersAtOnce)
	for i, info := range infos {
		group.Go(func() error {
			out[i] = r.readListed(ctx, info)
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(out, func(s Session) bool { return !f.accepts(s) }), nil
}

// ListLabels returns what the search attributes tell of the latest sessions. It reads
// nothing but Temporal's list, and so is quick.
func (r Reader) ListLabels(ctx context.Context, limit int) ([]Session, error) {
	infos, err := r.listInfos(ctx, Filter{Limit: limit})
	var out []Session
	for _, info := range infos {
		out = append(out, r.describedAs(info))
	}
	return out, err
}

// listInfos asks Temporal for the sessions that a filter selects. Temporal sorts them
// by their end, with those that are running first; they are returned by their start.
func (r Reader) listInfos(ctx context.Context, f Filter) ([]*workflowpb.WorkflowExecutionInfo, error) {
	var infos []*workflowpb.WorkflowExecutionInfo
	request := &workflowservice.ListWorkflowExecutionsRequest{Namespace: r.Namespace, Query: f.Query(r.Integration), PageSize: listPage}
	for f.Limit == 0 || len(infos) < f.Limit {
		answer, err := r.Temporal.ListWorkflow(ctx, request)
		if err != nil {
			return nil, needsSetup(fmt.Errorf("list the sessions: %w", err))
		}
		infos = append(infos, answer.GetExecutions()...)
		if request.NextPageToken = answer.GetNextPageToken(); len(request.NextPageToken) == 0 {
			break
		}
	}
	slices.SortStableFunc(infos, func(a, b *workflowpb.WorkflowExecutionInfo) int {
		return b.GetStartTime().AsTime().Compare(a.GetStartTime().AsTime())
	})
	if f.Limit > 0 && len(infos) > f.Limit {
		infos = infos[:f.Limit]
	}
	return infos, nil
}

// readListed reads a session of a list. The list lags behind by a moment, so a session
// that it calls running is looked up.
func (r Reader) readListed(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) Session {
	if isRunning(info.GetStatus()) {
		if s, err := r.Read(ctx, info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId()); err == nil {
			return s
		}
	}
	return r.readInfo(ctx, info)
}
