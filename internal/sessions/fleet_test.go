package sessions

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	deploymentpb "go.temporal.io/api/deployment/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"defendersync/internal/contract"
	"defendersync/internal/versions"
)

var (
	oldBuild = versions.Version{Deployment: "hr", Build: "0.1.0"}
	newBuild = versions.Version{Deployment: "hr", Build: "0.2.0"}
)

func versionPB(v versions.Version) *deploymentpb.WorkerDeploymentVersion {
	return &deploymentpb.WorkerDeploymentVersion{DeploymentName: v.Deployment, BuildId: v.Build}
}

// bound is what Temporal tells of a workflow on a version.
func bound(v versions.Version, b enumspb.VersioningBehavior) *workflowpb.WorkflowExecutionVersioningInfo {
	return &workflowpb.WorkflowExecutionVersioningInfo{Behavior: b, DeploymentVersion: versionPB(v)}
}

// poll is a poll of a worker of a version.
func poll(name string, v versions.Version, at time.Time) *taskqueuepb.PollerInfo {
	return &taskqueuepb.PollerInfo{Identity: name, LastAccessTime: timestamppb.New(at), DeploymentOptions: &deploymentpb.WorkerDeploymentOptions{
		DeploymentName: v.Deployment, BuildId: v.Build, WorkerVersioningMode: enumspb.WORKER_VERSIONING_MODE_VERSIONED,
	}}
}

const pinned, upgrading = enumspb.VERSIONING_BEHAVIOR_PINNED, enumspb.VERSIONING_BEHAVIOR_AUTO_UPGRADE

// upgraded is an integration in the middle of an upgrade: a session ends on the old
// build, and the new one is current.
func upgraded(t *testing.T) (f *fakeTemporal, session *fakeRun) {
	f = newFake(t)
	session = f.pickUp(f.addSession(24, time.Hour), time.Second)
	session.version = bound(oldBuild, pinned)
	sync := f.addSync(session)
	sync.version = bound(oldBuild, pinned)
	f.pickUp(sync, 0)
	f.pickUp(f.add(&fakeRun{id: contract.WatchID("hr"), run: "w", kind: contract.WorkflowWatch, began: noon, version: bound(newBuild, upgrading)}), 0)
	f.add(&fakeRun{id: "report/hr/weekly", run: "r", kind: contract.WorkflowReport, began: noon})
	f.routing = &taskqueuepb.TaskQueueVersioningInfo{CurrentDeploymentVersion: versionPB(newBuild), RampingDeploymentVersion: versionPB(oldBuild), RampingVersionPercentage: 5}
	f.pollers = []*taskqueuepb.PollerInfo{poll("old", oldBuild, noon.Add(-4*time.Minute)), poll("new", newBuild, noon.Add(-time.Second))}
	f.polled = map[enumspb.TaskQueueType][]time.Time{enumspb.TASK_QUEUE_TYPE_WORKFLOW: {noon}}
	f.builds = []*deploymentpb.WorkerDeploymentInfo_WorkerDeploymentVersionSummary{
		{DeploymentVersion: versionPB(oldBuild), CreateTime: timestamppb.New(noon.Add(-time.Hour)), Status: enumspb.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING,
			DrainageInfo: &deploymentpb.VersionDrainageInfo{LastChangedTime: timestamppb.New(noon.Add(-time.Minute))}},
		{DeploymentVersion: versionPB(newBuild), CreateTime: timestamppb.New(noon.Add(-time.Minute)), Status: enumspb.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT,
			CurrentSinceTime: timestamppb.New(noon.Add(-time.Second))},
	}
	f.waits = 30 * time.Second
	return f, session
}

func TestTheFleetIsReadWithWhatRunsOnIt(t *testing.T) {
	f, session := upgraded(t)
	got, err := f.reader().ReadFleet(t.Context(), "elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	want := versions.Fleet{
		At: noon, Queue: "defendersync/hr", Routing: versions.Routing{Current: newBuild, Ramping: oldBuild, Percent: 5},
		Deployments: []versions.Deployment{{Name: "hr", Manager: "controller/1", Builds: []versions.Build{
			{Version: newBuild, Status: versions.Current, Since: noon.Add(-time.Second)}, {Version: oldBuild, Status: versions.Draining, Since: noon.Add(-time.Minute)},
		}}},
		Workers: []versions.Worker{
			{Workflows: noon},
			{Identity: "old", Version: oldBuild, Workflows: noon.Add(-4 * time.Minute), Activities: noon.Add(-4 * time.Minute)},
			{Identity: "new", Version: newBuild, Workflows: noon.Add(-time.Second), Activities: noon.Add(-time.Second)},
		},
		Running: []versions.Run{
			{Kind: versions.Session, ID: session.id, Run: session.run, Began: session.began, Version: oldBuild, Pinned: true, Started: true},
			{Kind: versions.Lane, ID: "sync/hr", Run: "sync-" + session.run, Began: session.began.Add(time.Second), Version: oldBuild, Pinned: true, Started: true},
			{Kind: versions.Watch, ID: "watch/hr", Run: "w", Began: noon, Version: newBuild, Started: true},
			{Kind: versions.Report, ID: "report/hr/weekly", Run: "r", Began: noon},
		},
		Waiting: map[versions.Version]time.Duration{oldBuild: 30 * time.Second},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read\n%+v\nnot\n%+v", got, want)
	}
	if f.calls["deployment"] != 2 || f.calls["version"] != 1 {
		t.Errorf("it asked %v", f.calls)
	}
	for call, says := range map[string]string{
		"task queue": "look up the workers of task queue defendersync/hr: away", "deployment": "look up worker deployment elsewhere: away",
		"version": "look up build 0.1.0 of hr: away", "describe watch/hr": "look up watch/hr: away", "describe report/hr/weekly": "look up report/hr/weekly: away",
	} {
		f.fail = map[string]error{call: errors.New("away")}
		if _, err := f.reader().ReadFleet(t.Context(), "elsewhere"); err == nil || err.Error() != says {
			t.Errorf("without %s: %v", call, err)
		}
	}
}

