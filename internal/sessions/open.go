package sessions

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/versions"
)

// OpenSession is a session that has not ended, as far as Temporal knows it without a
// worker's help.
type OpenSession struct {
	ID, Run   string
	Began     time.Time
	PickedUp  time.Time // when a worker picked it up; zero if none has
	HoldsLane bool
	Leaving   bool // it has been asked to stop
	DryRun    bool
	LimitApps int              // most apps that it reads; 0: all
	Version   versions.Version // of workers, that the session stays with; unset: none
}

// isQueued reports whether the session has been waiting for a worker for longer than
// one needs to pick it up.
func (o OpenSession) isQueued(now time.Time) bool {
	return o.PickedUp.IsZero() && now.Sub(o.Began) > pickupPatience
}

// IsQueued reports whether the session is waiting for a worker. A session that has only
// just begun is not.
func (r Reader) IsQueued(o OpenSession) bool { return o.isQueued(r.now()) }

// FindOpen looks up a session; a run of "" is its latest one. It returns nil if the
// session has ended or there is none of that id.
func (r Reader) FindOpen(ctx context.Context, id, run string) (*OpenSession, error) {
	d, err := r.describe(ctx, id, run)
	if err != nil {
		return nil, fmt.Errorf("look up session %s: %w", id, err)
	}
	info := d.GetWorkflowExecutionInfo()
	if d == nil || info.GetCloseTime() != nil || info.GetType().GetName() != contract.WorkflowSession {
		return nil, nil
	}
	return r.openOf(ctx, d)
}

// openOf completes the description of a session that has not ended.
func (r Reader) openOf(ctx context.Context, d *workflowservice.DescribeWorkflowExecutionResponse) (*OpenSession, error) {
	info := d.GetWorkflowExecutionInfo()
	pickup, err := r.readPickup(ctx, info.GetExecution())
	version, pinned := boundTo(info)
	if !pinned {
		version = versions.Version{}
	}
	labels := labelsOf(info)
	return &OpenSession{
		ID: info.GetExecution().GetWorkflowId(), Run: info.GetExecution().GetRunId(), Began: info.GetStartTime().AsTime().UTC(),
		PickedUp: pickup, Leaving: d.GetWorkflowExtendedInfo().GetCancelRequested(), DryRun: labels.DryRun, LimitApps: labels.LimitApps,
		Version: version,
	}, err
}

// mostOpen bounds the open sessions that are listed; there are never more than a few.
const mostOpen = 20

// ListOpen returns the sessions that have not ended: first the one that holds the lane,
// then the others by their start.
func (r Reader) ListOpen(ctx context.Context) ([]OpenSession, error) {
	lane, err := r.FindLane(ctx)
	if err != nil {
		return nil, err
	}
	ids, err := r.openIDs(ctx, lane)
	if err != nil {
		return nil, err
	}
	var out []OpenSession
	for _, id := range ids {
		o, err := r.FindOpen(ctx, id, "")
		if err != nil {
			return nil, err
		}
		if o != nil {
			o.HoldsLane = o.ID == lane.Holder()
			out = append(out, *o)
		}
	}
	slices.SortStableFunc(out, func(a, b OpenSession) int {
		return cmp.Or(-compareBool(a.HoldsLane, b.HoldsLane), a.Began.Compare(b.Began))
	})
	return out, nil
}

// openIDs returns the ids of the sessions that may be open, each once. Temporal's list
// lags behind by a moment, so the lane and the schedule are asked as well.
func (r Reader) openIDs(ctx context.Context, lane Lane) ([]string, error) {
	var ids []string
	add := func(id string) {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	add(lane.Holder())
	d, err := r.DescribeSchedule(ctx)
	if err != nil {
		return nil, err
	}
	if d != nil {
		for _, w := range d.Info.RunningWorkflows {
			add(w.WorkflowID)
		}
	}
	running := Filter{Outcomes: []saas.Outcome{saas.OutcomeRunning}}
	answer, err := r.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: r.Namespace, Query: running.Query(r.Integration), PageSize: mostOpen,
	})
	if err != nil {
		return nil, needsSetup(fmt.Errorf("list the running sessions: %w", err))
	}
	for _, info := range answer.GetExecutions() {
		add(info.GetExecution().GetWorkflowId())
	}
	return ids, nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
