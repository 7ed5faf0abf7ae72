package e2e

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"

	"defendersync/internal/saas"
	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/oracle"
	"defendersync/internal/testing/simulator"
)

// tokenDoor stands before a tenant and lets several tokens in, as a tenant does while
// one takes the place of another.
type tokenDoor struct {
	header, prefix string
	tenant         http.Handler
	own            string // the token that the simulated tenant wants

	mu      sync.Mutex
	tokens  map[string]bool
	used    map[string]int // requests by token
	refused int
}

// ServeHTTP hands a request on under the tenant's own token.
func (d *tokenDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token := strings.TrimPrefix(r.Header.Get(d.header), d.prefix)
	d.mu.Lock()
	known := d.tokens[token]
	if d.used[token]++; !known {
		d.refused++
	}
	d.mu.Unlock()
	if known {
		r.Header.Set(d.header, d.prefix+d.own)
	}
	d.tenant.ServeHTTP(w, r)
}

// accept names the tokens that are good from now on.
func (d *tokenDoor) accept(tokens ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tokens = map[string]bool{}
	for _, t := range tokens {
		d.tokens[t] = true
	}
}

// counted tells the requests by a token, and how many were refused.
func (d *tokenDoor) counted(token string) (used, refused int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.used[token], d.refused
}

// doors puts doors before both tenants.
func (b *bench) doors() (defender, oomnitza *tokenDoor) {
	b.t.Helper()
	o := b.Sim.Options()
	defender = &tokenDoor{header: "Authorization", prefix: "Token ", tenant: b.Sim.Defender(), own: o.DefenderToken, used: map[string]int{}}
	oomnitza = &tokenDoor{header: "Authorization2", tenant: b.Sim.Oomnitza(), own: o.OomnitzaToken, used: map[string]int{}}
	for setting, door := range map[string]*tokenDoor{"DEFENDER_API_URL": defender, "OOMNITZA_URL": oomnitza} {
		server := httptest.NewServer(door)
		b.t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
		b.Env = append(b.Env, setting+"="+server.URL)
	}
	return defender, oomnitza
}

// relieved starts a worker with other settings beside the one that runs, and then stops
// that one, as an operator replaces workers one by one.
func (b *bench) relieved(old *harness.Process, settings ...string) *harness.Process {
	b.t.Helper()
	next := b.worker(settings...)
	b.until("the new worker works", func() bool { return strings.Contains(next.ReadLog(), "worker started") })
	if code := old.TerminateAndWait(); code != 0 {
		b.t.Errorf("the worker ended with %d:\n%s", code, old.ReadLog())
	}
	return next
}

// unfetched makes sure that no page was asked for twice.
func (b *bench) unfetched() {
	b.t.Helper()
	for _, pair := range again(b.Sim.Requests()) {
		b.t.Errorf("a page was asked for again after %s", pair[1].Sub(pair[0]))
	}
}

// TestTokensAreReplacedWhileASessionRuns: both tenants' tokens, each while the old one
// is still good, worker by worker. Afterwards nobody uses the old ones.
func TestTokensAreReplacedWhileASessionRuns(t *testing.T) {
	b := pacedBench(t, "INTEGRATION_HEARTBEAT=15s")
	defender, oomnitza := b.doors()
	defender.accept("d1")
	oomnitza.accept("o1")
	want := oracle.New(b.Sim)
	w := b.worker("DEFENDER_API_KEY=d1", "OOMNITZA_API_TOKEN=o1")
	b.schedule()
	done := b.following()
	b.userPages(20, done)

	defender.accept("d1", "d2")
	w = b.relieved(w, "DEFENDER_API_KEY=d2", "OOMNITZA_API_TOKEN=o1")
	defender.accept("d2")
	b.userPages(20, done)

	oomnitza.accept("o1", "o2")
	b.relieved(w, "DEFENDER_API_KEY=d2", "OOMNITZA_API_TOKEN=o2")
	oomnitza.accept("o2")
	if r, ok := <-done; !ok || r.Outcome != saas.OutcomeCompleted {
		t.Fatalf("the session ended as %+v", r)
	}
	b.agree(want.LearnDue(b.Sim))
	b.unfetched()
	for token, door := range map[string]*tokenDoor{"d2": defender, "o2": oomnitza} {
		if used, refused := door.counted(token); used == 0 || refused > 0 {
			t.Errorf("%d requests by %s, %d refused", used, token, refused)
		}
	}
}