func TestEveryStatusOfABuildHasItsTime(t *testing.T) {
	at := func(n int) *timestamppb.Timestamp { return timestamppb.New(noon.Add(time.Duration(n) * time.Minute)) }
	for status, want := range map[enumspb.WorkerDeploymentVersionStatus]versions.Build{
		enumspb.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT:     {Status: versions.Current, Since: at(2).AsTime()},
		enumspb.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING:     {Status: versions.Ramping, Since: at(3).AsTime()},
		enumspb.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING:    {Status: versions.Draining, Since: at(4).AsTime()},
		enumspb.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED:     {Status: versions.Drained, Since: at(4).AsTime()},
		enumspb.WORKER_DEPLOYMENT_VERSION_STATUS_INACTIVE:    {Status: versions.Inactive, Since: at(1).AsTime()},
		enumspb.WORKER_DEPLOYMENT_VERSION_STATUS_UNSPECIFIED: {Status: versions.Inactive, Since: at(1).AsTime()},
	} {
		want.Version = newBuild
		got := buildOf(&deploymentpb.WorkerDeploymentInfo_WorkerDeploymentVersionSummary{
			Status: status, DeploymentVersion: versionPB(newBuild), CreateTime: at(1), CurrentSinceTime: at(2), RampingSinceTime: at(3),
			DrainageInfo: &deploymentpb.VersionDrainageInfo{LastChangedTime: at(4)},
		})
		if got != want {
			t.Errorf("%s: %+v", status, got)
		}
	}
}

func TestAWorkflowIsBoundAsItsWorkerOrAnOverrideSays(t *testing.T) {
	override := func(info *workflowpb.WorkflowExecutionVersioningInfo, o *workflowpb.VersioningOverride) *workflowpb.WorkflowExecutionVersioningInfo {
		info.VersioningOverride = o
		return info
	}
	toNew := &workflowpb.VersioningOverride{Override: &workflowpb.VersioningOverride_Pinned{Pinned: &workflowpb.VersioningOverride_PinnedOverride{Version: versionPB(newBuild)}}}
	upgrade := &workflowpb.VersioningOverride{Override: &workflowpb.VersioningOverride_AutoUpgrade{AutoUpgrade: true}}
	for name, tc := range map[string]struct {
		info    *workflowpb.WorkflowExecutionVersioningInfo
		version versions.Version
		pinned  bool
	}{
		"nothing":                          {nil, versions.Version{}, false},
		"a build without versioning":       {bound(oldBuild, enumspb.VERSIONING_BEHAVIOR_UNSPECIFIED), versions.Version{}, false},
		"pinned":                           {bound(oldBuild, pinned), oldBuild, true},
		"pinned to none yet":               {&workflowpb.WorkflowExecutionVersioningInfo{Behavior: pinned}, versions.Version{}, false},
		"upgrading":                        {bound(oldBuild, upgrading), oldBuild, false},
		"pinned, moved by an operator":     {override(bound(oldBuild, pinned), toNew), newBuild, true},
		"upgrading, pinned by an operator": {override(bound(oldBuild, upgrading), toNew), newBuild, true},
		"pinned, freed by an operator":     {override(bound(oldBuild, pinned), upgrade), oldBuild, false},
	} {
		v, stays := boundTo(&workflowpb.WorkflowExecutionInfo{VersioningInfo: tc.info})
		if v != tc.version || stays != tc.pinned {
			t.Errorf("%s: %v, %v", name, v, stays)
		}
	}
}

