package e2e

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"defendersync/internal/prints"
	"defendersync/internal/saas"
	"defendersync/internal/testing/oracle"
	"defendersync/internal/testing/simulator"
)

// rich is a tenant with everything in it that a real one may have.
func rich() simulator.Options {
	return simulator.Options{
		Apps: 240, People: 900, Pairs: 12_000, Streams: 2, OddStreams: true, Names: simulator.RealisticNames(),
		SameNames: 4, ExistingPeople: 0.2, ExistingApps: 0.05,
	}
}

func TestAFirstSessionCarriesTheWholeTenantOver(t *testing.T) {
	b := newBench(t, rich())
	o, before := oracle.New(b.Sim), b.Sim.Totals()
	b.worker()
	b.schedule()
	r := b.session(saas.OutcomeCompleted)
	b.agree(o.LearnDue(b.Sim))
	b.agreeOnActive(o, r.Carry.Watermark)
	if r.Mode != "full" || r.Reason != "first session" {
		t.Errorf("mode %q because of %q", r.Mode, r.Reason)
	}
	c, held := r.Counts, b.Sim.Totals()
	if c.Users.Seen != c.Users.Added+c.Users.Updated+c.Users.Unchanged+c.Users.Repeated+c.Users.Skipped+c.Users.Rejected {
		t.Errorf("the counts of users do not add up: %+v", c.Users)
	}
	if got := c.Users.Added + before.Assignments; got != held.Assignments {
		t.Errorf("with those there before, the summary says %d assignments, Oomnitza holds %d", got, held.Assignments)
	}
}

func TestASessionOnAnUnchangedTenantWritesNothing(t *testing.T) {
	b := newBench(t, rich(), "PAYLOAD_ENCRYPTION_KEY=k:"+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	o := oracle.New(b.Sim)
	b.worker()
	b.schedule()
	b.session(saas.OutcomeCompleted)
	before := b.Sim.Counts()
	r := b.session(saas.OutcomeCompleted)
	if most := r.Pages + prints.MaxRequests; r.Mode != "incremental" || r.Requests.Defender > most || r.Counts.Apps.NoNews == 0 || len(r.Warnings) > 0 {
		t.Errorf("a %s session with nothing new made %d requests to Defender, want %d at the most; %d apps without news, notes %q",
			r.Mode, r.Requests.Defender, most, r.Counts.Apps.NoNews, r.Warnings)
	}
	r = b.session(saas.OutcomeCompleted, "--full")
	if after := b.Sim.Counts(); after != before {
		t.Errorf("a second full session wrote: %+v, before %+v", after, before)
	}
	if n := r.Counts.Users.Added + r.Counts.Users.Updated + r.Counts.Apps.Created + r.Counts.Apps.Updated + r.Counts.People.Created; n != 0 {
		t.Errorf("it claims to have written %d things", n)
	}
	b.agree(o.LearnDue(b.Sim))
}

func TestACounterThatStandsStillIsFoundOut(t *testing.T) {
	opts := rich()
	opts.Variants.Unkind.Rows.Still = 1
	b := newBench(t, opts)
	o := oracle.New(b.Sim)
	b.worker()
	b.schedule()
	b.session(saas.OutcomeCompleted)
	b.Sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.5})
	r := b.session(saas.OutcomeCompleted)
	if len(r.Warnings) != 1 || !strings.HasPrefix(r.Warnings[0], "an app had news although its row") || r.Counts.Apps.NoNews != 0 || r.Counts.Users.Updated == 0 {
		t.Errorf("nobody found out: %+v, notes %q", r.Counts, r.Warnings)
	}
	b.session(saas.OutcomeCompleted, "--full")
	b.agree(o.LearnDue(b.Sim)) // rows whose last activity stands still, too, are for the full session alone
}

