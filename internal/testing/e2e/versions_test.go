package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/oracle"
	"defendersync/internal/testing/simulator"
)

// build is a version of the worker, with a binary of its own.
type build struct{ id, file string }

// The two builds of the tests: the workflows of the second do other steps than those of
// the first, so that neither can go on with what the other has begun. In both, runs of
// the watch and of Sync are short.
var (
	shortRuns = []harness.Edit{
		{File: "workflows/watch.go", Old: "const looksPerRun = 200", New: "const looksPerRun = 5"},
		{File: "workflows/sync.go", Old: "const pagesPerRun = 100", New: "const pagesPerRun = 1"},
	}
	otherSteps = []harness.Edit{
		{File: "workflows/session.go", Old: "	sync := s.startSync(ctx)\n", New: "	_ = workflow.Sleep(ctx, 1_000_000)\n	sync := s.startSync(ctx)\n"},
		{File: "workflows/sync.go", Old: "		done, err := s.syncNextPage(ctx)\n", New: "		_ = workflow.Sleep(ctx, 1_000_000)\n		done, err := s.syncNextPage(ctx)\n"},
	}
)

// twoBuilds are built by the first test that needs them.
var twoBuilds struct {
	once     sync.Once
	dir      string
	old, new build
	err      error
}

// builds are the two builds of the worker.
func builds(t *testing.T) (old, new build) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs go, to build another version of the worker")
	}
	b := &twoBuilds
	b.once.Do(func() {
		if b.dir, b.err = os.MkdirTemp("", "defendersync-builds-"); b.err != nil {
			return
		}
		b.old, b.new = build{"0.1.0+aaa", filepath.Join(b.dir, "old")}, build{"0.2.0+bbb", filepath.Join(b.dir, "new")}
		if b.err = harness.BuildVariant(context.Background(), b.old.file, shortRuns...); b.err == nil {
			b.err = harness.BuildVariant(context.Background(), b.new.file, append(otherSteps, shortRuns...)...)
		}
	})
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.old, b.new
}

// removeBuilds removes what builds has made.
func removeBuilds() { _ = os.RemoveAll(twoBuilds.dir) }

// fleet is a bench whose workers have versions.
type fleet struct {
	*told
	c        client.Client
	old, new build
}

func newFleet(t *testing.T, o simulator.Options, settings ...string) *fleet {
	t.Helper()
	b := newTold(t, o, settings...)
	f := &fleet{told: b, c: b.dial()}
	f.old, f.new = builds(t)
	return f
}

// newPacedFleet has sessions that last.
func newPacedFleet(t *testing.T) *fleet {
	o := rich()
	o.Budget = perMinute
	o.Faults = simulator.Faults{Defender: simulator.PeerFaults{Latency: answered}}
	return newFleet(t, o, "DEFENDER_REQUESTS_PER_MINUTE=3000", "INTEGRATION_HEARTBEAT=4s")
}

// hold makes the session that runs wait in the middle, at every request, until release.
func (f *fleet) hold(done <-chan contract.SessionResult) {
	f.t.Helper()
	f.userPages(5, done)
	f.Sim.SetFaults(simulator.Faults{Defender: simulator.PeerFaults{Latency: held}})
}

// held is how late a tenant answers that holds a session up: for thirty pages of users,
// longer than what a test does meanwhile.
const held = 20 * time.Second

// release lets the session go on.
func (f *fleet) release() {
	f.Sim.SetFaults(simulator.Faults{Defender: simulator.PeerFaults{Latency: answered}})
}

// deployment is the worker deployment of the bench.
func (f *fleet) deployment() string { return "dep-" + f.Name }

// work starts a worker of a build, with its version, and waits until Temporal knows it.
func (f *fleet) work(b build) *harness.Process {
	f.t.Helper()
	w := f.start(b, "TEMPORAL_DEPLOYMENT_NAME="+f.deployment(), "TEMPORAL_WORKER_BUILD_ID="+b.id)
	f.until("a worker of "+b.id+" polls", func() bool { return f.shown().row(b.id).Workers > 0 })
	return w
}

