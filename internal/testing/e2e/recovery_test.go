package e2e

import (
	"path/filepath"
	"testing"

	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/oracle"
	"defendersync/internal/testing/simulator"
)

// recoverable is a bench on a Temporal server of its own, whose sessions last.
func recoverable(t *testing.T, form simulator.Variants) *told {
	o := rich()
	o.Seed, o.Variants, o.Budget = 7, form, perMinute
	o.Faults = simulator.Faults{Defender: simulator.PeerFaults{Latency: answered}}
	return ownServer(t, o, append([]string{"DEFENDER_REQUESTS_PER_MINUTE=3000"}, calm...)...)
}

// replaceTemporal ends the server at once and starts it on other data, while workers
// run on.
func (b *told) replaceTemporal(dir string) {
	b.t.Helper()
	b.KillNow()
	if err := b.LoadData(dir); err != nil {
		b.t.Fatal(err)
	}
	if err := b.StartAgain(b.ctx); err != nil {
		b.t.Fatal(err)
	}
}

// begun starts a session and waits until it has read pages of users.
func (b *told) begun(flags ...string) notStarted {
	b.t.Helper()
	var got notStarted
	b.decode(b.done(append([]string{"run", "--output", "json"}, flags...)...), &got)
	b.userPages(20, nil)
	return got
}

// onlyGained compares what Oomnitza holds with what it held: everything is there, and
// nothing older than before.
func onlyGained(t *testing.T, before, now simulator.Holdings) {
	t.Helper()
	for name, r := range before.SaaS {
		if now.SaaS[name].ID != r.ID {
			t.Errorf("record %s is %s, not %s any more", name, now.SaaS[name].ID, r.ID)
		}
	}
	for name, p := range before.People {
		if now.People[name] != p {
			t.Errorf("person %s is %+v, and was %+v", name, now.People[name], p)
		}
	}
	for app, seats := range before.Assigned {
		there := map[string]simulator.HeldSeat{}
		for _, seat := range now.Assigned[app] {
			there[seat.Username] = seat
		}
		for _, seat := range seats {
			if got, ok := there[seat.Username]; !ok || got.LastActivity.Before(seat.LastActivity) {
				t.Errorf("%s of %s was last seen %s, and now (there: %v) %s", seat.Username, app, seat.LastActivity, ok, got.LastActivity)
			}
		}
	}
}

// TestWithoutABackupTheNextSessionReadsEverythingAndOnlyAdds: all that Temporal had is
// lost in the middle of a session, while a worker runs. With tenants that keep no link
// keys, what Oomnitza holds is all there is to recognise records by.
func TestWithoutABackupTheNextSessionReadsEverythingAndOnlyAdds(t *testing.T) {
	for name, form := range map[string]simulator.Variants{"link keys": {}, "no link keys": {LinkKeyIgnored: true}} {
		t.Run(name, func(t *testing.T) {
			b := recoverable(t, form)
			want := oracle.New(b.Sim)
			b.worker()
			b.schedule()
			b.bench.session(saas.OutcomeCompleted)
			b.agree(want.LearnDue(b.Sim))
			b.Sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.05, Late: 0.3, NewPairs: 0.02, NewApps: 2})
			b.begun("--full")
			b.replaceTemporal("")
			held := b.Sim.Holdings()

			b.done("setup")
			b.schedule()
			r := b.bench.session(saas.OutcomeCompleted)
			if r.Mode != string(saas.ModeFull) || r.Reason != "first session" {
				t.Errorf("the session after is %s (%s)", r.Mode, r.Reason)
			}
			b.agree(want.LearnDue(b.Sim))
			onlyGained(t, held, b.Sim.Holdings())

			written := b.Sim.Counts()
			b.bench.session(saas.OutcomeCompleted, "--full")
			if now := b.Sim.Counts(); now != written {
				t.Errorf("one more full session wrote: %+v, before %+v", now, written)
			}
			b.Sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.05, Late: 0.3, NewPairs: 0.02, NewApps: 1})
			if r := b.bench.session(saas.OutcomeCompleted); r.Mode != string(saas.ModeIncremental) {
				t.Errorf("a day later the session is %s (%s)", r.Mode, r.Reason)
			}
			b.agree(want.LearnDue(b.Sim))
			b.noViolations()
		})
	}
}

// TestAnOlderBackupMeansReadingMoreAndNothingElse: Temporal comes back as it was in the
// middle of a session that has long completed. That session goes on to its end once
// more, and the one after reads since the older watermark.
func TestAnOlderBackupMeansReadingMoreAndNothingElse(t *testing.T) {
	b := recoverable(t, simulator.Variants{})
	want := oracle.New(b.Sim)
	b.worker()
	b.schedule()
	b.bench.session(saas.OutcomeCompleted)
	b.agree(want.LearnDue(b.Sim))

	running := b.begun("--full")
	b.KillNow()
	backup := filepath.Join(t.TempDir(), "backup")
	if err := b.SaveData(backup); err != nil {
		t.Fatal(err)
	}
	if err := b.StartAgain(b.ctx); err != nil {
		t.Fatal(err)
	}
	c := b.dial()
	b.completes(c, running)
	b.Sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.05, Late: 0.3, NewPairs: 0.02, NewApps: 2})
	if r := b.bench.session(saas.OutcomeCompleted); r.Mode != string(saas.ModeIncremental) {
		t.Errorf("a day later the session is %s (%s)", r.Mode, r.Reason)
	}
	b.agree(want.LearnDue(b.Sim))

	held := b.Sim.Holdings()
	b.replaceTemporal(backup)
	b.completes(b.dial(), running)
	onlyGained(t, held, b.Sim.Holdings())
	b.Sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.05, Late: 0.3, NewPairs: 0.02, NewApps: 1})
	if r := b.bench.session(saas.OutcomeCompleted); r.Mode != string(saas.ModeIncremental) {
		t.Errorf("the session after is %s (%s)", r.Mode, r.Reason)
	}
	b.agree(want.LearnDue(b.Sim))
	onlyGained(t, held, b.Sim.Holdings())
	b.noViolations()
}

// completes waits for a session to complete.
func (b *told) completes(c client.Client, s notStarted) {
	b.t.Helper()
	var r contract.SessionResult
	if err := c.GetWorkflow(b.ctx, s.Session, s.Run).Get(b.ctx, &r); err != nil || r.Outcome != saas.OutcomeCompleted {
		b.t.Errorf("session %s ended as %q: %v", s.Session, r.Outcome, err)
	}
}

// noViolations makes sure that nothing was done which no well-behaved client does.
func (b *bench) noViolations() {
	b.t.Helper()
	if found := b.Sim.Violations(); len(found) > 0 {
		b.t.Errorf("violations: %q", found)
	}
}
