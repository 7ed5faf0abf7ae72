package main

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/testing/mailtest"
	"defendersync/internal/testing/simulator"
)

// checked is what check finds, by the check's name.
func (r *rig) checked(code int, settings ...string) map[string]finding {
	r.t.Helper()
	var list []finding
	r.runWith(settings, "check", "--output", "json").ends(code).decode(&list)
	got := map[string]finding{}
	for _, f := range list {
		if f.Detail == "" || f.OK != (f.Status != statusFailed) {
			r.t.Errorf("%+v", f)
		}
		got[f.Check] = f
	}
	return got
}

// finds asserts the status of checks, and that each says why.
func finds(t *testing.T, got map[string]finding, want status, says string, names ...string) {
	t.Helper()
	for _, name := range names {
		if f, there := got[name]; !there || f.Status != want || !strings.Contains(f.Detail, says) {
			t.Errorf("%s is %+v, not %s with %q", name, f, want, says)
		}
	}
}

func TestCheckFindsNothingWrongWithAnInstallationThatWorks(t *testing.T) {
	mails := mailtest.StartServer(t, mailtest.Options{})
	r := newRig(t, simulator.Options{}, "INTEGRATION_CONTACTS=ann@contoso.com", "SMTP_HOST=127.0.0.1", "SMTP_PORT="+strconv.Itoa(mails.Port), "SMTP_FROM=sync@contoso.com", "SMTP_TLS=none")
	r.work()
	r.run("schedule", "apply").ends(exitCompleted)
	r.session(exitCompleted)
	r.run("check").ends(exitCompleted).quiet().golden("check", `keys of a row: [^;\n]*`, "keys of a row: KEYS", `one reads [^;]*`, "one reads NAME", `the longest list, of \d+ users`, "the longest list, of N users", `of \d+ users of an app \d+ can`, "of N users of an app N can")
	if n := len(mails.ListMails()); n != 0 {
		t.Errorf("it sent %d mails", n)
	}
	if got := r.checked(exitCompleted); len(got) != 17 {
		t.Errorf("%d checks", len(got))
	}
}

func TestCheckTellsWhatAFreshInstallationLacks(t *testing.T) {
	r := newRig(t, simulator.Options{})
	got := r.checked(exitCompleted)
	finds(t, got, statusWarning, "run 'defendersync schedule apply'", "Schedule")
	finds(t, got, statusWarning, "start defendersync-worker", "Temporal: workers")
	finds(t, got, statusWarning, "run 'defendersync schedule apply'", "Watch")
	finds(t, got, statusWarning, "set INTEGRATION_CONTACTS", "Notices: settings")
	finds(t, got, statusOff, "", "Session", "Notices: email", "Notices: webhook", "Notices: ping")
	finds(t, got, statusUnknown, "(check writes nothing)", "Oomnitza: last activity", "Oomnitza: created by")

	r.run("schedule", "apply").ends(exitCompleted)
	got = r.checked(exitFailed)
	finds(t, got, statusFailed, "so sessions wait", "Temporal: workers")
	finds(t, got, statusOK, "running as watch/"+r.Name, "Watch")
}

func TestCheckTellsWhatIsWrongWithTheSchedule(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.work()
	r.run("schedule", "apply").ends(exitCompleted)
	finds(t, r.checked(exitCompleted), statusOK, "next start: ", "Schedule")
	finds(t, r.checked(exitCompleted, "INTEGRATION_CATCH_UP=1h"), statusWarning, "catch-up window: 12h, settings: 1h", "Schedule")
	r.run("schedule", "pause", "--reason", "audit week").ends(exitCompleted)
	finds(t, r.checked(exitCompleted), statusWarning, "audit week; to start sessions again, run 'defendersync schedule resume'", "Schedule")
	r.run("schedule", "resume").ends(exitCompleted)
	r.edit(func(s *client.Schedule) { s.Spec = &client.ScheduleSpec{TimeZoneName: "Europe/Berlin"} })
	finds(t, r.checked(exitFailed), statusFailed, "has no further starts", "Schedule")
	finds(t, r.checked(exitFailed, "PAYLOAD_ENCRYPTION_KEY="+keyOne), statusFailed, "has no further starts", "Schedule")
	if err := r.temporal.TerminateWorkflow(t.Context(), contract.WatchID(r.Name), "", "by hand"); err != nil {
		t.Fatal(err)
	}
	finds(t, r.checked(exitFailed), statusFailed, "has ended (Terminated)", "Watch")
}

func TestCheckTellsWhatTheRunningSessionWaitsFor(t *testing.T) {
	tenants, budget := paced()
	r := newRig(t, tenants, budget, "INTEGRATION_HEARTBEAT=1s")
	stop := r.work()
	begun := r.begin("--full")
	got := r.checked(exitCompleted)["Session"]
	if !strings.Contains(got.Detail, strings.TrimPrefix(begun.Session, "session/"+r.Name+"/")) {
		t.Errorf("%+v", got)
	}
	r.run("sessions", "cancel").ends(exitCompleted)
	stop()
	r.run("run", "--full").ends(exitCompleted)
	eventually(t, "it has waited for a while", func() bool {
		f := r.checked(exitCompleted)["Session"]
		return f.Status == statusWarning && strings.Contains(f.Detail, "waiting for a worker")
	})
}

