package e2e

import (
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/oracle"
	"defendersync/internal/testing/simulator"
)

// little is a tenant that is read in a second and yet has two pages of apps,
// lists of several pages, two streams and everybody's kinds of names.
func little() simulator.Options {
	return simulator.Options{
		Apps: 110, People: 240, Pairs: 1500, Streams: 2, OddStreams: true, Names: simulator.RealisticNames(),
		SameNames: 1, ExistingPeople: 0.2, ExistingApps: 0.05,
	}
}

// TestInAnUnkindWorldASessionIsRightOrLoud runs sessions with each switch of
// the unkind world. Whatever the tenants do, nothing is ever wrong, doubled or
// moved backwards, and what is missing is told.
func TestInAnUnkindWorldASessionIsRightOrLoud(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range simulator.ListWorlds() {
		if seen[w.Name] {
			t.Errorf("two worlds are called %q", w.Name)
		}
		seen[w.Name] = true
		t.Run(w.Name, func(t *testing.T) { visitWorld(t, w) })
	}
}

// visitWorld runs a first session in a world and, after a day, an increment; and
// a full session where that is to make up for what rows did not tell.
func visitWorld(t *testing.T, w simulator.World) {
	o := little()
	w.Set(&o)
	b := newBench(t, o)
	want := oracle.New(b.Sim)
	b.worker()
	b.schedule()
	quiet, sessions := map[string]bool{}, 2
	if w.Ends == simulator.Later {
		sessions = 3
	}
	var rows oracle.Snapshot
	var watermark time.Time
	for day := range sessions {
		flags := []string{}
		if day == 2 {
			quiet, flags = nil, []string{"--full"}
		} else if day > 0 {
			b.Sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.05, Late: 0.3, NewPairs: 0.02, NewApps: 1})
			quiet = rows.FindQuiet(b.Sim, watermark.Add(-72*time.Hour))
		}
		r, out, err := b.RunSession(b.ctx, flags...)
		if err != nil {
			t.Fatal(err)
		}
		b.explained(r)
		rows, watermark = oracle.TakeSnapshot(b.Sim), r.Carry.Watermark
		judgeWorld(b, w, r, out.Code, quiet, want.LearnDue(b.Sim).FindDifferences(b.Sim))
		if t.Failed() {
			t.Fatalf("day %d: %s, exit code %d: %s\ncounts %+v\nrejects %+v\nskips %+v\nnotes %q\n%s",
				day, r.Outcome, out.Code, r.Error, r.Counts, r.Rejects.ByReason, r.Skips.ByReason, r.Warnings, out.Err)
		}
	}
}

// judgeWorld compares how a session ended with how it may end in that world.
func judgeWorld(b *bench, w simulator.World, r contract.SessionResult, code int, quiet map[string]bool, found []oracle.Difference) {
	b.t.Helper()
	if plain := r.Outcome == saas.OutcomeCompleted; plain != (code == 0) {
		b.t.Errorf("%s ends with exit code %d", r.Outcome, code)
	}
	switch {
	case (w.Ends == simulator.Exact || w.Ends == simulator.Later) && r.Outcome != saas.OutcomeCompleted:
		b.t.Errorf("the session is %s, and nothing was in its way", r.Outcome)
	case w.Ends == simulator.Noted && r.Outcome != saas.OutcomeCompleted && r.Outcome != saas.OutcomeCompletedWithErrors:
		b.t.Errorf("the session is %s", r.Outcome)
	case w.Ends == simulator.Noted && len(r.Warnings) == 0:
		b.t.Error("no note tells what was found out")
	case r.Outcome == saas.OutcomeFailed && r.Error == "":
		b.t.Error("the session failed and does not say why")
	}
	if lost := unexplained(b, r, quiet, found); len(lost) > 0 {
		b.t.Errorf("%d differences from the oracle that nothing tells of, the first:\n%s", len(lost), oracle.JoinTexts(lost))
	}
}

// unexplained are the differences that a session did not tell of.
func unexplained(b *bench, r contract.SessionResult, quiet map[string]bool, found []oracle.Difference) []oracle.Difference {
	if len(found) == 0 {
		return nil
	}
	told := rejectsTold(b)
	told.Quiet = quiet
	told.Failed, told.Errors, told.Skipped = r.Outcome == saas.OutcomeFailed, r.Outcome == saas.OutcomeCompletedWithErrors, r.Skips.Total()
	return told.FindUnexplained(found)
}

// rejectsTold asks for the rejected rows as an operator would.
func rejectsTold(b *bench) *oracle.Told {
	b.t.Helper()
	out := b.RunCommand(b.ctx, "sessions", "errors", "--output", "json")
	var table []struct{ Reason, App, Subject string }
	if err := harness.DecodeData(out.Out, &table); err != nil {
		b.t.Fatalf("sessions errors: %v: %s%s", err, out.Out, out.Err)
	}
	told := &oracle.Told{}
	for _, row := range table {
		told.RejectRow(row.Reason, row.App, row.Subject)
	}
	return told
}
