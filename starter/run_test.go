package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

func TestRunStartsASessionAndSaysWhich(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.work()
	r.run("schedule", "apply").ends(exitCompleted)
	got := r.run("run").ends(exitCompleted).says("started session/" + r.Name + "-")
	if got.out != "" {
		t.Errorf("it prints %s", got.out)
	}
	eventually(t, "the session ends", func() bool { return r.lists(1)[0].Outcome == "Completed" })
	var begun started
	r.runWith([]string{"TEMPORAL_UI_URL=http://temporal.example:8233"}, "run", "--output", "json").ends(exitCompleted).
		says("started session/", "see http://temporal.example:8233/namespaces/default/workflows/session").decode(&begun)
	if !begun.Started || begun.Session == "" || begun.Run == "" || !strings.Contains(begun.WebUI, begun.Run) {
		t.Errorf("as JSON it is %+v", begun)
	}
	eventually(t, "the session ends", func() bool { return r.lists(2)[0].Outcome == "Completed" })
	if row := r.lists(2)[0]; row.StartedBy != "ann@desk" || row.Mode != "incremental" {
		t.Errorf("listed as %+v", row)
	}
}

func TestRunFollowsASessionToItsEnd(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.work()
	r.run("run", "--follow").ends(exitCompleted).says("started session/" + r.Name + "/run-").golden("run_follow")
	var result contract.SessionResult
	r.run("run", "-f", "--full", "--output", "json").ends(exitCompleted).decode(&result)
	if result.Outcome != saas.OutcomeCompleted || result.Mode != "full" || result.StartedBy != "ann@desk" || result.Counts.Users.Unchanged != 60 {
		t.Errorf("as JSON it is %+v", result)
	}
}

func TestADryRunWritesNothingAndIsAlwaysFollowed(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.work()
	before := len(r.Sim.Holdings().People)
	r.run("run", "--dry-run").ends(exitCompleted).prints("dry run: nothing was written").golden("run_dry_run")
	if held := r.Sim.Holdings(); len(held.SaaS) != 0 || len(held.People) != before {
		t.Errorf("Oomnitza holds %d records and %d people", len(held.SaaS), len(held.People))
	}
}

func TestTheExitCodeOfAFollowedSessionSaysHowItEnded(t *testing.T) {
	r := newRig(t, simulator.Options{}, "INTEGRATION_HEARTBEAT=1s")
	r.work()
	r.Sim.SetFaults(simulator.Faults{BadUsers: 0.2})
	r.run("run", "--full", "--follow").ends(exitWithErrors).prints(": Completed with errors in ", "rejected: 8 × user row unreadable")
	r.Sim.SetFaults(simulator.Faults{Defender: simulator.PeerFaults{ExpireTokenAfter: 1}})
	r.run("run", "--full", "--follow").ends(exitFailed).prints(": Failed in ", "DEFENDER_API_KEY may be wrong")
}

func TestWhileASessionRunsNothingIsStarted(t *testing.T) {
	tenants, budget := paced()
	r := newRig(t, tenants, budget, "INTEGRATION_HEARTBEAT=1s")
	r.run("schedule", "apply").ends(exitCompleted)
	r.work()
	begun := r.begin("--full")
	for _, flags := range [][]string{{}, {"--full"}, {"--dry-run"}, {"--full", "--follow"}} {
		got := r.run(append([]string{"run"}, flags...)...).ends(exitFailed).says("nothing was started: "+begun.Session+" has been running since ", "s)")
		if got.out != "" {
			t.Errorf("%q prints %s", flags, got.out)
		}
	}
	var got started
	r.run("run", "--full", "--output", "json").ends(exitFailed).decode(&got)
	if got.Started || got.Session != begun.Session || !strings.Contains(got.Reason, "has been running since") {
		t.Errorf("as JSON it is %+v", got)
	}

	following := make(chan ran)
	go func() { following <- r.run("run", "--follow") }() // another's session, to its end
	time.Sleep(100 * time.Millisecond)
	r.run("sessions", "cancel").ends(exitCompleted)
	(<-following).ends(exitFailed).says("nothing was started: " + begun.Session).prints(begun.Session + ": Cancelled in ")
}

func TestRunNamesTheSessionThatWaitsForAWorker(t *testing.T) {
	r := newRig(t, simulator.Options{})
	var begun started
	r.run("run", "--full", "--output", "json").ends(exitCompleted).decode(&begun)
	time.Sleep(2 * time.Second) // as long as a worker may take to pick it up
	r.run("run", "--full").ends(exitFailed).says("nothing was started: "+begun.Session+" has been waiting for a worker since ", "task queue defendersync/"+r.Name)
}

func TestAnInterruptEndsTheFollowingAndNotTheSession(t *testing.T) {
	tenants, budget := paced()
	r := newRig(t, tenants, budget, "INTEGRATION_HEARTBEAT=1s")
	r.work()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan ran)
	go func() {
		ended <- runIn(t, ctx, streams{environ: r.Env}, "run", "--follow")
	}()
	eventually(t, "the session runs", func() bool { return r.run("sessions", "show", "running").code == exitCompleted })
	cancel()
	(<-ended).ends(exitInterrupted).says("stopped following", "continues")
	r.run("sessions", "show", "running").ends(exitCompleted).prints(": Running")
	r.run("sessions", "cancel").ends(exitCompleted)
}

func TestRunRefusesWhatItCannotDo(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.run("run", "now").ends(exitUsage).says(`"now"`)
	r.run("run", "--output", "xml").ends(exitUsage).says("use table or json")
	r.runWith([]string{"INTEGRATION_DEFAULT_ROLE="}, "run").ends(exitUsage).says("INTEGRATION_DEFAULT_ROLE")
	r.runWith([]string{"TEMPORAL_NAMESPACE=nowhere"}, "run").ends(exitFailed).says("nowhere")
}

func TestASessionWhoseInputTheWorkerCannotReadFailsAndNamesTheSetting(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.work()
	r.runWith([]string{"PAYLOAD_ENCRYPTION_KEY=k:" + keyOne}, "run", "--full", "--follow").ends(exitFailed).says("the worker's PAYLOAD_ENCRYPTION_KEY lacks the key")
}