func TestCheckTellsWrongTokensAndAddressesApart(t *testing.T) {
	r := newRig(t, simulator.Options{})
	got := r.checked(exitUsage, "DEFENDER_API_KEY=revoked-token-4711")
	finds(t, got, statusFailed, "DEFENDER_API_KEY", "Defender: token, streams")
	finds(t, got, statusUnknown, "not checked: fix 'Defender: token, streams' first", "Defender: discovered apps and their users")
	finds(t, got, statusOK, "role 25", "Oomnitza: token, role, integration user")
	got = r.checked(exitUsage, "OOMNITZA_API_TOKEN=revoked-token-4711")
	finds(t, got, statusFailed, "OOMNITZA_API_TOKEN", "Oomnitza: token, role, integration user")
	got = r.checked(exitUsage, "INTEGRATION_DEFAULT_ROLE=99")
	finds(t, got, statusFailed, "INTEGRATION_DEFAULT_ROLE", "Oomnitza: token, role, integration user")
	got = r.checked(exitFailed, "TEMPORAL_ADDRESS=127.0.0.1:1")
	finds(t, got, statusFailed, "127.0.0.1:1", "Temporal: address and namespace")
	finds(t, got, statusUnknown, "not checked: fix 'Temporal: address and namespace' first", "Temporal: search attributes", "Schedule", "Temporal: workers", "Watch", "Session", "Oomnitza: last activity")
	got = r.checked(exitFailed, "SMTP_HOST=127.0.0.1", "SMTP_PORT=1", "SMTP_FROM=sync@contoso.com", "SMTP_TLS=none")
	finds(t, got, statusFailed, "127.0.0.1:1", "Notices: email")
}

func TestCheckKnowsFromASessionThatLastActivityIsNotKept(t *testing.T) {
	r := newRig(t, simulator.Options{Seed: 7, Apps: 12, People: 20, Pairs: 60, Variants: simulator.Variants{LastVisit: "ignored"}})
	r.work()
	r.session(exitCompleted)
	eventually(t, "the session is listed", func() bool { return r.lists(1)[0].Outcome == "Completed" })
	finds(t, r.checked(exitCompleted), statusWarning, "(session run-", "Oomnitza: last activity")
}

func TestCheckTellsWhatMakesDefendersListsDoubtful(t *testing.T) {
	for name, tc := range map[string]struct {
		lists simulator.ListSwitches
		want  status
		says  string
	}{
		"sorted":     {simulator.ListSwitches{}, statusOK, "apps come by last activity; users come by last activity; the longest list, of "},
		"not sorted": {simulator.ListSwitches{Sort: "other"}, statusWarning, "does not sort the users of an app by last activity as asked"},
		"cut off":    {simulator.ListSwitches{Cut: 130, CutOf: "users"}, statusWarning, "can't be read to their end: of about 300 the last ones, from number 201 on, are not given"},
	} {
		t.Run(name, func(t *testing.T) {
			o := simulator.Options{Seed: 7, Apps: 3, People: 300, Pairs: 700}
			o.Variants.Unkind.Lists = tc.lists
			finds(t, checkTenants(t, o), tc.want, tc.says, checkLists)
		})
	}
}

// checkTenants are what check finds of tenants, where there is no Temporal.
func checkTenants(t *testing.T, o simulator.Options) map[string]finding {
	t.Helper()
	p := newTenants(t, o)
	var list []finding
	command(t, append(p.environ, "INTEGRATION_DEFAULT_ROLE=25"), nil, "check", "--output", "json").ends(exitFailed).decode(&list)
	got := map[string]finding{}
	for _, f := range list {
		got[f.Check] = f
	}
	return got
}

func TestCheckTellsWorkersThatHaveStoppedFromThoseThatPoll(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.run("schedule", "apply").ends(exitCompleted)
	stop := r.work()
	eventually(t, "the worker polls", func() bool { return strings.Contains(r.checkedAt(0)["Temporal: workers"].Detail, "a worker polled ") })
	stop()
	finds(t, r.checkedAt(gone-time.Minute), statusOK, "a worker polled ", "Temporal: workers")
	finds(t, r.checkedAt(gone+time.Minute), statusFailed, "and has stopped: start defendersync-worker with the same INTEGRATION_NAME", "Temporal: workers")
}

// checkedAt is what check finds some time from now, whatever it is.
func (r *rig) checkedAt(later time.Duration) map[string]finding {
	r.t.Helper()
	var list []finding
	s := streams{environ: r.Env, clock: func() time.Time { return time.Now().Add(later) }}
	runIn(r.t, r.t.Context(), s, "check", "--output", "json").decode(&list)
	got := map[string]finding{}
	for _, f := range list {
		got[f.Check] = f
	}
	return got
}
