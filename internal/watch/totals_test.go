package watch

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// errRefused is why a delivery failed.
var errRefused = errors.New("refused")

// counted is a session that ended, with three users, one of whom was rejected.
func counted(run string, end contract.SessionEnd, outcome saas.Outcome, mode string) contract.SessionView {
	v := ended(end, outcome)
	v.Run, v.Mode = run, mode
	v.Progress = &contract.NoticeProgress{Counts: saas.Counts{Users: saas.UserCounts{Seen: 3, Added: 2, Rejected: 1}}}
	v.Errors, v.Skips = []saas.ReasonCount{{Reason: "refused", Count: 1}}, []saas.ReasonCount{{Reason: "device", Count: 4}}
	return v
}

func TestEachSessionIsCountedOnceWhateverItsEnd(t *testing.T) {
	dry := counted("d", contract.EndCompleted, saas.OutcomeCompleted, "full")
	dry.DryRun = true
	few := counted("l", contract.EndCompleted, saas.OutcomeCompleted, "full")
	few.LimitApps = 5
	skipped := ended(contract.EndCompleted, saas.OutcomeSkipped)
	skipped.Run = "s"
	gone := contract.SessionView{ID: sessionID, Run: "g", End: contract.EndGone, Closed: noon}
	seen := observed(
		counted("a", contract.EndCompleted, saas.OutcomeCompleted, "full"),
		counted("b", contract.EndCompleted, saas.OutcomeCompleted, "incremental"),
		counted("c", contract.EndTerminated, "", ""),
		counted("e", contract.EndTimedOut, "", "of a later version"),
		counted("f", contract.EndFailed, "", "full"),
		counted("h", contract.EndCancelled, "", "full"),
		dry, few, skipped, gone,
	)
	known := knownBefore(contract.WatchedSession{ID: sessionID, Run: "x", Seen: true})
	lost := gone
	lost.Run = "x"
	seen.Sessions = append(seen.Sessions, lost)
	first := Decide(known, seen).State
	again := Decide(first, seen).State
	want := contract.SessionTotals{
		Sessions: []contract.SessionCount{
			{Mode: contract.ModeFull, Outcome: saas.OutcomeCompleted, Count: 1},
			{Mode: contract.ModeIncremental, Outcome: saas.OutcomeCompleted, Count: 1},
			{Mode: contract.ModeNone, Outcome: saas.OutcomeTerminated, Count: 1},
			{Mode: contract.ModeNone, Outcome: saas.OutcomeTimedOut, Count: 1},
			{Mode: contract.ModeFull, Outcome: saas.OutcomeFailed, Count: 1},
			{Mode: contract.ModeFull, Outcome: saas.OutcomeCancelled, Count: 1},
			{Mode: contract.ModeDryRun, Outcome: saas.OutcomeCompleted, Count: 1},
			{Mode: contract.ModeLimited, Outcome: saas.OutcomeCompleted, Count: 1},
			{Mode: contract.ModeNone, Outcome: saas.OutcomeSkipped, Count: 1},
			{Mode: contract.ModeNone, Outcome: "", Count: 1}, // Temporal no longer knew it
		},
		Rows:    saas.Counts{Users: saas.UserCounts{Seen: 18, Added: 12, Rejected: 6}},
		Rejects: []saas.ReasonCount{{Reason: "refused", Count: 6}},
		Skips:   []saas.ReasonCount{{Reason: "device", Count: 24}},
		Last:    contract.LastSession{Ended: noon},
	}
	for name, got := range map[string]contract.SessionTotals{"once": first.Totals, "twice": again.Totals} {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("judged %s:\n%+v\n%+v", name, got, want)
		}
	}
	if known.Totals.Sessions != nil {
		t.Error("the state before was changed")
	}
}

func TestTotalsOfAStateAreNotSharedWithItsCopies(t *testing.T) {
	before := Decide(knownBefore(), observed(counted("a", contract.EndCompleted, saas.OutcomeCompleted, "full"))).State
	kept := cloneTotals(before.Totals)
	Decide(before, observed(counted("b", contract.EndCompleted, saas.OutcomeCompleted, "full")))
	if !reflect.DeepEqual(before.Totals, kept) {
		t.Errorf("it was changed: %+v, before %+v", before.Totals, kept)
	}
}

func TestDeliveriesThatAreGivenUpAreCountedByChannel(t *testing.T) {
	s := contract.NewWatchState(settings, noon.Add(-100*time.Hour))
	for i := range 12 { // more than are shown
		d := contract.Delivery{Key: string(rune('a' + i)), Channel: contract.ChannelWebhook, Since: noon.Add(-73 * time.Hour), Next: noon}
		s.Pending = append(s.Pending, d)
		SettleDelivery(s, d, errRefused, noon)
	}
	fresh := contract.Delivery{Key: "z", Channel: contract.ChannelWebhook, Since: noon, Next: noon}
	s.Pending = append(s.Pending, fresh)
	SettleDelivery(s, fresh, errRefused, noon)
	if want := map[string]int{contract.ChannelWebhook: 12}; !reflect.DeepEqual(s.GivenUp, want) || len(s.Lost) != keptLost {
		t.Errorf("given up: %v with %d shown, want %v", s.GivenUp, len(s.Lost), want)
	}
}
