package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/oracle"
)

func TestRunSaysWhatItStartedAndHowItEnded(t *testing.T) {
	b := newBench(t, small())
	b.worker()
	b.schedule()
	out := b.RunCommand(b.ctx, "run", "--output", "json")
	var begun struct {
		Session string
		Started bool
	}
	b.decode(out.Out, &begun)
	if out.Code != 0 || !begun.Started || !strings.HasPrefix(begun.Session, "session/"+b.Name) {
		t.Fatalf("run ended with %d: %s%s", out.Code, out.Out, out.Err)
	}
	b.says("run", out.Err, []string{"started " + begun.Session})
	c, err := b.DialClient()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var r contract.SessionResult
	if err := c.GetWorkflow(b.ctx, begun.Session, "").Get(b.ctx, &r); err != nil || r.Outcome != saas.OutcomeCompleted {
		t.Fatalf("the session ended as %q: %v", r.Outcome, err)
	}

	out = b.RunCommand(b.ctx, "run", "--full", "--follow")
	if out.Code != 0 {
		t.Fatalf("run --full --follow ended with %d: %s%s", out.Code, out.Out, out.Err)
	}
	b.says("the table", out.Out, []string{
		": Completed in ", "full session (", "streams: Global View", "seen", "added", "updated", "unchanged", "skipped", "rejected",
		"apps", "users of apps", "people", "requests: ", "skipped by rule: ",
	})
	if strings.Contains(out.Out, "started session/") || !strings.Contains(out.Err, "started session/") {
		t.Errorf("what was started is not told apart from the result: %q", out.Out)
	}

	out = b.RunCommand(b.ctx, "run", "--follow", "--output", "json")
	b.decode(out.Out, &r)
	if out.Code != 0 || r.Mode != string(saas.ModeIncremental) || r.StartedBy == "" || r.StartedBy == "schedule" {
		t.Errorf("exit code %d, mode %q, started by %q", out.Code, r.Mode, r.StartedBy)
	}
}

func TestCommandsThatAreRepeatedAreHarmless(t *testing.T) {
	b := newBench(t, small())
	for range 2 {
		if out := b.RunCommand(b.ctx, "setup"); out.Code != 0 || !strings.Contains(out.Out, "already has all search attributes") {
			t.Errorf("setup ended with %d: %s%s", out.Code, out.Out, out.Err)
		}
	}
	if out := b.RunCommand(b.ctx, "version"); out.Code != 0 || !strings.Contains(out.Out, "defendersync") {
		t.Errorf("version ended with %d: %s%s", out.Code, out.Out, out.Err)
	}
	apply := func(did string) {
		t.Helper()
		if out := b.RunCommand(b.ctx, "schedule", "apply"); out.Code != 0 || !strings.Contains(out.Out, ": "+did+" (") {
			t.Errorf("schedule apply did not say %q, ended with %d: %s%s", did, out.Code, out.Out, out.Err)
		}
	}
	b.worker()
	apply("created")
	apply("unchanged")
	b.session(saas.OutcomeCompleted)
	b.Env = append(b.Env, "DEFENDER_STREAMS=Global View")
	apply("updated")
	apply("unchanged")
	if r := b.session(saas.OutcomeCompleted); len(r.Streams) != 1 || r.Streams[0] != "Global View" {
		t.Errorf("the setting did not reach the next session: streams %q", r.Streams)
	}
}

func TestAnInterruptEndsTheFollowingAndNotTheSession(t *testing.T) {
	b := pacedBench(t)
	o := oracle.New(b.Sim)
	b.worker()
	b.schedule()
	follower, err := b.StartCommand("run", "--follow")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(follower.KillAndWait)
	c, err := b.DialClient()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	b.userPages(5, nil)
	if err := follower.Interrupt(); err != nil {
		t.Fatal(err)
	}
	if code := follower.WaitExit(time.Minute); code != 130 {
		t.Errorf("the command ended with %d, not 130", code)
	}
	b.says("the command", follower.ReadLog(), []string{"stopped following", "continues"})
	var r contract.SessionResult
	if err := c.GetWorkflow(b.ctx, b.runningSession(c), "").Get(b.ctx, &r); err != nil || r.Outcome != saas.OutcomeCompleted {
		t.Errorf("the session ended as %q: %v", r.Outcome, err)
	}
	b.agree(o.LearnDue(b.Sim))
}

// runningSession names the session that holds the lane.
func (b *bench) runningSession(c client.Client) string {
	b.t.Helper()
	d, err := c.DescribeWorkflow(b.ctx, "sync/"+b.Name, "")
	if err != nil {
		b.t.Fatal(err)
	}
	return d.RawResponse.GetWorkflowExecutionInfo().GetParentExecution().GetWorkflowId()
}

func TestACancelledSessionSaysWhatWasDoneAndTheNextOneGoesOn(t *testing.T) {
	b := pacedBench(t)
	o := oracle.New(b.Sim)
	b.worker()
	b.schedule()
	type ending struct {
		result contract.SessionResult
		code   int
		err    error
	}
	done := make(chan ending, 1)
	go func() {
		r, out, err := b.RunSession(b.ctx)
		if err != nil {
			err = fmt.Errorf("%w: %s", err, out.Err)
		}
		done <- ending{r, out.Code, err}
	}()
	c, err := b.DialClient()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	b.userPages(30, nil)
	b.written(1, 0)
	before := b.served()
	if err := c.CancelWorkflow(b.ctx, b.runningSession(c), ""); err != nil {
		t.Fatal(err)
	}
	end := <-done
	if end.err != nil {
		t.Fatal(end.err)
	}
	r := end.result
	if r.Outcome != saas.OutcomeCancelled || end.code != 1 {
		t.Errorf("the session ended as %q with exit code %d", r.Outcome, end.code)
	}
	if r.Counts.Users.Added == 0 || r.Counts.Apps.Seen == 0 || r.Mode == "" {
		t.Errorf("it does not say what was done: %+v", r)
	}
	if total := 3 * perMinute / 60; b.served()-before > total {
		t.Errorf("%d pages were read after it was cancelled", b.served()-before)
	}
	if v := b.Sim.Violations(); len(v) > 0 {
		t.Errorf("violations: %q", v)
	}
	if r := b.session(saas.OutcomeCompleted); r.Mode != string(saas.ModeFull) {
		t.Errorf("the session after is %s (%s)", r.Mode, r.Reason)
	}
	b.agree(o.LearnDue(b.Sim))
}
