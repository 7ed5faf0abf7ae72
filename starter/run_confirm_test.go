package main

import (
	"strings"
	"testing"

	"defendersync/internal/testing/simulator"
)

func TestOfSessionsStartedAtOnceOneSaysStarted(t *testing.T) {
	tenants, budget := paced()
	r := newRig(t, tenants, budget, "INTEGRATION_HEARTBEAT=1s")
	r.work()
	r.run("schedule", "apply").ends(exitCompleted)
	const callers = 3
	ended := make(chan ran, callers)
	for i := range callers {
		go func() {
			flags := [][]string{{"run"}, {"run", "--full"}, {"run", "--full"}}
			ended <- r.run(flags[i]...)
		}()
	}
	started := 0
	for range callers {
		got := <-ended
		switch {
		case got.code == exitCompleted && strings.HasPrefix(got.err, "started session/"+r.Name):
			started++
		case got.code != exitFailed || !strings.HasPrefix(got.err, "nothing was started: session/"+r.Name):
			t.Errorf("%s ended with %d: %s", got.args, got.code, got.err)
		}
	}
	if started != 1 {
		t.Errorf("%d say that they have started a session", started)
	}
	r.run("sessions", "cancel").ends(exitCompleted)
}

func TestASessionThatNoWorkerPicksUpIsStartedAllTheSame(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.run("run", "--full").ends(exitCompleted).says("started session/" + r.Name)
}