func TestIncrementsCatchWhatChangedAndWhatCameLate(t *testing.T) {
	b := newBench(t, rich())
	o := oracle.New(b.Sim)
	b.worker()
	b.schedule()
	b.session(saas.OutcomeCompleted)
	b.agree(o.LearnDue(b.Sim))
	for day := range 3 {
		b.Sim.AdvanceDays(1, simulator.ChangeOptions{Late: 0.3, NewPairs: 0.01, NewApps: 2})
		r := b.session(saas.OutcomeCompleted)
		if r.Mode != "incremental" {
			t.Fatalf("day %d: mode %q because of %q", day, r.Mode, r.Reason)
		}
		if r.Counts.Users.Updated == 0 || r.Counts.Apps.Created == 0 {
			t.Errorf("day %d brought nothing: %+v", day, r.Counts)
		}
		b.agree(o.LearnDue(b.Sim))
	}
	b.Sim.AdvanceDays(7, simulator.ChangeOptions{})
	if r := b.session(saas.OutcomeCompleted); r.Mode != "full" {
		t.Errorf("after a week the session is %s (%s), not full", r.Mode, r.Reason)
	}
	b.agree(o.LearnDue(b.Sim))
}

func TestWhatWasRejectedIsTriedAgain(t *testing.T) {
	b := newBench(t, rich())
	o := oracle.New(b.Sim)
	b.worker()
	b.schedule()
	b.Sim.SetFaults(simulator.Faults{RefuseAssign: 0.001, RefusePeople: 0.005, RefuseSaaS: 0.01})
	r := b.session(saas.OutcomeCompletedWithErrors)
	if r.Rejects.Total() == 0 || len(r.Carry.Retry) == 0 {
		t.Fatalf("nothing was rejected or carried forward: %+v, %d apps", r.Rejects.ByReason, len(r.Carry.Retry))
	}
	b.agree(o.LearnDue(b.Sim))
	b.Sim.SetFaults(simulator.Faults{})
	if r = b.session(saas.OutcomeCompleted); r.Mode != "incremental" {
		t.Errorf("the session after is %s (%s)", r.Mode, r.Reason)
	}
	b.agree(o.LearnDue(b.Sim))
	if len(r.Carry.Retry) > 0 {
		t.Errorf("%d apps are still to be tried again", len(r.Carry.Retry))
	}
}

func TestBadRowsAreCountedAndSkipped(t *testing.T) {
	opts := rich()
	opts.Faults = simulator.Faults{BadUsers: 0.01, BadApps: 0.01}
	b := newBench(t, opts)
	o := oracle.New(b.Sim)
	b.worker()
	b.schedule()
	r := b.session(saas.OutcomeCompletedWithErrors)
	b.agree(o.LearnDue(b.Sim))
	if r.Counts.Users.Rejected == 0 || r.Counts.Apps.Rejected == 0 {
		t.Errorf("bad rows were not counted: %+v", r.Counts)
	}
}

func TestListsThatMoveWhileTheyAreReadLoseNothing(t *testing.T) {
	opts := rich()
	opts.Faults = simulator.Faults{Drift: 0.3}
	b := newBench(t, opts)
	o := oracle.New(b.Sim)
	b.worker()
	b.schedule()
	b.session(saas.OutcomeCompleted)
	if len(b.Sim.Drifted()) == 0 {
		t.Fatal("nothing moved")
	}
	b.Sim.SetFaults(simulator.Faults{})
	b.session(saas.OutcomeCompleted)
	b.agree(o.LearnDue(b.Sim))
}

func TestFaultsOnTheWayLoseAndDoubleNothing(t *testing.T) {
	opts := rich()
	bad := simulator.PeerFaults{RateLimited: 0.002, RetryAfter: 1, ServerErrors: 0.03, DropBefore: 0.02, DropAfter: 0.02, Truncated: 0.01, CutOff: 0.01, Malformed: 0.01, HTML: 0.005, MaxPerRequest: 3}
	opts.Faults = simulator.Faults{Defender: bad, Oomnitza: bad}
	b := newBench(t, opts)
	o := oracle.New(b.Sim)
	b.worker()
	b.schedule()
	b.session(saas.OutcomeCompleted)
	b.agree(o.LearnDue(b.Sim))
}

func TestADryRunWritesNothingAndCountsWhatItWould(t *testing.T) {
	b := newBench(t, rich())
	b.worker()
	b.schedule()
	before := b.Sim.Counts()
	dry := b.session(saas.OutcomeCompleted, "--dry-run")
	if after := b.Sim.Counts(); after != before {
		t.Fatalf("a dry run wrote: %+v", after)
	}
	real := b.session(saas.OutcomeCompleted)
	if dry.Counts.Apps != real.Counts.Apps || dry.Counts.People != real.Counts.People || dry.Counts.Users.Added != real.Counts.Users.Added {
		t.Errorf("the dry run said %+v, the session did %+v", dry.Counts, real.Counts)
	}
}
