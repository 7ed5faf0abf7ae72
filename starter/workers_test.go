package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"defendersync/internal/testing/simulator"
	"defendersync/internal/versions"
)

// workAs starts a worker of a build, and waits until Temporal knows of it.
func (r *rig) workAs(build string) (stop func()) {
	r.t.Helper()
	stop = r.work("TEMPORAL_DEPLOYMENT_NAME="+r.deployment(), "TEMPORAL_WORKER_BUILD_ID="+build)
	eventually(r.t, "a worker of "+build, func() bool {
		_, v := r.workers()
		return slices.ContainsFunc(v.Versions, func(row liveVersionJSON) bool {
			return row.Version.Build == build && row.Workers > 0 && row.Status != "" && len(v.Deployments) == 1
		})
	})
	return stop
}

func (r *rig) deployment() string { return "dep-" + r.Name }

// workers are what the command shows, and its exit code.
func (r *rig) workers() (int, fleetJSON) {
	r.t.Helper()
	var v fleetJSON
	out := r.run("workers", "--output", "json").decode(&v).quiet()
	return out.code, v
}

// workersMasks hide what differs from run to run.
var workersMasks = []string{`dep-test-\d+-\d+`, "dep-hr", `worker of \w+`, "worker of TEST", `\d+(\.\d+)?m?s ago`, "DURATION ago"}

func TestWorkersWithoutVersionsAreShownWithTheirPolls(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.run("workers").ends(exitFailed).quiet().prints("worker versioning is off", "✗ no worker is running, so new work waits: start defendersync-worker for task queue defendersync/"+r.Name)
	r.work()
	r.run("schedule", "apply").ends(exitCompleted)
	eventually(t, "the watch at work", func() bool {
		code, v := r.workers()
		return code == exitCompleted && len(v.Running) == 1 && v.Running[0].Started
	})
	r.run("workers").ends(exitCompleted).quiet().golden("workers_off", workersMasks...)
	r.run("workers", "--columns", "STATE, version").ends(exitCompleted).quiet().prints("\n\nState  Build\npolls  –\n\nRuns: ")
	_, v := r.workers()
	if len(v.Workers) != 1 || len(v.Deployments) != 0 || len(v.Findings) != 0 || v.Running[0].Kind != versions.Watch || v.Running[0].Pinned || v.Routing != (versions.Routing{}) {
		t.Errorf("as JSON: %+v", v)
	}
	r.run("workers", "promote", "1").ends(exitFailed).says("no worker with a version has polled task queue", "TEMPORAL_WORKER_BUILD_ID=1 first")
	r.run("workers", "promote", "--unversioned").ends(exitCompleted).prints("workers without a version is current already")
}

func TestABuildIsPromotedAfterAQuestion(t *testing.T) {
	r := newRig(t, simulator.Options{}, "INTEGRATION_WATCH_EVERY=1s")
	r.run("schedule", "apply").ends(exitCompleted)
	r.workAs("0.1.0")
	code, _ := r.workers()
	if code != exitFailed {
		t.Errorf("without a current build it ends with %d", code)
	}
	r.run("workers").ends(exitFailed).golden("workers_none_current", workersMasks...)

	r.run("workers", "promote", "0.1.0").ends(exitUsage).says("New sessions and reports will begin on build 0.1.0 of "+r.deployment(), "So far they begin on workers without a version", "nothing was changed", "pass --yes")
	answer := func(text string) ran {
		s := streams{in: strings.NewReader(text), environ: r.Env, terminal: terminal{in: true}, user: "ann@desk"}
		return runIn(t, t.Context(), s, "workers", "promote", "0.1.0")
	}
	answer("n\n").ends(exitFailed).says("Make build 0.1.0 of "+r.deployment()+" current? [y/N]", "nothing was changed")
	answer("y\n").ends(exitCompleted).prints("build 0.1.0 of " + r.deployment() + " is current now; it was workers without a version")
	r.run("workers", "promote", "0.1.0", "--yes").ends(exitCompleted).quiet().prints("is current already")

	stop := r.workAs("0.2.0")
	r.run("workers", "promote", "0.2.0", "--yes").ends(exitCompleted).quiet()
	eventually(t, "the watch on the new build", func() bool {
		_, v := r.workers()
		return slices.ContainsFunc(v.Versions, func(row liveVersionJSON) bool {
			return row.Version.Build == "0.2.0" && slices.Contains(row.Runs, "watch/"+r.Name)
		})
	})
	eventually(t, "a drained build", func() bool {
		_, v := r.workers()
		return slices.ContainsFunc(v.Findings, func(f versions.Finding) bool { return f.Todo == "its workers may be stopped" })
	})
	r.run("workers").ends(exitCompleted).golden("workers_upgraded", workersMasks...)
	finds(t, r.checked(exitCompleted), statusOK, "build 0.2.0 of "+r.deployment()+" has 1 at work", "Temporal: workers")

	stop()
	r.run("workers", "promote", "0.3.0", "--yes").ends(exitFailed).says("there is no build 0.3.0, only build 0.2.0 of " + r.deployment() + ", build 0.1.0 of " + r.deployment())
	r.run("workers", "promote", "0.1.0", "--deployment", "dep-of-none", "--yes").ends(exitFailed).says("no worker with a version has polled")
	r.run("workers", "promote", "--unversioned", "--yes").ends(exitFailed).says("no worker without a version runs")
}

