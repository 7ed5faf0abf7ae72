package sessions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"defendersync/internal/contract"
)

// Lane says which session holds the integration's lane, the workflow id of its one
// Sync. Its zero value is a lane that no session has held yet.
type Lane struct {
	Session string    // workflow id of the session; the Sync's own id if it has no parent
	Run     string    // run id of the session
	Since   time.Time // when the current run of the Sync began
	Held    bool      // the session still holds the lane; if not, it was the last to do so
}

// HeldBy reports whether a run of a session holds the lane.
func (l Lane) HeldBy(run string) bool { return l.Held && l.Run == run }

// Holder returns the workflow id of the session that holds the lane, or "".
func (l Lane) Holder() string {
	if !l.Held {
		return ""
	}
	return l.Session
}

// FindLane looks up who holds the lane.
func (r Reader) FindLane(ctx context.Context) (Lane, error) {
	d, err := r.describeSync(ctx)
	if err != nil || d == nil {
		return Lane{}, err
	}
	return laneOf(d.GetWorkflowExecutionInfo()), nil
}

// describeSync describes the latest run of the integration's Sync; nil if there is
// none.
func (r Reader) describeSync(ctx context.Context) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	d, err := r.describe(ctx, contract.SyncID(r.Integration), "")
	if err != nil {
		return nil, fmt.Errorf("look up the running session: %w", err)
	}
	return d, nil
}

// describe describes a run, the latest one if it is ""; nil if Temporal does not know
// it.
func (r Reader) describe(ctx context.Context, id, run string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	d, err := r.Temporal.DescribeWorkflow(ctx, id, run)
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return d.RawResponse, nil
}

// isNotFound reports whether Temporal does not know what it was asked for.
func isNotFound(err error) bool {
	var none *serviceerror.NotFound
	return errors.As(err, &none)
}

// laneOf reads the lane off the description of a Sync.
func laneOf(sync *workflowpb.WorkflowExecutionInfo) Lane {
	l := Lane{
		Session: sync.GetParentExecution().GetWorkflowId(), Run: sync.GetParentExecution().GetRunId(),
		Since: sync.GetStartTime().AsTime(), Held: sync.GetCloseTime() == nil,
	}
	if l.Session == "" {
		l.Session = sync.GetExecution().GetWorkflowId()
	}
	return l
}
