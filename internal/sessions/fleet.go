package sessions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	deploymentpb "go.temporal.io/api/deployment/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"defendersync/internal/contract"
	"defendersync/internal/temporalx"
	"defendersync/internal/versions"
)

// busyPatience is with a Temporal that has too many requests of a worker deployment, as
// while its state is changing.
var busyPatience = temporalx.Patience{Pause: 200 * time.Millisecond, Most: 2 * time.Second, Total: 10 * time.Second}

// ReadFleet reads the integration's workers with their versions, and what runs on
// which. deployment names a worker deployment to look up although nothing leads to it;
// "": none.
func (r Reader) ReadFleet(ctx context.Context, deployment string) (versions.Fleet, error) {
	q, err := r.readQueue(ctx)
	if err != nil {
		return versions.Fleet{}, err
	}
	f := versions.Fleet{At: r.now().UTC(), Queue: contract.TaskQueue(r.Integration), Routing: q.routing, Workers: q.workers}
	if f.Running, err = r.listRuns(ctx); err != nil {
		return f, err
	}
	for _, name := range namesOfDeployments(f, deployment) {
		d, err := r.readDeployment(ctx, name)
		if isBarred(err) {
			f.Unread = err.Error()
			return f, nil
		}
		if err != nil {
			return f, err
		}
		if d != nil {
			f.Deployments = append(f.Deployments, *d)
		}
	}
	f.Waiting, err = r.readWaits(ctx, f.Running)
	return f, err
}

// isBarred reports whether Temporal does not let us look, and won't the next time: the
// server has no worker deployments, or they are turned off, or not for these credentials.
func isBarred(err error) bool {
	var absent *serviceerror.Unimplemented
	var denied *serviceerror.PermissionDenied
	return errors.As(err, &absent) || errors.As(err, &denied)
}

// readWaits reads for each version that something is bound to how long the oldest of
// its tasks has waited.
func (r Reader) readWaits(ctx context.Context, running []versions.Run) (waits map[versions.Version]time.Duration, err error) {
	waits = map[versions.Version]time.Duration{}
	for _, run := range running {
		if _, known := waits[run.Version]; known || !run.Pinned {
			continue
		}
		if waits[run.Version], err = r.readWaiting(ctx, run.Version); err != nil {
			return nil, err
		}
	}
	return waits, nil
}

// namesOfDeployments are the worker deployments that a fleet leads to, and another one.
func namesOfDeployments(f versions.Fleet, another string) []string {
	names := []string{another}
	for _, v := range f.ListVersions() {
		names = append(names, v.Deployment)
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "" })
}

// readDeployment reads a worker deployment; nil if Temporal does not know it.
func (r Reader) readDeployment(ctx context.Context, name string) (*versions.Deployment, error) {
	answer, err := temporalx.AskAgain(ctx, busyPatience, temporalx.IsBusy, func(ctx context.Context) (*workflowservice.DescribeWorkerDeploymentResponse, error) {
		return r.Temporal.WorkflowService().DescribeWorkerDeployment(ctx, &workflowservice.DescribeWorkerDeploymentRequest{Namespace: r.Namespace, DeploymentName: name})
	})
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up worker deployment %s: %w", name, err)
	}
	info := answer.GetWorkerDeploymentInfo()
	d := &versions.Deployment{Name: name, Manager: info.GetManagerIdentity()}
	summaries := slices.Clone(info.GetVersionSummaries())
	slices.SortStableFunc(summaries, func(a, b *deploymentpb.WorkerDeploymentInfo_WorkerDeploymentVersionSummary) int {
		return b.GetCreateTime().AsTime().Compare(a.GetCreateTime().AsTime())
	})
	for _, s := range summaries {
		d.Builds = append(d.Builds, buildOf(s))
	}
	return d, nil
}

// buildOf reads what Temporal keeps of a version.
func buildOf(s *deploymentpb.WorkerDeploymentInfo_WorkerDeploymentVersionSummary) versions.Build {
	b := versions.Build{Version: versionOf(s.GetDeploymentVersion()), Status: versions.Inactive}
	since := s.GetCreateTime()
	switch s.GetStatus() {
	case enumspb.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT:
		b.Status, since = versions.Current, s.GetCurrentSinceTime()
	case enumspb.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING:
		b.Status, since = versions.Ramping, s.GetRampingSinceTime()
	case enumspb.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING:
		b.Status, since = versions.Draining, s.GetDrainageInfo().GetLastChangedTime()
	case enumspb.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED:
		b.Status, since = versions.Drained, s.GetDrainageInfo().GetLastChangedTime()
	}
	if since != nil {
		b.Since = since.AsTime().UTC()
	}
	return b
}

// readWaiting reads how long the oldest task has waited that is bound to a version.
func (r Reader) readWaiting(ctx context.Context, v versions.Version) (longest time.Duration, err error) {
	answer, err := r.describeVersion(ctx, v)
	if isNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look up %s: %w", v, err)
	}
	for _, q := range answer.GetVersionTaskQueues() {
		if q.GetName() == contract.TaskQueue(r.Integration) {
			longest = max(longest, q.GetStats().GetApproximateBacklogAge().AsDuration())
		}
	}
	return longest, nil
}

