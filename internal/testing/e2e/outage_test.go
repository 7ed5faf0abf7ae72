package e2e

import (
	"strings"
	"testing"
	"time"

	"defendersync/internal/saas"
	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/simulator"
)

// ownServer is a Temporal server that a test may stop.
func ownServer(t *testing.T, o simulator.Options, settings ...string) *told {
	t.Helper()
	shared := newBench(t, o, settings...) // for its skipping, its limit and its place beside the others
	own, err := harness.StartServer(shared.ctx, server.Binaries)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(own.StopServer)
	in := own.NewIntegration(o, settings...)
	t.Cleanup(in.Close)
	return toldOn(t, &bench{Integration: in, t: t, ctx: shared.ctx})
}

func TestWhatWasDueWhileTemporalWasDownIsToldOnce(t *testing.T) {
	o := slow()
	o.Seed = 7
	b := ownServer(t, o, "INTEGRATION_STALL_AFTER=12s", "INTEGRATION_NO_PROGRESS=1h", "INTEGRATION_MISSED_GRACE=2s", "INTEGRATION_WATCH_EVERY=1s", "INTEGRATION_CATCH_UP=10s")
	b.schedule()
	b.worker()
	c := b.dial()
	at := b.startIn(c, 20*time.Second)
	b.knows(c, at)
	begun := b.RunCommand(b.ctx, "run", "--full")
	if begun.Code != 0 {
		t.Fatalf("run ended with %d: %s%s", begun.Code, begun.Out, begun.Err)
	}
	b.KillNow()
	time.Sleep(time.Until(at.Add(14 * time.Second))) // the stall, and the start with its catch-up window
	if err := b.StartAgain(b.ctx); err != nil {
		t.Fatal(err)
	}
	b.mailed("has not completed")
	p := b.mailed("No session ran at")
	if len(b.notices()) != 2 {
		t.Errorf("in the app: %+v", b.notices())
	}
	if !strings.Contains(p.Text, "Temporal was down") {
		t.Errorf("the mail does not say why:\n%s", p.Text)
	}
	b.Sim.SetFaults(simulator.Faults{})
	b.mailed("completed after all")
	b.bench.session(saas.OutcomeCompleted)
	b.once("has not completed", "No session ran at", "completed after all")
}
