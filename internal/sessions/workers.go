package sessions

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"defendersync/internal/contract"
)

// ReadWorkers reads whether workers poll the integration's task queue. A worker polls it
// for workflow tasks and for activity tasks; what is returned is the worse of the two:
// the poll that is longer ago, and the older backlog.
func (r Reader) ReadWorkers(ctx context.Context) (contract.WorkersView, error) {
	var out contract.WorkersView
	for i, kind := range []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_WORKFLOW, enumspb.TASK_QUEUE_TYPE_ACTIVITY} {
		polled, backlog, err := r.readQueue(ctx, kind)
		if err != nil {
			return contract.WorkersView{}, err
		}
		if i == 0 || polled.Before(out.Seen) {
			out.Seen = polled
		}
		out.Backlog = max(out.Backlog, backlog)
	}
	return out, nil
}

// readQueue reads when the task queue was last polled for one kind of task, and how long
// the oldest task has been waiting.
func (r Reader) readQueue(ctx context.Context, kind enumspb.TaskQueueType) (polled time.Time, backlog time.Duration, err error) {
	queue := contract.TaskQueue(r.Integration)
	d, err := r.Temporal.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace: r.Namespace, TaskQueue: &taskqueuepb.TaskQueue{Name: queue, Kind: enumspb.TASK_QUEUE_KIND_NORMAL},
		TaskQueueType: kind, ReportStats: true,
	})
	if err != nil {
		return time.Time{}, 0, fmt.Errorf("look up the workers of task queue %s: %w", queue, err)
	}
	for _, p := range d.GetPollers() {
		if at := p.GetLastAccessTime().AsTime(); at.After(polled) {
			polled = at.UTC()
		}
	}
	return polled, d.GetStats().GetApproximateBacklogAge().AsDuration(), nil
}
