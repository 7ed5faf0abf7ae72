package sessions

import (
	"context"
	"fmt"
	"slices"
	"time"

	deploymentpb "go.temporal.io/api/deployment/v1"
	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"defendersync/internal/contract"
	"defendersync/internal/versions"
)

// queue is what Temporal tells of the integration's task queue: a worker polls it for
// workflow tasks and for activity tasks.
type queue struct {
	workers []versions.Worker // by their identity
	routing versions.Routing
	backlog time.Duration // how long the oldest task has waited that is bound to no version
}

// pollKinds are the kinds of tasks that a worker polls for.
var pollKinds = []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_WORKFLOW, enumspb.TASK_QUEUE_TYPE_ACTIVITY}

// readQueue reads the task queue.
func (r Reader) readQueue(ctx context.Context) (q queue, err error) {
	for _, kind := range pollKinds {
		name := contract.TaskQueue(r.Integration)
		d, err := r.Temporal.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
			Namespace: r.Namespace, TaskQueue: &taskqueuepb.TaskQueue{Name: name, Kind: enumspb.TASK_QUEUE_KIND_NORMAL},
			TaskQueueType: kind, ReportStats: true,
		})
		if err != nil {
			return queue{}, fmt.Errorf("look up the workers of task queue %s: %w", name, err)
		}
		for _, p := range d.GetPollers() {
			q.addPoll(p, kind)
		}
		if kind == enumspb.TASK_QUEUE_TYPE_WORKFLOW {
			q.routing = routingOf(d.GetVersioningInfo())
		}
		q.backlog = max(q.backlog, d.GetStats().GetApproximateBacklogAge().AsDuration())
	}
	return q, nil
}

// addPoll takes in a poll of a worker.
func (q *queue) addPoll(p *taskqueuepb.PollerInfo, kind enumspb.TaskQueueType) {
	w := versions.Worker{Identity: p.GetIdentity()}
	if o := p.GetDeploymentOptions(); o.GetWorkerVersioningMode() == enumspb.WORKER_VERSIONING_MODE_VERSIONED {
		w.Version = versions.Version{Deployment: o.GetDeploymentName(), Build: o.GetBuildId()}
	}
	i := slices.IndexFunc(q.workers, func(known versions.Worker) bool { return known.Identity == w.Identity && known.Version == w.Version })
	if i < 0 {
		q.workers = append(q.workers, w)
		i = len(q.workers) - 1
	}
	polled := &q.workers[i].Workflows
	if kind == enumspb.TASK_QUEUE_TYPE_ACTIVITY {
		polled = &q.workers[i].Activities
	}
	if at := p.GetLastAccessTime().AsTime().UTC(); at.After(*polled) {
		*polled = at
	}
}

// routingOf reads where a task queue's new work goes.
func routingOf(v *taskqueuepb.TaskQueueVersioningInfo) versions.Routing {
	return versions.Routing{
		Current: versionOf(v.GetCurrentDeploymentVersion()), Ramping: versionOf(v.GetRampingDeploymentVersion()), Percent: v.GetRampingVersionPercentage(),
	}
}

// versionOf reads a version; nil is none.
func versionOf(v *deploymentpb.WorkerDeploymentVersion) versions.Version {
	return versions.Version{Deployment: v.GetDeploymentName(), Build: v.GetBuildId()}
}

// ReadRouting reads which version of workers the integration's new work goes to.
func (r Reader) ReadRouting(ctx context.Context) (versions.Routing, error) {
	q, err := r.readQueue(ctx)
	return q.routing, err
}

// ReadWorkers reads whether workers poll the integration's task queue that get its new
// work. It returns the worse of the two kinds of polls, the one that is longer ago, and
// the older backlog.
func (r Reader) ReadWorkers(ctx context.Context) (contract.WorkersView, error) {
	q, err := r.readQueue(ctx)
	if err != nil {
		return contract.WorkersView{}, err
	}
	return q.view(versions.Fleet{At: r.now(), Queue: contract.TaskQueue(r.Integration), Routing: q.routing, Workers: q.workers}), nil
}

// view is the task queue as the watch judges it, with what the rules of versions find
// wrong.
func (q queue) view(f versions.Fleet) contract.WorkersView {
	var workflows, activities time.Time
	for _, w := range q.workers {
		if w.Version == q.routing.Main() {
			workflows, activities = later(workflows, w.Workflows), later(activities, w.Activities)
		}
	}
	out := contract.WorkersView{Seen: workflows, Backlog: q.backlog}
	if activities.Before(out.Seen) {
		out.Seen = activities
	}
	if !f.IsVersioned() {
		return out // the times say all
	}
	for _, found := range versions.Judge(f) {
		if found.Level == versions.Wrong {
			out.Problem, out.Todo = found.Text, found.Todo
			break
		}
	}
	return out
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