// start starts a worker of a build that lasts as long as the test.
func (f *fleet) start(b build, settings ...string) *harness.Process {
	f.t.Helper()
	w, err := f.StartWorkerOf(b.file, settings...)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		w.KillAndWait()
		if f.t.Failed() {
			f.t.Logf("worker of %s:\n%s", b.id, w.ReadLog())
		}
	})
	return w
}

// promote makes a build current, by the command of the documentation.
func (f *fleet) promote(b build) string {
	f.t.Helper()
	return f.done("workers", "promote", b.id, "--yes")
}

// shown is what 'defendersync workers' shows.
type shown struct {
	code     int
	Versions []shownRow
	Workers  []struct{ Identity string }
	Running  []struct {
		Kind, ID string
		Version  struct{ Deployment, Build string }
		Pinned   bool
	}
	Findings []struct{ Level, Text, Todo string }
}

type shownRow struct {
	Build, Status string
	Workers       int
	Runs          []string
}

func (f *fleet) shown() (s shown) {
	f.t.Helper()
	out := f.RunCommand(f.ctx, "workers", "--output", "json")
	if err := harness.DecodeData(out.Out, &s); err != nil {
		f.t.Fatalf("workers ended with %d: %s%s", out.Code, out.Out, out.Err)
	}
	s.code = out.Code
	return s
}

// row is what it shows of a build.
func (s shown) row(id string) shownRow {
	for _, r := range s.Versions {
		if r.Build == id {
			return r
		}
	}
	return shownRow{}
}

// finds reports whether a finding of a level has a text.
func (s shown) finds(level, text string) bool {
	for _, found := range s.Findings {
		if found.Level == level && strings.Contains(found.Text+": "+found.Todo, text) {
			return true
		}
	}
	return false
}

// described is what Temporal tells of a workflow.
func (f *fleet) described(id, run string) *workflowpb.WorkflowExecutionInfo {
	f.t.Helper()
	d, err := f.c.DescribeWorkflow(f.ctx, id, run)
	if err != nil {
		f.t.Fatal(err)
	}
	return d.RawResponse.GetWorkflowExecutionInfo()
}

// stayed asserts that a session and all runs of its Sync were on one build from first to
// last, and that no step of theirs failed.
func (f *fleet) stayed(r contract.SessionResult, b build) {
	f.t.Helper()
	runs := 0
	f.stayedRun(r.Session, "", b)
	for run := f.described(contract.SyncID(f.Name), "").GetExecution().GetRunId(); run != ""; runs++ {
		run = f.stayedRun(contract.SyncID(f.Name), run, b)
	}
	if runs < 2 {
		f.t.Errorf("Sync was a single run")
	}
}

// stayedRun asserts that of one run, and returns the run that it continues.
func (f *fleet) stayedRun(id, run string, b build) (before string) {
	f.t.Helper()
	v := f.described(id, run).GetVersioningInfo()
	if v.GetDeploymentVersion().GetBuildId() != b.id || v.GetBehavior() != enumspb.VERSIONING_BEHAVIOR_PINNED {
		f.t.Errorf("%s is on %v, not on %s", id, v, b.id)
	}
	f.events(id, run, func(e *historypb.HistoryEvent) {
		if begun := e.GetWorkflowExecutionStartedEventAttributes(); begun != nil {
			before = begun.GetContinuedExecutionRunId()
		}
		if done := e.GetWorkflowTaskCompletedEventAttributes(); done != nil && done.GetDeploymentVersion().GetBuildId() != b.id {
			f.t.Errorf("a step of %s was on %v, not on %s", id, done.GetDeploymentVersion(), b.id)
		}
		if failed := e.GetWorkflowTaskFailedEventAttributes(); failed != nil {
			f.t.Errorf("a step of %s failed: %s", id, failed.GetFailure().GetMessage())
		}
	})
	return before
}