// TestEncryptionKeysAreReplacedWhileASessionRuns goes the documented way: every worker
// learns to read the new key before one writes with it. In the end check says that the
// old one can go, and it does, and nothing misses it: neither sessions nor the watch.
func TestEncryptionKeysAreReplacedWhileASessionRuns(t *testing.T) {
	key := func(id string, fill byte) string {
		return id + ":" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{fill}, 32))
	}
	setting := func(keys ...string) string { return "PAYLOAD_ENCRYPTION_KEY=" + strings.Join(keys, ",") }
	first, second := key("first", 1), key("second", 2)
	b := toldOn(t, pacedBench(t, append([]string{"INTEGRATION_HEARTBEAT=15s"}, calm...)...))
	want := oracle.New(b.Sim)
	b.Env = append(b.Env, setting(first))
	w := b.worker()
	b.schedule()
	b.bench.session(saas.OutcomeCompleted)
	b.Sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.05, NewPairs: 0.02, NewApps: 1})
	b.Sim.ResetRequests()
	running := b.begun("--full")

	w = b.relieved(w, setting(first, second))
	b.userPages(20, nil)
	next := b.worker(setting(second, first)) // beside one that still writes with the first
	b.until("both workers work", func() bool { return strings.Contains(next.ReadLog(), "worker started") })
	b.userPages(20, nil)
	w.TerminateAndWait()
	b.Env = append(b.Env, setting(second, first))
	b.says("apply", b.done("schedule", "apply"), []string{"encryption key: second, was first"})
	if status := b.ends(b.dial(), running.Session, running.Run); status != enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED {
		t.Fatalf("the session ended as %s: %s", status, b.done("sessions", "show", running.Session))
	}
	b.agree(want.LearnDue(b.Sim))
	b.unfetched()

	b.says("check", b.checkedKeys(), []string{"second encrypts", "first is needed by", "the result of the last scheduled session"})
	b.bench.session(saas.OutcomeCompleted)
	const free = "first is needed by nothing but sessions that have ended"
	b.until("check says that the old key can go", func() bool { return strings.Contains(b.checkedKeys(), free) })

	b.Env = append(b.Env, setting(second))
	w = b.relieved(next)
	b.Sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.05, NewPairs: 0.02, NewApps: 1})
	if r := b.bench.session(saas.OutcomeCompleted); r.Mode != string(saas.ModeIncremental) {
		t.Errorf("the session after is %s (%s)", r.Mode, r.Reason)
	}
	b.agree(want.LearnDue(b.Sim))
	b.relieved(w, "DEFENDER_API_KEY=revoked")
	if r, _, err := b.RunSession(b.ctx); err != nil || r.Outcome != saas.OutcomeFailed {
		t.Fatalf("with a revoked token the session ended as %q: %v", r.Outcome, err)
	}
	b.mailed("The session failed") // so the watch goes on without the old key
	b.once("The session failed")
}

// checkedKeys is what check finds of the keys.
func (b *bench) checkedKeys() string {
	b.t.Helper()
	var list []found
	b.decode(b.RunCommand(b.ctx, "check", "--output", "json").Out, &list)
	for _, f := range list {
		if f.Check == "Encryption keys" && f.Status == "ok" {
			return f.Detail
		}
	}
	b.t.Errorf("check says nothing of the keys: %+v", list)
	return ""
}

// TestATokenOfAnotherUserMakesRecordsUnderThatName: what is there stays as it was made.
// Where link keys are kept it remains ours; where they are not, it is left alone but for
// its users.
func TestATokenOfAnotherUserMakesRecordsUnderThatName(t *testing.T) {
	for name, form := range map[string]simulator.Variants{"link keys": {}, "no link keys": {LinkKeyIgnored: true}} {
		t.Run(name, func(t *testing.T) {
			o := small()
			o.Variants = form
			b := newBench(t, o)
			want := oracle.New(b.Sim)
			b.worker()
			b.schedule()
			b.session(saas.OutcomeCompleted)
			former := b.Sim.Holdings().SaaS
			b.Sim.AdvanceDays(1, simulator.ChangeOptions{Pairs: 0.3, NewPairs: 0.1, NewApps: 3})

			b.Sim.SetTokenUser("admin")
			b.fails("INTEGRATION_USER is "+b.Sim.Options().TokenUser, "acts for admin")
			b.Env = append(b.Env, "INTEGRATION_USER=admin")
			b.says("apply", b.done("schedule", "apply"), []string{"admin"})
			r := b.session(saas.OutcomeCompleted, "--full")
			b.agree(want.LearnDue(b.Sim))
			if !form.LinkKeyIgnored {
				b.agreeOnActive(want, r.Carry.Watermark)
			}
			b.creators(former, form.LinkKeyIgnored)
		})
	}
}

// creators compares the records with what they were under the former user.
func (b *bench) creators(former map[string]simulator.HeldSaaS, alone bool) {
	b.t.Helper()
	made, changed := 0, 0
	for name, now := range b.Sim.Holdings().SaaS {
		was, old := former[name]
		switch {
		case !old && now.CreatedBy != "admin":
			b.t.Errorf("record %s was made by %s", name, now.CreatedBy)
		case !old:
			made++
		case now.CreatedBy != was.CreatedBy:
			b.t.Errorf("record %s is by %s, and was by %s", name, now.CreatedBy, was.CreatedBy)
		case now.Visited != was.Visited || now.ChangedBy != was.ChangedBy:
			changed++
		}
	}
	if made == 0 {
		b.t.Error("no record was made")
	}
	if alone != (changed == 0) {
		b.t.Errorf("%d records of the former user were changed", changed)
	}
}
