package main

import (
	"context"
	"strings"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

func TestSessionsCancelEndsASessionAndTellsWhatItDid(t *testing.T) {
	p := thePast(t)
	if p.cancelled.Outcome != saas.OutcomeCancelled || p.cancelled.Ended.IsZero() {
		t.Errorf("the cancelled session is told as %+v", p.cancelled)
	}
	p.run("sessions", "cancel", p.cancelled.Session).ends(exitFailed).says("has already ended: Cancelled at ")
	p.run("sessions", "cancel", p.full.Session).ends(exitFailed).says("has already ended: Completed at ")
	p.run("sessions", "cancel").ends(exitFailed).says("no session of " + p.Name + " is running")
	p.run("sessions", "cancel", "2020-01-01T00:00:00Z").ends(exitFailed).says("no session")
}

func TestSessionsCancelNeedNotWait(t *testing.T) {
	tenants, budget := paced()
	r := newRig(t, tenants, budget, "INTEGRATION_HEARTBEAT=1s")
	r.work()
	begun := r.begin("--full")
	got := r.run("sessions", "cancel", "--no-wait").ends(exitCompleted).says("cancelling " + begun.Session)
	if got.out != "" {
		t.Errorf("it prints %s", got.out)
	}
	eventually(t, "it is cancelled", func() bool { return r.lists(1)[0].Outcome == "Cancelled" })
}

func TestSessionsCancelIsDoneWithASessionThatNoWorkerHasTaken(t *testing.T) {
	r := newRig(t, simulator.Options{})
	var begun started
	r.run("run", "--full", "--output", "json").ends(exitCompleted).decode(&begun)
	var got contract.SessionResult
	r.run("sessions", "cancel", "--output", "json").ends(exitCompleted).says("no worker has picked it up").decode(&got)
	if got.Session != begun.Session || got.Outcome != saas.OutcomeCancelled || got.Counts != (saas.Counts{}) {
		t.Errorf("it is told as %+v", got)
	}
	r.run("sessions", "show", begun.Session).ends(exitCompleted).prints("was cancelled before a worker picked it up")
	r.work()
	eventually(t, "it is cancelled", func() bool { return r.lists(1)[0].Outcome == "Cancelled" })
	r.run("sessions", "show", begun.Session).ends(exitCompleted).prints("the session was cancelled before it began and did nothing")
}

func TestAnInterruptEndsTheWaitForACancelledSessionAndNotItsCancellation(t *testing.T) {
	r := newRig(t, simulator.Options{})
	var begun started
	r.run("run", "--full", "--output", "json").ends(exitCompleted).decode(&begun)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	ended := make(chan ran)
	go func() {
		ended <- runIn(t, ctx, streams{environ: r.Env, user: "ann@desk"}, "sessions", "cancel")
	}()
	eventually(t, "it is being cancelled", func() bool {
		return strings.Contains(r.run("sessions", "show", begun.Session).out, "was cancelled before a worker picked it up")
	})
	interrupt()
	if got := <-ended; got.code != exitInterrupted && !strings.Contains(got.err, "no worker has picked it up") { // it may have been done by then
		t.Errorf("ended with %d: %s", got.code, got.err)
	}
	var left sessionJSON
	r.run("sessions", "cancel", "--no-wait", "--output", "json").ends(exitCompleted).decode(&left)
	if left.Session != begun.Session || left.Phase != "queued" || left.Waiting == nil || left.Waiting.For != "a worker" {
		t.Errorf("it is %+v", left)
	}
}