// events calls see for each event of a run.
func (f *fleet) events(id, run string, see func(*historypb.HistoryEvent)) {
	f.t.Helper()
	all := f.c.GetWorkflowHistory(f.ctx, id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for all.HasNext() {
		e, err := all.Next()
		if err != nil {
			f.t.Fatal(err)
		}
		see(e)
	}
}

// movesTo waits until the watch works on a build, through a continue-as-new there.
func (f *fleet) movesTo(b build) {
	f.t.Helper()
	id := contract.WatchID(f.Name)
	for _, what := range []string{"the watch moves to " + b.id, "the watch continues as new on " + b.id} {
		before := f.described(id, "").GetExecution().GetRunId()
		f.until(what, func() bool {
			info := f.described(id, "")
			v := info.GetVersioningInfo()
			there := v.GetDeploymentVersion().GetBuildId() == b.id && v.GetBehavior() == enumspb.VERSIONING_BEHAVIOR_AUTO_UPGRADE
			return there && (strings.Contains(what, "moves") || info.GetExecution().GetRunId() != before)
		})
	}
}

// dropWatch ends the watch, so that the next session starts it as its child.
func (f *fleet) dropWatch() {
	f.t.Helper()
	if err := f.c.TerminateWorkflow(f.ctx, contract.WatchID(f.Name), "", "the test has a session start it"); err != nil {
		f.t.Fatal(err)
	}
}

func TestAnUpgradeAndARollbackInMidSessionLoseNothing(t *testing.T) {
	f := newPacedFleet(t)
	o := oracle.New(f.Sim)
	old := f.work(f.old)
	f.promote(f.old)
	f.schedule()
	f.dropWatch()
	done := f.following()
	f.hold(done)

	f.work(f.new)
	if s := f.shown(); s.code != 0 || !s.finds("attention", "defendersync workers promote "+f.new.id) {
		t.Errorf("with a build that waits to be promoted, workers ends with %d: %+v", s.code, s.Findings)
	}
	said := f.promote(f.new)
	for _, text := range []string{f.new.id + " of " + f.deployment() + " is current now", "finishes session/" + f.Name} {
		if !strings.Contains(said, text) {
			t.Errorf("promote does not say %q: %s", text, said)
		}
	}
	f.movesTo(f.new)
	if s := f.shown(); s.code != 0 || s.row(f.old.id).Status != "draining" || len(s.row(f.old.id).Runs) < 2 || s.row(f.new.id).Status != "current" {
		t.Errorf("while the session ends on the former build, workers ends with %d and shows %+v", s.code, s.Versions)
	}
	f.skips(f.new)
	f.release()
	r, ok := <-done
	if !ok || r.Outcome != saas.OutcomeCompleted {
		t.Fatalf("the session ended as %+v", r)
	}
	f.stayed(r, f.old)
	f.agree(o.LearnDue(f.Sim))

	f.until("the former build is drained", func() bool { return f.shown().finds("hint", "its workers may be stopped") })
	if code := old.TerminateAndWait(); code != 0 {
		t.Errorf("the former worker ended with %d", code)
	}
	f.nextDay(o, f.new)

	f.work(f.old)
	f.promote(f.old)
	f.movesTo(f.old)
	f.nextDay(o, f.old)
	f.stayed(f.session(saas.OutcomeCompleted, "--full"), f.old)
	f.agree(o.LearnDue(f.Sim))
}

// skips has the schedule start a session while another one holds the lane on another
// build, and asserts that it is skipped, on its own build.
func (f *fleet) skips(b build) {
	f.t.Helper()
	h := f.c.ScheduleClient().GetHandle(f.ctx, contract.ScheduleID(f.Name))
	if err := h.Trigger(f.ctx, client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL}); err != nil {
		f.t.Fatal(err)
	}
	var r contract.SessionResult
	f.until("the other session is skipped", func() bool {
		for _, w := range f.list(f.c, contract.WorkflowSession) {
			if w.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED {
				return f.c.GetWorkflow(f.ctx, w.GetExecution().GetWorkflowId(), w.GetExecution().GetRunId()).Get(f.ctx, &r) == nil
			}
		}
		return false
	})
	if r.Outcome != saas.OutcomeSkipped || r.Blocker == "" {
		f.t.Errorf("the other session ended as %+v", r)
	}
	f.stayedRun(r.Session, "", b)
}

