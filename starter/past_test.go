package main

import (
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/simulator"
)

// past is an integration with a session of every outcome. The commands that
// look back are tested on it; all of them share one, which they don't change.
type past struct {
	*rig
	full, dryRun, rejecting, failed, cancelled, skipped, terminated contract.SessionResult
}

var sharedPast struct {
	once sync.Once
	past
}

// thePast is the shared past, as one test sees it.
func thePast(t *testing.T) *past {
	t.Helper()
	needServer(t)
	t.Parallel()
	sharedPast.once.Do(func() { sharedPast.past = makePast(t) })
	if sharedPast.rig == nil {
		t.Fatal("the past could not be made: see the test that was first")
	}
	p := sharedPast.past
	p.rig = &rig{Integration: p.Integration, t: t, temporal: p.temporal}
	return &p
}

// makePast runs the sessions, oldest first, by a worker that is gone when it
// returns.
func makePast(t *testing.T) past {
	t.Helper()
	p := past{rig: openRig(t, simulator.Options{}, "INTEGRATION_HEARTBEAT=1s")}
	shared.closes = append(shared.closes, p.Close)
	stop := p.work()
	p.run("schedule", "apply").ends(exitCompleted)
	p.full = p.session(exitCompleted)
	p.dryRun = p.session(exitCompleted, "--dry-run")
	p.Sim.SetFaults(simulator.Faults{BadUsers: 0.2})
	p.rejecting = p.session(exitWithErrors, "--full")
	p.Sim.SetFaults(simulator.Faults{Defender: simulator.PeerFaults{ExpireTokenAfter: 1}})
	p.failed = p.session(exitFailed, "--full")

	// Two that wait, however slow the machine, for a tenant that takes no request.
	p.Sim.SetFaults(simulator.Faults{Defender: simulator.PeerFaults{RateLimited: 1, RetryAfter: 60}})
	p.cancelled = p.begin("--full")
	p.skipped = p.beside()
	p.run("sessions", "cancel", "--output", "json", p.cancelled.Session).ends(exitCompleted).decode(&p.cancelled)

	p.terminated = p.begin("--full")
	if err := p.temporal.TerminateWorkflow(t.Context(), p.terminated.Session, "", "by hand"); err != nil {
		t.Fatal(err)
	}
	stop()
	p.Sim.SetFaults(simulator.Faults{})
	p.lists(7)
	return p
}

// session runs a session to its end, which has to be this one.
func (r *rig) session(code int, flags ...string) contract.SessionResult {
	r.t.Helper()
	got := r.run(append([]string{"run", "--follow", "--output", "json"}, flags...)...).ends(code)
	result, err := harness.DecodeResult(got.out)
	if err != nil {
		r.t.Fatalf("%v: %s%s", err, got.out, got.err)
	}
	return result
}

// begin starts a session and waits until it holds the lane.
func (r *rig) begin(flags ...string) contract.SessionResult {
	r.t.Helper()
	var got started
	r.run(append([]string{"run", "--output", "json"}, flags...)...).ends(exitCompleted).decode(&got)
	eventually(r.t, "the session holds the lane", func() bool {
		d, err := r.temporal.DescribeWorkflow(r.t.Context(), contract.SyncID(r.Name), "")
		return err == nil && d.RawResponse.GetWorkflowExecutionInfo().GetCloseTime() == nil && d.RawResponse.GetWorkflowExecutionInfo().GetParentExecution().GetWorkflowId() == got.Session
	})
	return contract.SessionResult{Session: got.Session}
}

// paced are tenants and a setting with which a full session takes minutes after
// it has read the first apps' users at once.
func paced() (simulator.Options, string) {
	return simulator.Options{Seed: 7, Apps: 60, People: 60, Pairs: 300}, "DEFENDER_REQUESTS_PER_MINUTE=30"
}

// beside starts a session while another one runs, as the Web UI can, and waits
// for its end.
func (r *rig) beside() (result contract.SessionResult) {
	r.t.Helper()
	w, err := r.temporal.ExecuteWorkflow(r.t.Context(), client.StartWorkflowOptions{
		ID: contract.SessionID(r.Name) + "/run-beside", TaskQueue: contract.TaskQueue(r.Name),
	}, contract.WorkflowSession, contract.SessionParams{Integration: r.Name, StartedBy: "bob@desk"})
	if err == nil {
		err = w.Get(r.t.Context(), &result)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return result
}

// listed is a session as `sessions list --output json` has it.
type listed struct {
	Session, Run, Outcome, Mode, StartedBy, Note      string
	TookSeconds                                       *float64
	Started, Ended                                    time.Time
	Apps, AppsAdded, Users, UsersAdded, UsersRejected *int
}

// lists waits until the list has so many sessions: it lags behind by a moment.
func (r *rig) lists(n int, flags ...string) []listed {
	r.t.Helper()
	var got []listed
	eventually(r.t, "a list of sessions", func() bool {
		got = nil
		r.run(append([]string{"sessions", "list", "--output", "json"}, flags...)...).ends(exitCompleted).decode(&got)
		return len(got) == n
	})
	return got
}
