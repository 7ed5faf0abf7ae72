package activities

import (
	"maps"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/instants"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
)

// A full session, a day, and an increment: what the rules of time decide.
func TestSessionsCarryOverTheSameAtEveryInstant(t *testing.T) {
	instants.Each(t, func(t *testing.T, when time.Time) {
		r := newRig(t, simulator.Options{Apps: 6, People: 250, Pairs: 600, Start: when, Clock: instants.Still(when)})
		first := r.open(contract.Carry{})
		if !first.Began.Equal(when.Truncate(time.Second)) {
			t.Errorf("it began at %s by Defender's clock", first.Began)
		}
		must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, r.usage(first, 0))
		due := r.box.DuePairs(first.Streams[0].ID)
		sandbox.ComparePairs(t, due, r.box.HeldPairs())
		r.sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.1, Late: 0.3})
		p := r.open(contract.Carry{Watermark: first.Began, LastFull: first.Began, Rules: r.policy.RulesHash()})
		if p.Window.Mode != saas.ModeIncremental {
			t.Fatalf("the window is %+v", p.Window)
		}
		must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, r.usage(p, 0))
		maps.Copy(due, r.box.DuePairs(p.Streams[0].ID)) // what Defender has no more stays
		sandbox.ComparePairs(t, due, r.box.HeldPairs())
		r.clean()
	})
}