// nextDay runs a session of the schedule after a day of new activity, on a build.
func (f *fleet) nextDay(o *oracle.Oracle, b build) {
	f.t.Helper()
	f.Sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.1})
	f.stayed(f.session(saas.OutcomeCompleted), b)
	f.agree(o.LearnDue(f.Sim))
}

func TestASessionWhoseBuildHasNoWorkerWaitsVisiblyForOne(t *testing.T) {
	f := newPacedFleet(t)
	o := oracle.New(f.Sim)
	w := f.work(f.old)
	f.promote(f.old)
	f.schedule()
	done := f.following()
	f.hold(done)
	f.work(f.new)
	f.promote(f.new)
	w.KillAndWait()
	f.release() // nobody asks the tenants any more

	lacks := f.old.id + " of " + f.deployment() + ", of which no worker"
	f.until("workers says that the session waits", func() bool {
		s := f.shown()
		return s.code == 1 && s.finds("wrong", lacks) && s.finds("wrong", "TEMPORAL_WORKER_BUILD_ID="+f.old.id)
	})
	if got := f.checked(1)["Temporal: workers"]; got.Status != "failed" || !strings.Contains(got.Detail, lacks) {
		t.Errorf("check says of the workers %+v", got)
	}
	if out := f.RunCommand(f.ctx, "watch"); out.Code != 1 || !strings.Contains(out.Out, lacks) {
		t.Errorf("watch ended with %d: %s%s", out.Code, out.Out, out.Err)
	}
	if out := f.done("sessions", "show", "running"); !strings.Contains(out, "it stays with build "+f.old.id) {
		t.Errorf("sessions show says %s", out)
	}
	if out := f.RunCommand(f.ctx, "run", "--full"); out.Code != 1 || !strings.Contains(out.Err, "nothing was started") {
		t.Errorf("another session was started beside it: %d, %s%s", out.Code, out.Out, out.Err)
	}

	f.work(f.old)
	r, ok := <-done
	if !ok || r.Outcome != saas.OutcomeCompleted {
		t.Fatalf("the session ended as %+v", r)
	}
	f.stayed(r, f.old)
	f.agree(o.LearnDue(f.Sim))
}

func TestWithoutVersionsTheTwoBuildsBreakEachOthersSessions(t *testing.T) {
	f := newPacedFleet(t)
	o := oracle.New(f.Sim)
	w := f.start(f.old)
	f.schedule()
	done := f.following()
	f.hold(done)
	w.KillAndWait()
	other := f.start(f.new)
	id := contract.SyncID(f.Name)
	f.until("the other build fails at the session", func() bool {
		failed := false
		f.events(id, "", func(e *historypb.HistoryEvent) {
			failed = failed || e.GetWorkflowTaskFailedEventAttributes().GetCause() == enumspb.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR
			if done := e.GetWorkflowTaskCompletedEventAttributes(); done.GetVersioningBehavior() != enumspb.VERSIONING_BEHAVIOR_UNSPECIFIED || done.GetDeploymentVersion() != nil {
				t.Fatalf("without versions a history tells of one: %v", done)
			}
		})
		return failed
	})
	if !strings.Contains(other.ReadLog(), "TMPRL1100") {
		t.Errorf("its log does not say why:\n%s", other.ReadLog())
	}
	other.KillAndWait()
	f.start(f.old)
	f.release()
	r, ok := <-done
	if !ok || r.Outcome != saas.OutcomeCompleted {
		t.Fatalf("the session ended as %+v", r)
	}
	if v := f.described(id, "").GetVersioningInfo(); v.GetBehavior() != enumspb.VERSIONING_BEHAVIOR_UNSPECIFIED {
		t.Errorf("without versions the session has %v", v)
	}
	f.agree(o.LearnDue(f.Sim))
}

