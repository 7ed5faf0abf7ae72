package e2e

import (
	"strings"
	"testing"

	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// TestASessionThatSkipsMostUsersSaysSo: rows that name their users only by
// display names leave nobody to carry over. check sees it before, the session
// does not call it Completed, and both show what the names look like, masked.
func TestASessionThatSkipsMostUsersSaysSo(t *testing.T) {
	o := little()
	o.Variants.Unkind.Rows.Names = "display"
	b := newBench(t, o)
	got := b.checked(0)
	b.finds(got, "warning", "Defender: discovered apps and their users")
	b.says("check", got["Defender: discovered apps and their users"].Detail, []string{"most users would be skipped", "…", "keys of a row: lastSeen, name, reference"})
	b.worker()
	r := b.session(saas.OutcomeCompletedWithErrors)
	if r.Rejects.Total() > 0 || r.Counts.Users.Added > 0 || r.Counts.Users.Skipped != r.Counts.Users.Seen {
		t.Errorf("%+v, rejects %+v", r.Counts, r.Rejects)
	}
	notes := strings.Join(r.Warnings, "\n")
	b.says("the session", notes, []string{"most users were skipped", "unmappable", "names look like", "INTEGRATION_USERNAME_FORMAT"})
	if strings.Contains(notes, "@contoso.com") {
		t.Errorf("the note shows an address: %s", notes)
	}
	b.says("sessions show", b.done("sessions", "show", r.Session), []string{"Completed with errors", "most users were skipped"})
}

// TestTwoPeopleOfOneUsernameStayTwo: by a format that gives two people one
// username the second is rejected, in every session.
func TestTwoPeopleOfOneUsernameStayTwo(t *testing.T) {
	o := little()
	o.Variants.Unkind.Rows.Twins, o.SameNames = true, 0
	b := newBench(t, o, "INTEGRATION_USERNAME_FORMAT="+saas.FormatLocalPart)
	b.worker()
	for range 2 {
		r := b.session(saas.OutcomeCompletedWithErrors, "--full")
		for _, c := range r.Rejects.ByReason {
			if c.Reason != "username of two people" {
				t.Errorf("%d rows are rejected as %q", c.Count, c.Reason)
			}
		}
		noTwinHasSeats(t, b.Sim)
	}
}

// noTwinHasSeats holds the assignments of the people against what their
// neighbours at another domain did.
func noTwinHasSeats(t *testing.T, sim *simulator.Simulator) {
	t.Helper()
	twins, last := sim.Twins(), map[string]int64{}
	for app := range sim.Truth() {
		for _, u := range app.Users {
			address := strings.ToLower(u.User)
			if shown, twin := twins[u.Person]; twin {
				address = shown
			}
			key := app.Name + "\n" + address
			last[key] = max(last[key], u.LastActivity.Unix())
		}
	}
	h := sim.Holdings()
	seats := 0
	for name, list := range h.Assigned {
		for _, seat := range list {
			p := h.People[seat.Username]
			if p.Email == "" || h.SaaS[name].ByAnother {
				continue
			}
			seats++
			if want := last[name+"\n"+strings.ToLower(p.Email)]; want != seat.LastActivity.Unix() {
				t.Errorf("%s (%s) of %s was last seen at %d, not %d", seat.Username, p.Email, name, seat.LastActivity.Unix(), want)
			}
		}
	}
	if seats < 200 {
		t.Errorf("only %d assignments to look at", seats)
	}
}