func TestWhatAManagerManagesIsLeftToIt(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.workAs("0.1.0")
	h := r.temporal.WorkerDeploymentClient().GetHandle(r.deployment())
	if _, err := h.SetManagerIdentity(t.Context(), client.WorkerDeploymentSetManagerIdentityOptions{ManagerIdentity: "controller/1"}); err != nil {
		t.Fatal(err)
	}
	r.run("workers").ends(exitFailed).prints("deployment "+r.deployment()+" is managed by controller/1", "controller/1 manages deployment "+r.deployment()+" and decides which build is current")
	r.run("workers", "promote", "0.1.0", "--yes").ends(exitFailed).says("managed by controller/1")
}

func TestARampingBuildIsShownAndItsRampEndsWithAPromotion(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.workAs("0.1.0")
	r.run("workers", "promote", "0.1.0", "--yes").ends(exitCompleted)
	r.workAs("0.2.0")
	h := r.temporal.WorkerDeploymentClient().GetHandle(r.deployment())
	if _, err := h.SetRampingVersion(t.Context(), client.WorkerDeploymentSetRampingVersionOptions{BuildID: "0.2.0", Percentage: 25}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the ramp", func() bool { _, v := r.workers(); return v.Routing.Percent == 25 })
	r.run("workers").ends(exitCompleted).prints("new work goes to build 0.1.0 of "+r.deployment()+", and 25 % of it to build 0.2.0 of "+r.deployment(), "ramping")
	r.run("workers", "promote", "0.1.0", "--yes").ends(exitCompleted)
	eventually(t, "the end of the ramp", func() bool { _, v := r.workers(); return v.Routing.Percent == 0 })
}

func TestPromoteTakesOneBuild(t *testing.T) {
	for _, args := range [][]string{{}, {"1", "2"}, {"1", "--unversioned"}, {""}} {
		command(t, nil, nil, append([]string{"workers", "promote"}, args...)...).ends(exitUsage).says("give one BUILD, or --unversioned")
	}
	command(t, nil, nil, "workers", "promot").ends(exitUsage).says("promote")
}

func TestARefusedPromotionSaysWhatToDo(t *testing.T) {
	p := versions.Promotion{Deployment: "hr", Target: versions.Version{Deployment: "hr", Build: "0.2.0"}}
	missing := serviceerror.NewFailedPrecondition("proposed current version '0.2.0' is missing active task queues from the current version")
	for name, tc := range map[string]struct {
		err    error
		advice bool
	}{
		"another integration has no such build": {missing, true},
		"another failed precondition":           {serviceerror.NewFailedPrecondition("the deployment is being deleted"), false},
		"no answer":                             {serviceerror.NewUnavailable("no task queue manager"), false},
	} {
		got := explainRouting(p, tc.err)
		if !errors.Is(got, tc.err) || !strings.HasPrefix(got.Error(), "make build 0.2.0 of hr current: ") || strings.Contains(got.Error(), "every integration of deployment hr needs workers of that build first") != tc.advice {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestCheckJudgesAFleetByTheWorstThatIsFound(t *testing.T) {
	one, two := versions.Version{Deployment: "hr", Build: "1"}, versions.Version{Deployment: "hr", Build: "2"}
	worker := func(v versions.Version) versions.Worker {
		return versions.Worker{Identity: "w", Version: v, Workflows: noon, Activities: noon}
	}
	for name, tc := range map[string]struct {
		fleet versions.Fleet
		want  status
		says  string
	}{
		"all is well":            {versions.Fleet{At: noon, Routing: versions.Routing{Current: one}, Workers: []versions.Worker{worker(one)}}, statusOK, "build 1 of hr has 1 at work"},
		"no build is current":    {versions.Fleet{At: noon, Workers: []versions.Worker{worker(one)}}, statusFailed, "no build is current"},
		"nobody works for it":    {versions.Fleet{At: noon, Routing: versions.Routing{Current: one}, Workers: []versions.Worker{worker(two)}}, statusFailed, "build 1 of hr gets new work, but no worker of it runs"},
		"statuses are not known": {versions.Fleet{At: noon, Unread: "denied", Routing: versions.Routing{Current: one}, Workers: []versions.Worker{worker(one)}}, statusWarning, "denied"},
	} {
		got := judgeFleet(tc.fleet)
		text := got.detail
		if got.err != nil {
			text = got.err.Error()
		}
		if got.status != tc.want || !strings.Contains(text, tc.says) {
			t.Errorf("%s: %s, %q", name, got.status, text)
		}
	}
}

func TestAPollIsToldByItsAge(t *testing.T) {
	for want, at := range map[string]time.Time{"never": {}, "1m30s ago": noon.Add(-90 * time.Second)} {
		if got := formatPoll(noon, at); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
