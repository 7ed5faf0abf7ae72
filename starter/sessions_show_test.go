package main

import (
	"strings"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

func TestSessionsShowTellsASessionOfEachOutcome(t *testing.T) {
	p := thePast(t)
	for name, result := range map[string]contract.SessionResult{
		"completed": p.full, "dry_run": p.dryRun, "with_errors": p.rejecting, "failed": p.failed, "skipped": p.skipped,
	} {
		t.Run(name, func(t *testing.T) {
			p.run("sessions", "show", result.Session).ends(exitCompleted).quiet().golden("sessions_show_"+name,
				`(?m)^    app \d+: .*`, "    app ID: WHY",
				// which apps without news an increment reads all the same is drawn by its run
				`(incremental session(?s:.*)users of apps +)\d+( +0 +0 +)\d+`, "${1}N${2}N")
			var got sessionJSON
			p.run("sessions", "show", result.Session, "--output", "json").ends(exitCompleted).decode(&got)
			if got.Session != result.Session || got.Outcome != result.Outcome || got.Counts != result.Counts || got.Requests.Defender != result.Requests.Defender || got.Run == "" || got.Took == nil {
				t.Errorf("as JSON it is %+v, not %+v", got, result)
			}
		})
	}
	p.run("sessions", "show", p.cancelled.Session).ends(exitCompleted).prints(p.cancelled.Session+": Cancelled in ", "by ann@desk")
	p.run("sessions", "show", p.terminated.Session).ends(exitCompleted).prints(p.terminated.Session+": Terminated in ", "by ann@desk")
}

func TestASessionIsFoundByAnyOfItsNames(t *testing.T) {
	p := thePast(t)
	short := strings.TrimPrefix(p.full.Session, "session/"+p.Name+"-")
	run := p.lists(2, "--outcome", "completed")[1].Run
	for _, name := range []string{p.full.Session, short, run} {
		p.run("sessions", "show", name).ends(exitCompleted).prints(p.full.Session + ": Completed in ")
	}
	for _, args := range [][]string{{"sessions", "show"}, {"sessions", "show", "latest"}} {
		p.run(args...).ends(exitCompleted).prints(p.terminated.Session + ": Terminated in ")
	}
}

func TestASessionThatIsNotThereIsNamedWithWhereItWasLookedFor(t *testing.T) {
	p := thePast(t)
	for name, says := range map[string]string{
		"2020-01-01T00:00:00Z":                 "no session session/" + p.Name + "-2020-01-01T00:00:00Z in namespace default",
		"00000000-0000-4000-8000-000000000000": "no session of " + p.Name + " with run id 00000000-0000-4000-8000-000000000000",
		"sync/" + p.Name:                       "a workflow of type Sync",
		"running":                              "no session of " + p.Name + " is running",
	} {
		got := p.run("sessions", "show", name).ends(exitFailed).says(says)
		if got.out != "" {
			t.Errorf("%s: it prints %s", name, got.out)
		}
	}
	p.run("sessions", "show", "latest", "running").ends(exitUsage).says(`takes one session, but also got "running"`)
	p.run("sessions", "show", "--output", "xml").ends(exitUsage).says("use table or json")
	p.runWith([]string{"INTEGRATION_NAME=nobody"}, "sessions", "show").ends(exitFailed).says("has no session of nobody", "defendersync run")
}

func TestSessionsShowTellsHowFarARunningSessionIs(t *testing.T) {
	tenants, budget := paced()
	r := newRig(t, tenants, budget, "INTEGRATION_HEARTBEAT=1s")
	r.work()
	begun := r.begin("--full")
	eventually(t, "users are carried over", func() bool { return *r.lists(1)[0].Users > 0 })
	r.run("sessions", "show", "running").ends(exitCompleted).prints(begun.Session+": Running", "running for ", "now: carrying over users", "apps ", " of ~60", "users ")
	var got sessionJSON
	r.run("sessions", "show", "--output", "json").ends(exitCompleted).decode(&got)
	if got.Session != begun.Session || got.Outcome != saas.OutcomeRunning || got.Phase != "carrying over users" || got.Counts.Users.Seen == 0 {
		t.Errorf("as JSON it is %+v", got)
	}
	r.run("sessions", "cancel").ends(exitCompleted)
}

func TestSessionsShowTellsThatASessionWaitsForAWorker(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.run("run", "--full").ends(exitCompleted)
	eventually(t, "it is listed", func() bool { return len(r.lists(1)) == 1 })
	r.run("sessions", "show").ends(exitCompleted).prints("has been waiting for a worker since", "task queue defendersync/"+r.Name)
	var got sessionJSON
	r.run("sessions", "show", "--output", "json").ends(exitCompleted).decode(&got)
	if got.Phase != "queued" || got.Waiting == nil || got.Waiting.For != "a worker" || !strings.Contains(got.Standing, "waiting for a worker") {
		t.Errorf("as JSON it is %+v", got)
	}
	if row := r.lists(1)[0]; !strings.Contains(row.Note, "waiting for a worker") || row.Outcome != "Running" {
		t.Errorf("it is listed as %+v", row)
	}
}