func TestOnlyWorkersThatGetNewWorkCount(t *testing.T) {
	f, _ := upgraded(t)
	got, err := f.reader().ReadWorkers(t.Context())
	if err != nil || !got.Seen.Equal(noon.Add(-time.Second)) || !got.AreAlive(noon) || !strings.HasPrefix(got.Problem, "build 0.1.0 of hr gets new work") {
		t.Errorf("while a build ramps: %+v, %v", got, err)
	}
	f.routing.RampingVersionPercentage = 0
	if got, err = f.reader().ReadWorkers(t.Context()); err != nil || got.Problem != "" || !got.AreAlive(noon) {
		t.Errorf("with a build that is current: %+v, %v", got, err)
	}
	f.routing, f.polled = nil, nil
	if got, err = f.reader().ReadWorkers(t.Context()); err != nil || got.AreAlive(noon) || !strings.HasPrefix(got.Problem, "no build is current") || got.Todo != "run 'defendersync workers promote 0.2.0'" {
		t.Errorf("with none: %+v, %v", got, err)
	}
}

func TestASessionWhoseBuildHasNoWorkerIsObservedToWait(t *testing.T) {
	f, session := upgraded(t)
	f.routing.RampingVersionPercentage = 0
	f.schedule = running(session.id)
	observe := func() contract.Observation {
		seen, err := f.reader().Observe(t.Context(), contract.ObserveParams{Integration: "hr", Now: noon, Since: noon.Add(-time.Hour)})
		if err != nil || len(seen.Sessions) != 1 {
			t.Fatalf("observed %+v, %v", seen, err)
		}
		return seen
	}
	if seen := observe(); seen.Sessions[0].Waiting != "for a worker of build 0.1.0 of hr, with which the session stays" || !strings.HasPrefix(seen.Workers.Problem, session.id+" stays with build 0.1.0 of hr, of which no worker") {
		t.Errorf("without a worker: %q, %+v", seen.Sessions[0].Waiting, seen.Workers)
	}
	f.pollers[0].LastAccessTime = timestamppb.New(noon)
	if seen := observe(); seen.Sessions[0].Waiting == "" || seen.Workers.Problem == "" {
		t.Errorf("with one that takes no task: %q, %+v", seen.Sessions[0].Waiting, seen.Workers)
	}
	f.waits = time.Second
	if seen := observe(); seen.Sessions[0].Waiting != "" || seen.Workers.Problem != "" {
		t.Errorf("with one that works: %q, %+v", seen.Sessions[0].Waiting, seen.Workers)
	}
	f.fail = map[string]error{"version": errors.New("away")}
	if _, err := f.reader().Observe(t.Context(), contract.ObserveParams{Integration: "hr", Now: noon, Since: noon.Add(-time.Hour)}); err == nil || !strings.Contains(err.Error(), "away") {
		t.Errorf("what cannot be read: %v", err)
	}
}

func TestTheTaskQueuesOfAVersionAreListedOnce(t *testing.T) {
	f := newFake(t)
	got, err := f.reader().ListQueues(t.Context(), newBuild)
	if want := []string{"defendersync/hr", "defendersync/sales"}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	f.fail["version"] = errors.New("away")
	if _, err := f.reader().ListQueues(t.Context(), newBuild); err == nil || err.Error() != "look up build 0.2.0 of hr: away" {
		t.Errorf("%v", err)
	}
}

func TestASessionThatStaysWithABuildNamesIt(t *testing.T) {
	f, session := upgraded(t)
	o, err := f.reader().FindOpen(t.Context(), session.id, "")
	if err != nil || o.Version != oldBuild {
		t.Fatalf("%+v, %v", o, err)
	}
	if s := f.reader().HintFor(o.Version); s != "it stays with build 0.1.0 of hr: check by 'defendersync workers' that a worker of it runs" {
		t.Errorf("the hint is %q", s)
	}
	session.version = bound(newBuild, upgrading)
	if o, err = f.reader().FindOpen(t.Context(), session.id, ""); err != nil || o.Version.IsSet() || f.reader().HintFor(o.Version) != f.reader().WorkerHint() {
		t.Errorf("of one that moves on: %+v, %v", o, err)
	}
	if got := maps.Clone(f.calls); got["version"] != 0 {
		t.Errorf("it asked %v", got)
	}
}

func TestAFleetIsReadWhereWorkerDeploymentsAreBarred(t *testing.T) {
	for _, barred := range []error{serviceerror.NewUnimplemented("unknown method"), serviceerror.NewPermissionDenied("Request unauthorized.", "")} {
		f, _ := upgraded(t)
		f.fail = map[string]error{"deployment": barred}
		got, err := f.reader().ReadFleet(t.Context(), "elsewhere")
		if err != nil || !strings.Contains(got.Unread, barred.Error()) || len(got.Workers) == 0 || len(got.Running) == 0 {
			t.Fatalf("%v: read is %+v, %v", barred, got, err)
		}
		found := versions.Judge(got)
		if !slices.ContainsFunc(found, func(x versions.Finding) bool {
			return x.Level == versions.Attention && strings.Contains(x.Text, barred.Error())
		}) {
			t.Errorf("%v: found is %v", barred, found)
		}
	}
}
