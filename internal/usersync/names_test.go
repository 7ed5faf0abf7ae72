package usersync_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
	"defendersync/internal/usersync"
)

// TestTwinsAreRejectedWhateverPageOrAppTheyAreOn carries lists over by a format
// that makes one username of two people.
func TestTwinsAreRejectedWhateverPageOrAppTheyAreOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.Variants.Unkind.Rows.Twins = true
		r := newRig(t, o)
		r.policy.UsernameFormat = saas.FormatLocalPart
		p := r.open(contract.Carry{})
		twins := r.Twins()
		two := 0
		for range 2 { // another session, by another worker
			out := r.carryOver(r.usage(p, 0))
			two = 0
			for _, c := range out.Rejects.ByReason {
				if c.Reason == usersync.RejectTwoPeople {
					two = c.Count
				} else {
					t.Errorf("%d rows are rejected as %q", c.Count, c.Reason)
				}
			}
			r.worker = r.newWorker()
		}
		if two == 0 || len(twins) < 5 {
			t.Fatalf("%d rows of %d twins were rejected: there is nothing to see", two, len(twins))
		}
		noTwinIsMixed(t, r.Simulator, twins)
		r.CheckContract()
	})
}

// noTwinIsMixed holds every assignment against the rows of that very person.
func noTwinIsMixed(t *testing.T, sim *simulator.Simulator, twins map[int]string) {
	t.Helper()
	h := sim.Holdings()
	due := map[sandbox.Pair]int64{} // by app and address as rows show it
	for app := range sim.Truth() {
		for _, u := range app.Users {
			address := strings.ToLower(u.User)
			if twin, ok := twins[u.Person]; ok {
				address = twin
			}
			key := sandbox.Pair{App: app.Name, User: address}
			due[key] = max(due[key], u.LastActivity.Unix())
		}
	}
	checked := 0
	for name, seats := range h.Assigned {
		for _, seat := range seats {
			address := h.People[seat.Username].Email
			if address == "" {
				continue
			}
			checked++
			if want := due[sandbox.Pair{App: name, User: address}]; want != seat.LastActivity.Unix() {
				t.Errorf("%s (%s) of %s was last seen at %d, not %d", seat.Username, address, name, seat.LastActivity.Unix(), want)
			}
		}
	}
	if checked < 100 {
		t.Errorf("only %d assignments to check", checked)
	}
}

func TestUsersOfNoUseAreSkippedWithMaskedSamples(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.Variants.Unkind.Rows.Names = "display"
		r := newRig(t, o)
		p := r.open(contract.Carry{})
		out := r.carryOver(r.usage(p, 0))
		if u := out.Counts.Users; u.Skipped != u.Seen || u.Seen == 0 || len(out.Skips.Samples) == 0 || len(out.Skips.Samples) > usersync.MaxSkipSamples {
			t.Fatalf("%+v, %d samples", out.Counts.Users, len(out.Skips.Samples))
		}
		result := contract.SessionResult{Mode: string(saas.ModeFull), Counts: out.Counts, Skips: out.Skips}
		note := result.NoteSkipped()
		for _, says := range []string{"most users were skipped", "unmappable", "…", "keys of the row: lastSeen, name, reference"} {
			if !strings.Contains(note, says) {
				t.Errorf("%q does not say %q", note, says)
			}
		}
		if result.DecideOutcome() != saas.OutcomeCompletedWithErrors {
			t.Errorf("the session is %s", result.DecideOutcome())
		}
	})
}
