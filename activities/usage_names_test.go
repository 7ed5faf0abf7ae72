package activities

import (
	"strings"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/defender"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// TestTwinsAreRejectedWhateverPageOrAppTheyAreOn carries lists over by a format
// that makes one username of two people.
func TestTwinsAreRejectedWhateverPageOrAppTheyAreOn(t *testing.T) {
	o := small()
	o.Variants.Unkind.Rows.Twins = true
	r := newRig(t, o)
	r.policy.UsernameFormat = saas.FormatLocalPart
	p := r.open(contract.Carry{})
	twins := r.sim.Twins()
	two := 0
	for range 2 { // another session, by another worker
		out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, r.usage(p, 0))
		two = 0
		for _, c := range out.Rejects.ByReason {
			if c.Reason == RejectTwoPeople {
				two = c.Count
			} else {
				t.Errorf("%d rows are rejected as %q", c.Count, c.Reason)
			}
		}
		r.Activities = r.worker()
	}
	if two == 0 || len(twins) < 5 {
		t.Fatalf("%d rows of %d twins were rejected: there is nothing to see", two, len(twins))
	}
	noTwinIsMixed(t, r.sim, twins)
	r.clean()
}

// noTwinIsMixed holds every assignment against the rows of that very person.
func noTwinIsMixed(t *testing.T, sim *simulator.Simulator, twins map[int]string) {
	t.Helper()
	h := sim.Holdings()
	due := map[pair]int64{} // by app and address as rows show it
	for app := range sim.Truth() {
		for _, u := range app.Users {
			address := strings.ToLower(u.User)
			if twin, ok := twins[u.Person]; ok {
				address = twin
			}
			key := pair{app.Name, address}
			due[key] = max(due[key], u.LastSeen.Unix())
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
			if want := due[pair{name, address}]; want != seat.LastVisit.Unix() {
				t.Errorf("%s (%s) of %s was last seen at %d, not %d", seat.Username, address, name, seat.LastVisit.Unix(), want)
			}
		}
	}
	if checked < 100 {
		t.Errorf("only %d assignments to check", checked)
	}
}

func TestTheColumnThatTheProbeChoseIsKeptByTheSession(t *testing.T) {
	for form, want := range map[string]string{"beside": "email", "object": "user>upn", "ids": "userPrincipalName", "json": "email", "": "", "display": ""} {
		o := small()
		o.Variants.Unkind.Rows.Names = form
		r := newRig(t, o)
		p := r.open(contract.Carry{})
		if p.Dialect.NameKey != want {
			t.Errorf("%s: the names are under %q, want %q", form, p.Dialect.NameKey, want)
		}
	}
}

func TestUsersOfNoUseAreSkippedWithMaskedSamples(t *testing.T) {
	o := small()
	o.Variants.Unkind.Rows.Names = "display"
	r := newRig(t, o)
	p := r.open(contract.Carry{})
	out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, r.usage(p, 0))
	if u := out.Counts.Users; u.Skipped != u.Seen || u.Seen == 0 || len(out.Skips.Samples) == 0 || len(out.Skips.Samples) > maxSkipSamples {
		t.Fatalf("%+v, %d samples", out.Counts.Users, len(out.Skips.Samples))
	}
	result := contract.SessionResult{Mode: string(saas.ModeFull), Counts: out.Counts, Skips: out.Skips}
	note := result.NoteSkipped()
	for _, says := range []string{"most users were skipped", "unmappable", "…", "keys of the row: lastSeen, name, reference"} {
		if !strings.Contains(note, says) {
			t.Errorf("%q does not say %q", note, says)
		}
	}
	if result.Settled() != saas.OutcomeCompletedWithErrors {
		t.Errorf("the session is %s", result.Settled())
	}
}

func TestASampleOfTheUsersIsShownMasked(t *testing.T) {
	namer, err := saas.NewNamer(saas.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	page := func(names ...string) defender.UsersPage {
		out := defender.UsersPage{Keys: "lastSeen, name"}
		for _, name := range names {
			out.Users = append(out.Users, saas.Usage{User: name})
		}
		return out
	}
	for want, names := range map[string][]string{
		"of 3 users of an app 3 can be matched or are left out on purpose; one reads a…e@c…o.com; keys of a row: lastSeen, name": {"alice@contoso.com", "svc_x", "alice@contoso.com"},
		"of 4 users of an app 1 can be matched or are left out on purpose; one reads A…e E…e; keys of a row: lastSeen, name":     {"alice@contoso.com", "PC-1$", "PC-2$", "Alice Example"},
		"no user to look at": nil,
	} {
		sample := sampleUsers(namer, page(names...))
		if sample.String() != want || sample.Mostly() != (len(names) == 4) {
			t.Errorf("%q (mostly %v), want %q", sample, sample.Mostly(), want)
		}
	}
}
