package e2e

import (
	"net"
	"strings"
	"testing"
	"time"

	"defendersync/internal/saas"
	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/oracle"
	"defendersync/internal/testing/simulator"
)

// secrets are what no output, log or result may ever show.
const (
	defenderSecret = "defender-secret-7f3a"
	oomnitzaSecret = "oomnitza-secret-91bc"
	wrongSecret    = "mistaken-secret-40de"
)

// guarded is a tenant whose tokens are looked for in all that is told.
func guarded(t *testing.T, settings ...string) *bench {
	o := small()
	o.DefenderToken, o.OomnitzaToken = defenderSecret, oomnitzaSecret
	b := newBench(t, o)
	b.Env = append(b.Env, settings...)
	return b
}

// keeps checks that texts show no secret.
func (b *bench) keeps(texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		for _, secret := range []string{defenderSecret, oomnitzaSecret, wrongSecret} {
			if strings.Contains(text, secret) {
				b.t.Errorf("a secret is shown: %s", text)
			}
		}
	}
}

// closedPort is an address on this machine where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestATenantThatCannotBeUsedIsToldInCheckAndSessionAlike(t *testing.T) {
	cases := []struct {
		name     string
		settings []string
		code     int // of check
		says     []string
	}{
		{"Defender refuses the connection", []string{"DEFENDER_API_URL=http://" + closedPort(t)}, 1, []string{"Defender", "refused", "check the URL"}},
		{"Oomnitza refuses the connection", []string{"OOMNITZA_URL=http://" + closedPort(t)}, 1, []string{"Oomnitza", "refused", "check the URL"}},
		{"Defender's host is unknown", []string{"DEFENDER_API_URL=https://host.invalid", "DEFENDER_ALLOW_HOST=host.invalid"}, 1, []string{"Defender", "host.invalid", "DNS"}},
		{"Oomnitza's host is unknown", []string{"OOMNITZA_URL=https://host.invalid"}, 1, []string{"Oomnitza", "host.invalid", "DNS"}},
		{"Defender's token is wrong", []string{"DEFENDER_API_KEY=" + wrongSecret}, 2, []string{"Defender", "401", "DEFENDER_API_KEY"}},
		{"Oomnitza's token is wrong", []string{"OOMNITZA_API_TOKEN=" + wrongSecret}, 2, []string{"Oomnitza", "401", "OOMNITZA_API_TOKEN"}},
		{"the role does not exist", []string{"INTEGRATION_DEFAULT_ROLE=99"}, 2, []string{"role 99", "INTEGRATION_DEFAULT_ROLE", "INTEGRATION_ALLOW_UNUSED_ROLE"}},
		{"the integration user does not exist", []string{"INTEGRATION_USER=nobody@contoso.com"}, 2, []string{"nobody@contoso.com", "INTEGRATION_USER"}},
		{"a stream does not exist", []string{"DEFENDER_STREAMS=Nowhere"}, 2, []string{"Nowhere", "DEFENDER_STREAMS", "Global View"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := guarded(t, c.settings...)
			w := b.worker()
			before := b.Sim.Counts()
			out := b.RunCommand(b.ctx, "check")
			if out.Code != c.code {
				t.Errorf("check ended with %d, not %d", out.Code, c.code)
			}
			b.says("check", out.Out, c.says)
			r, run, err := b.RunSession(b.ctx)
			if err != nil {
				t.Fatal(err)
			}
			if r.Outcome != saas.OutcomeFailed || run.Code != 1 {
				t.Errorf("the session ended as %q with exit code %d", r.Outcome, run.Code)
			}
			b.says("the session", r.Error, c.says)
			b.keeps(out.Out, out.Err, run.Out, run.Err, w.ReadLog())
			if after := b.Sim.Counts(); after != before {
				t.Errorf("a session that could not begin wrote %+v", after)
			}
		})
	}
}

