package e2e

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/oracle"
)

// starterSaw is what one who started a session was told.
type starterSaw struct {
	result contract.SessionResult
	out    harness.Output
	err    error
}

// TestSessionsStartedAtTheSameMomentNeverOverlap starts sessions by the
// schedule's own clock, by its trigger and by the command line, all at once.
func TestSessionsStartedAtTheSameMomentNeverOverlap(t *testing.T) {
	b := pacedBench(t, "INTEGRATION_HEARTBEAT=15s")
	o := oracle.New(b.Sim)
	b.worker()
	b.schedule()
	c, err := b.DialClient()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	b.everySecond(c)

	starters := [][]string{nil, nil, {"--full"}, {"--full"}, {"--dry-run"}}
	saw := make([]starterSaw, len(starters))
	var all sync.WaitGroup
	for i, flags := range starters {
		all.Go(func() {
			r, out, err := b.RunSession(b.ctx, flags...)
			saw[i] = starterSaw{r, out, err}
		})
	}
	all.Wait()
	b.rest(c)

	completed := 0
	for i, s := range saw {
		switch {
		case strings.Contains(s.out.Err, "nothing was started: session/") && s.result.Outcome == "":
			if s.out.Code != 1 || s.result.Session == "" {
				t.Errorf("starter %d started nothing with exit code %d because of %q", i, s.out.Code, s.result.Session)
			}
		case s.err != nil:
			t.Errorf("starter %d was told nothing: %v", i, s.err)
		case s.result.Outcome == saas.OutcomeCompleted:
			completed++
		case s.result.Outcome == saas.OutcomeSkipped:
			if s.result.Blocker == "" || s.out.Code != 1 {
				t.Errorf("starter %d was skipped with exit code %d because of %q", i, s.out.Code, s.result.Blocker)
			}
		default:
			t.Errorf("starter %d: %s %s", i, s.result.Outcome, s.result.Error)
		}
		if !strings.Contains(s.out.Err, "started session/") && !strings.Contains(s.out.Err, "nothing was started: session/") {
			t.Errorf("starter %d was not told what happened: %s", i, s.out.Err)
		}
	}
	if completed == 0 {
		t.Error("nobody's session completed")
	}
	b.checkLane(c)
	b.session(saas.OutcomeCompleted)
	b.agree(o.LearnDue(b.Sim))
}

// everySecond has the schedule start sessions by itself from now on.
func (b *bench) everySecond(c client.Client) {
	b.t.Helper()
	err := c.ScheduleClient().GetHandle(b.ctx, b.Name).Update(b.ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			s := in.Description.Schedule
			s.Spec = &client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: time.Second}}}
			s.Policy.Overlap = enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL
			return &client.ScheduleUpdate{Schedule: &s}, nil
		},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// rest pauses the schedule and waits for the sessions that still run.
func (b *bench) rest(c client.Client) {
	b.t.Helper()
	if err := c.ScheduleClient().GetHandle(b.ctx, b.Name).Delete(b.ctx); err != nil {
		b.t.Fatal(err)
	}
	b.schedule()
	for _, w := range b.list(c, "Session") {
		var r contract.SessionResult
		if err := c.GetWorkflow(b.ctx, w.GetExecution().GetWorkflowId(), w.GetExecution().GetRunId()).Get(b.ctx, &r); err != nil {
			b.t.Errorf("session %s: %v", w.GetExecution().GetWorkflowId(), err)
		}
	}
}

// list finds the integration's workflows of a type.
func (b *bench) list(c client.Client, kind string) []*workflowpb.WorkflowExecutionInfo {
	b.t.Helper()
	query := "WorkflowType = '" + kind + "' AND SyncIntegration = '" + b.Name + "'"
	if kind == "Sync" {
		query = "WorkflowId = 'sync/" + b.Name + "'"
	}
	answer, err := c.ListWorkflow(b.ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query, PageSize: 1000})
	if err != nil {
		b.t.Fatal(err)
	}
	return answer.GetExecutions()
}

// checkLane makes sure that one Sync ended before the next began, and that
// there is one for every session that was not skipped.
func (b *bench) checkLane(c client.Client) {
	b.t.Helper()
	var syncs []*workflowpb.WorkflowExecutionInfo
	ran, skipped := 0, 0
	deadline := time.Now().Add(time.Minute)
	for { // visibility lags a little behind
		syncs, ran, skipped = b.list(c, "Sync"), 0, 0
		for _, w := range b.list(c, "Session") {
			var r contract.SessionResult
			if err := c.GetWorkflow(b.ctx, w.GetExecution().GetWorkflowId(), w.GetExecution().GetRunId()).Get(b.ctx, &r); err != nil {
				b.t.Fatal(err)
			}
			if r.Outcome == saas.OutcomeSkipped {
				skipped++
			} else {
				ran++
			}
		}
		open := slices.ContainsFunc(syncs, func(w *workflowpb.WorkflowExecutionInfo) bool { return w.GetCloseTime() == nil })
		if (ran == len(syncs) && !open) || time.Now().After(deadline) {
			break
		}
	}
	slices.SortFunc(syncs, func(x, y *workflowpb.WorkflowExecutionInfo) int {
		return cmp.Compare(x.GetStartTime().AsTime().UnixNano(), y.GetStartTime().AsTime().UnixNano())
	})
	for i := 1; i < len(syncs); i++ {
		if syncs[i].GetStartTime().AsTime().Before(syncs[i-1].GetCloseTime().AsTime()) {
			b.t.Errorf("two sessions overlapped: one ended at %s, the next began at %s", syncs[i-1].GetCloseTime().AsTime(), syncs[i].GetStartTime().AsTime())
		}
	}
	if ran != len(syncs) {
		b.t.Errorf("%d sessions did work in %d lanes", ran, len(syncs))
	}
	b.t.Logf("%d sessions ran one after the other, %d were skipped", ran, skipped)
}