func TestVersionsAreTurnedOnAndOffInMidSession(t *testing.T) {
	f := newPacedFleet(t)
	o := oracle.New(f.Sim)
	bare := f.start(f.old)
	f.schedule()
	done := f.following()
	f.hold(done)

	f.work(f.old) // the same workflows, with a version
	f.promote(f.old)
	f.until("the worker without a version is told that it gets no work", func() bool {
		return f.shown().finds("attention", "workers without a version get no work")
	})
	bare.TerminateAndWait()
	f.release()
	if r, ok := <-done; !ok || r.Outcome != saas.OutcomeCompleted {
		t.Fatalf("the session ended as %+v", r)
	}
	f.agree(o.LearnDue(f.Sim))
	f.nextDay(o, f.old)

	f.Sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.5})
	done = f.following()
	f.hold(done)
	f.start(f.old)
	f.until("the worker without a version polls", func() bool {
		return slices.ContainsFunc(f.shown().Versions, func(r shownRow) bool { return r.Build == "" && r.Workers > 0 })
	})
	f.done("workers", "promote", "--unversioned", "--yes")
	f.release()
	r, ok := <-done
	if !ok || r.Outcome != saas.OutcomeCompleted {
		t.Fatalf("the session ended as %+v", r)
	}
	f.stayed(r, f.old)
	f.agree(o.LearnDue(f.Sim))
	f.Sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.1})
	if r := f.session(saas.OutcomeCompleted); f.described(r.Session, "").GetVersioningInfo().GetBehavior() != enumspb.VERSIONING_BEHAVIOR_UNSPECIFIED {
		t.Error("the session has a version")
	}
	f.agree(o.LearnDue(f.Sim))
}

func TestThatNoBuildIsCurrentIsSaidAtOnce(t *testing.T) {
	f := newFleet(t, small())
	f.schedule()
	w := f.work(f.old)
	const none = "no build is current"
	promote := "defendersync workers promote " + f.old.id
	if s := f.shown(); s.code != 1 || !s.finds("wrong", none) || !s.finds("wrong", promote) {
		t.Errorf("workers ends with %d: %+v", s.code, s.Findings)
	}
	if got := f.checked(1)["Temporal: workers"]; got.Status != "failed" || !strings.Contains(got.Detail, none) || !strings.Contains(got.Detail, promote) {
		t.Errorf("check says of the workers %+v", got)
	}
	if out := f.RunCommand(f.ctx, "watch"); out.Code != 1 || !strings.Contains(out.Out, none) || !strings.Contains(out.Out, promote) {
		t.Errorf("watch ended with %d: %s%s", out.Code, out.Out, out.Err)
	}
	f.until("the worker says so", func() bool { return strings.Contains(w.ReadLog(), none) && strings.Contains(w.ReadLog(), promote) })
	var got notStarted
	f.decode(f.done("run", "--output", "json"), &got)
	f.says("show", f.done("sessions", "show", got.Session), []string{"has been waiting for a worker", "'defendersync workers'"})
	f.promote(f.old)
	if status := f.ends(f.c, got.Session, got.Run); status != enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED {
		t.Errorf("once promoted, the session ended as %s", status)
	}
	if s := f.shown(); s.code != 0 || len(s.Findings) != 0 {
		t.Errorf("workers ends with %d: %+v", s.code, s.Findings)
	}
	f.finds(f.checked(0), "ok", "Temporal: workers")
}