// describeVersion reads what Temporal tells of a version: its task queues, with how long
// tasks have waited there.
func (r Reader) describeVersion(ctx context.Context, v versions.Version) (*workflowservice.DescribeWorkerDeploymentVersionResponse, error) {
	return temporalx.AskAgain(ctx, busyPatience, temporalx.IsBusy, func(ctx context.Context) (*workflowservice.DescribeWorkerDeploymentVersionResponse, error) {
		return r.Temporal.WorkflowService().DescribeWorkerDeploymentVersion(ctx, &workflowservice.DescribeWorkerDeploymentVersionRequest{
			Namespace: r.Namespace, ReportTaskQueueStats: true,
			DeploymentVersion: &deploymentpb.WorkerDeploymentVersion{DeploymentName: v.Deployment, BuildId: v.Build},
		})
	})
}

// ListQueues returns the task queues that the workers of a version have polled, each
// once.
func (r Reader) ListQueues(ctx context.Context, v versions.Version) ([]string, error) {
	answer, err := r.describeVersion(ctx, v)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", v, err)
	}
	var names []string
	for _, q := range answer.GetVersionTaskQueues() {
		names = append(names, q.GetName())
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// mostReports bounds the reports that are listed; each runs for minutes at most.
const mostReports = 50

// listRuns returns the integration's workflows that run: sessions with the lane, the
// watch, reports.
func (r Reader) listRuns(ctx context.Context) ([]versions.Run, error) {
	open, err := r.ListOpen(ctx)
	if err != nil {
		return nil, err
	}
	var out []versions.Run
	for _, o := range open {
		out = append(out, o.asRun())
	}
	fixed := []struct {
		kind versions.Kind
		id   string
	}{{versions.Lane, contract.SyncID(r.Integration)}, {versions.Watch, contract.WatchID(r.Integration)}}
	for _, w := range fixed {
		d, err := r.describe(ctx, w.id, "")
		if err != nil {
			return nil, fmt.Errorf("look up %s: %w", w.id, err)
		}
		if info := d.GetWorkflowExecutionInfo(); d != nil && info.GetCloseTime() == nil {
			run, err := r.viewRun(ctx, w.kind, info)
			if err != nil {
				return nil, err
			}
			out = append(out, run)
		}
	}
	reports, err := r.listReportRuns(ctx)
	return append(out, reports...), err
}

// listReportRuns returns the reports that are being made or mailed.
func (r Reader) listReportRuns(ctx context.Context) (out []versions.Run, err error) {
	answer, err := r.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: r.Namespace, PageSize: mostReports,
		Query: fmt.Sprintf("WorkflowType = '%s' AND TaskQueue = '%s' AND ExecutionStatus = 'Running'", contract.WorkflowReport, contract.TaskQueue(r.Integration)),
	})
	if err != nil {
		return nil, fmt.Errorf("list the reports that run: %w", err)
	}
	for _, info := range answer.GetExecutions() {
		d, err := r.describe(ctx, info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId())
		if err != nil {
			return nil, fmt.Errorf("look up %s: %w", info.GetExecution().GetWorkflowId(), err)
		}
		if info := d.GetWorkflowExecutionInfo(); d != nil && info.GetCloseTime() == nil {
			run, err := r.viewRun(ctx, versions.Report, info)
			if err != nil {
				return nil, err
			}
			out = append(out, run)
		}
	}
	return out, nil
}

// viewRun reads a running workflow with its version.
func (r Reader) viewRun(ctx context.Context, kind versions.Kind, info *workflowpb.WorkflowExecutionInfo) (versions.Run, error) {
	version, pinned := boundTo(info)
	pickup, err := r.readPickup(ctx, info.GetExecution())
	return versions.Run{
		Kind: kind, ID: info.GetExecution().GetWorkflowId(), Run: info.GetExecution().GetRunId(), Began: info.GetStartTime().AsTime().UTC(),
		Version: version, Pinned: pinned, Started: !pickup.IsZero(),
	}, err
}

// boundTo reads which version a workflow's latest step was on, and whether it stays
// with it. An override, which operators set by Temporal's own tools, goes first.
func boundTo(info *workflowpb.WorkflowExecutionInfo) (v versions.Version, pinned bool) {
	const stays = enumspb.VERSIONING_BEHAVIOR_PINNED
	versioning := info.GetVersioningInfo()
	v, behaviour := versionOf(versioning.GetDeploymentVersion()), versioning.GetBehavior()
	if o := versioning.GetVersioningOverride(); o.GetPinned() != nil {
		v, behaviour = versionOf(o.GetPinned().GetVersion()), stays
	} else if o.GetAutoUpgrade() {
		behaviour = enumspb.VERSIONING_BEHAVIOR_AUTO_UPGRADE
	}
	if behaviour == enumspb.VERSIONING_BEHAVIOR_UNSPECIFIED {
		return versions.Version{}, false // an unversioned worker may name a build, too
	}
	return v, behaviour == stays && v.IsSet()
}

// asRun is the session as the rules of versions judge it.
func (o OpenSession) asRun() versions.Run {
	return versions.Run{
		Kind: versions.Session, ID: o.ID, Run: o.Run, Began: o.Began,
		Version: o.Version, Pinned: o.Version.IsSet(), Started: !o.PickedUp.IsZero(),
	}
}