// TestSettingsThatCannotBeRightAreRefusedByEveryProgram has settings with
// which nothing starts: the worker and check end with 2, run too where the
// settings are its own as well.
func TestSettingsThatCannotBeRightAreRefusedByEveryProgram(t *testing.T) {
	cases := []struct {
		name     string
		settings []string
		run      bool // run refuses them too
		says     []string
	}{
		{"the address of the help page, with a dash", []string{"DEFENDER_API_URL=https://contoso.us2-cloudappsecurity.com", "DEFENDER_ALLOW_HOST="}, false, []string{"DEFENDER_API_URL", "dash", "portal.cloudappsecurity.com"}},
		{"Defender without TLS", []string{"DEFENDER_API_URL=http://contoso.us2.portal.cloudappsecurity.com"}, false, []string{"DEFENDER_API_URL", "plain http"}},
		{"Oomnitza without TLS", []string{"OOMNITZA_URL=http://contoso.oomnitza.com"}, false, []string{"OOMNITZA_URL", "https://"}},
		{"a username format that is none", []string{"INTEGRATION_USERNAME_FORMAT=mail"}, true, []string{"INTEGRATION_USERNAME_FORMAT", "mail", "local-part"}},
		{"a username template that does not work", []string{"INTEGRATION_USERNAME_FORMAT={{.Nope}}"}, true, []string{"INTEGRATION_USERNAME_FORMAT", "Nope"}},
		{"several at once", []string{
			"INTEGRATION_LOOKBACK=ninety", "INTEGRATION_SCHEDULE=now and then", "INTEGRATION_TIMEZONE=Europe/Nowhere", "DEFENDER_CONCURRENCY=0",
			"OOMNITZA_TIMEOUT=soon", "INTEGRATION_CONTACTS=nobody", "INTEGRATION_EXCLUDE_USERS=/(/", "LOG_LEVEL=loud", "DEFENDER_TIMEOT=1m",
		}, true, []string{
			"INTEGRATION_LOOKBACK", "INTEGRATION_SCHEDULE", "INTEGRATION_TIMEZONE", "DEFENDER_CONCURRENCY", "OOMNITZA_TIMEOUT",
			"INTEGRATION_CONTACTS", "INTEGRATION_EXCLUDE_USERS", "LOG_LEVEL", "DEFENDER_TIMEOT", "did you mean DEFENDER_TIMEOUT",
		}},
		{"secrets with blanks, and none", []string{"DEFENDER_API_KEY=" + wrongSecret + " " + wrongSecret, "OOMNITZA_API_TOKEN="}, false, []string{"DEFENDER_API_KEY", "OOMNITZA_API_TOKEN"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := guarded(t, c.settings...)
			w := b.worker()
			if code := w.WaitExit(time.Minute); code != 2 {
				t.Errorf("the worker ended with %d, not 2", code)
			}
			b.says("the worker", w.ReadLog(), c.says)
			out := b.RunCommand(b.ctx, "check")
			if out.Code != 2 {
				t.Errorf("check ended with %d, not 2", out.Code)
			}
			b.says("check", out.Out+out.Err, c.says)
			b.keeps(w.ReadLog(), out.Out, out.Err)
			if !c.run {
				return
			}
			for _, command := range [][]string{{"run", "--follow", "--output", "json"}, {"schedule", "apply"}} {
				out := b.RunCommand(b.ctx, command...)
				if out.Code != 2 || out.Out != "" {
					t.Errorf("%v ended with %d and printed %q", command, out.Code, out.Out)
				}
				b.says(command[0], out.Err, c.says)
				b.keeps(out.Out, out.Err)
			}
		})
	}
}

func TestATokenOfSomebodyElseIsNoticedByTheFirstRecord(t *testing.T) {
	b := guarded(t, "INTEGRATION_USER=admin")
	w := b.worker()
	r, out, err := b.RunSession(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if r.Outcome != saas.OutcomeFailed || out.Code != 1 {
		t.Errorf("the session ended as %q with exit code %d", r.Outcome, out.Code)
	}
	b.says("the session", r.Error, []string{"INTEGRATION_USER is admin", b.Sim.Options().TokenUser, "correct INTEGRATION_USER"})
	b.keeps(out.Out, out.Err, w.ReadLog())
	if n := b.Sim.Counts().Rows; n > 0 {
		t.Errorf("%d assignments were written for the wrong user", n)
	}
}

func TestATokenThatRunsOutInTheMiddleFailsTheSessionAtOnce(t *testing.T) {
	cases := map[string]struct {
		faults simulator.Faults
		says   []string
	}{
		"Defender": {simulator.Faults{Defender: simulator.PeerFaults{ExpireTokenAfter: 30}}, []string{"Defender", "HTTP 40", "DEFENDER_API_KEY"}},
		"Oomnitza": {simulator.Faults{Oomnitza: simulator.PeerFaults{ExpireTokenAfter: 60}}, []string{"Oomnitza", "HTTP 40", "OOMNITZA_API_TOKEN"}},
	}
	for peer, c := range cases {
		t.Run(peer, func(t *testing.T) {
			b := guarded(t)
			o := oracle.New(b.Sim)
			w := b.worker()
			b.schedule()
			b.Sim.SetFaults(c.faults)
			r, out, err := b.RunSession(b.ctx)
			if err != nil {
				t.Fatal(err)
			}
			if r.Outcome != saas.OutcomeFailed || out.Code != 1 {
				t.Errorf("the session ended as %q with exit code %d", r.Outcome, out.Code)
			}
			b.says("the session", r.Error, c.says)
			check := b.RunCommand(b.ctx, "check")
			if check.Code != 2 {
				t.Errorf("check ended with %d, not 2", check.Code)
			}
			b.says("check", check.Out, c.says)
			b.keeps(out.Out, out.Err, check.Out, check.Err, w.ReadLog())
			b.Sim.SetFaults(simulator.Faults{}) // a new token
			if r := b.session(saas.OutcomeCompleted); r.Mode != string(saas.ModeFull) {
				t.Errorf("the session after is %s (%s)", r.Mode, r.Reason)
			}
			b.agree(o.LearnDue(b.Sim))
		})
	}
}

// healthy waits until check finds nothing wrong: a worker takes a moment until
// it asks for work.
func (b *bench) healthy() {
	b.t.Helper()
	out := b.RunCommand(b.ctx, "check")
	for out.Code != 0 && strings.Contains(out.Out, "✗ Temporal: workers") && b.ctx.Err() == nil {
		out = b.RunCommand(b.ctx, "check")
	}
	if out.Code != 0 {
		b.t.Fatalf("check ended with %d: %s%s", out.Code, out.Out, out.Err)
	}
}

// poison makes the users of some apps unreadable: of the very one that a
// session asks for before any other, and of one from the middle.
func (b *bench) poison(kind string) map[string]string {
	b.t.Helper()
	b.healthy()
	bad := map[string]string{}
	for _, page := range b.Sim.Requests().Pages {
		if page.App != "" {
			bad[page.App] = kind
			break
		}
	}
	n := 0
	for app := range b.Sim.Truth() {
		if len(app.Users) == 0 {
			continue
		}
		if n++; n == 20 {
			bad[app.ID] = kind
		}
	}
	if len(bad) != 2 {
		b.t.Fatalf("%d apps to poison", len(bad))
	}
	b.Sim.SetFaults(simulator.Faults{Poisoned: bad})
	return bad
}

func TestAnAppThatCannotBeReadIsRejectedAndTriedAgain(t *testing.T) {
	for _, kind := range []string{"500", "malformed"} {
		t.Run(kind, func(t *testing.T) {
			b := guarded(t)
			o := oracle.New(b.Sim)
			b.worker()
			b.schedule()
			bad := b.poison(kind)
			r := b.session(saas.OutcomeCompletedWithErrors)
			b.agree(o.LearnDue(b.Sim))
			told := map[string]bool{}
			for _, s := range r.Rejects.Samples {
				if bad[s.App] == "" || s.Reason != "users unreadable" || s.Detail == "" {
					t.Errorf("rejected: %+v", s)
				}
				told[s.App] = true
			}
			retried := map[string]bool{}
			for _, app := range r.Carry.Retry {
				retried[app.ID] = true
			}
			for id := range bad {
				if !told[id] || !retried[id] {
					t.Errorf("app %s: told of %v, to be tried again %v", id, told[id], retried[id])
				}
			}
			b.Sim.SetFaults(simulator.Faults{})
			if r = b.session(saas.OutcomeCompleted); r.Mode != string(saas.ModeIncremental) || len(r.Carry.Retry) > 0 {
				t.Errorf("the session after is %s and leaves %d apps", r.Mode, len(r.Carry.Retry))
			}
			b.agree(o.LearnDue(b.Sim))
		})
	}
}

// decode reads the data of what a command has printed as JSON.
func (b *bench) decode(text string, v any) {
	b.t.Helper()
	if err := harness.DecodeData(text, v); err != nil {
		b.t.Errorf("not JSON (%v): %s", err, text)
	}
}
