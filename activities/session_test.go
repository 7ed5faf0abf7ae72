package activities

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

func TestOpeningPlansASessionAndHasReadItsFirstPage(t *testing.T) {
	o := small()
	o.Streams, o.OddStreams = 2, true
	r := newRig(t, o)
	p := r.open(contract.Carry{})
	if len(p.Streams) != 2 || p.Window.Mode != saas.ModeFull || p.First == nil || len(p.First.Apps) == 0 || !p.Dialect.KnowsUsers() {
		t.Errorf("the plan is %+v", p)
	}
	if d := r.sim.Now().Sub(p.Began); d < 0 || d > time.Minute {
		t.Errorf("it began at %s, Defender's clock shows %s", p.Began, r.sim.Now())
	}
	if p.Requests.Defender != r.sim.Requests().Defender.Requests || p.Requests.Defender > 4 {
		t.Errorf("opening cost %+v, Defender saw %d", p.Requests, r.sim.Requests().Defender.Requests)
	}
	r.clean()
}

func TestOpeningGoesByWhatTheSessionBeforeCarried(t *testing.T) {
	r := newRig(t, small())
	first := r.open(contract.Carry{})
	day := first.Began.Add(-saas.Day)
	good := contract.Carry{Watermark: day, LastFull: day, Rules: r.policy.RulesHash()}
	if p := r.open(good); p.Window.Mode != saas.ModeIncremental || !p.Window.Threshold.Equal(day.Add(-r.policy.Overlap)) {
		t.Errorf("after a good session: %+v", p.Window)
	}
	full := must[contract.Plan](r, contract.ActivityOpenSession, contract.OpenSessionParams{Policy: r.policy, Full: true, Previous: good})
	if full.Window.Mode != saas.ModeFull {
		t.Errorf("when asked for: %+v", full.Window)
	}
	good.FullNext = true
	if p := r.open(good); p.Window.Mode != saas.ModeFull {
		t.Errorf("after too many rejects: %+v", p.Window)
	}
}

func TestWhatKeepsASessionFromOpeningIsToldWithWhatToDo(t *testing.T) {
	for name, tc := range map[string]struct {
		options func(*simulator.Options)
		policy  func(*saas.Policy)
		kind    httpx.Kind
		says    []string
	}{
		"Defender's token": {func(o *simulator.Options) { o.Faults.Defender.ExpireTokenAfter = -1 }, nil, httpx.KindUnauthorized, []string{"DEFENDER_API_KEY"}},
		"a stream that is not there": {nil, func(p *saas.Policy) { p.Streams = []string{"Berlin"} }, httpx.KindConfig,
			[]string{"Berlin", "DEFENDER_STREAMS takes names or ids of"}},
		"a role that nobody has":         {nil, func(p *saas.Policy) { p.DefaultRole = 4711 }, httpx.KindConfig, []string{"role 4711", "INTEGRATION_DEFAULT_ROLE", "INTEGRATION_ALLOW_UNUSED_ROLE"}},
		"an integration user not there":  {nil, func(p *saas.Policy) { p.IntegrationUser = "nobody@contoso.com" }, httpx.KindConfig, []string{"nobody@contoso.com", "INTEGRATION_USER"}},
		"a username format":              {nil, func(p *saas.Policy) { p.UsernameFormat = "{{.Nope" }, httpx.KindConfig, []string{"username rules"}},
		"no endpoint for users":          {func(o *simulator.Options) { o.Variants.Users = "neither" }, nil, httpx.KindContract, []string{"users", "app_users"}},
		"rows of apps of no known shape": {func(o *simulator.Options) { o.Variants.UnknownAppRows = true }, nil, httpx.KindContract, []string{"Defender"}},
		"rows of users of no known shape": {func(o *simulator.Options) { o.Variants.UnknownUserRows = true }, nil, httpx.KindContract,
			[]string{"principalRef"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := small()
			if tc.options != nil {
				tc.options(&o)
			}
			denied := o.Faults.Defender.ExpireTokenAfter < 0
			o.Faults = simulator.Faults{}
			r := newRig(t, o)
			if denied {
				r.defenderAt.set(unauthorized)
			}
			if tc.policy != nil {
				tc.policy(&r.policy)
			}
			_, err := try[contract.Plan](r, &attempt{}, contract.ActivityOpenSession, contract.OpenSessionParams{Policy: r.policy})
			if err == nil {
				t.Fatal("it opened")
			}
			if kind, again := kindOf(t, err); kind != tc.kind || again {
				t.Errorf("kind %s, retried %v: %v", kind, again, err)
			}
			for _, text := range tc.says {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q does not speak of %q", err, text)
				}
			}
			for _, secret := range []string{r.sim.Options().DefenderToken, r.sim.Options().OomnitzaToken} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%q tells a token", err)
				}
			}
		})
	}
}

func TestOomnitzasTokenIsFoundOutWhenOpening(t *testing.T) {
	r := newRig(t, small())
	r.oomnitzaAt.set(unauthorized)
	_, err := try[contract.Plan](r, &attempt{}, contract.ActivityOpenSession, contract.OpenSessionParams{Policy: r.policy})
	if kind, again := kindOf(t, err); kind != httpx.KindUnauthorized || again || !strings.Contains(err.Error(), "OOMNITZA_API_TOKEN") {
		t.Errorf("it ended with %v", err)
	}
}

func TestARoleThatNobodyHasYetMayBeAllowed(t *testing.T) {
	r := newRig(t, small())
	r.policy.DefaultRole, r.policy.AllowUnusedRole = 4711, true
	r.open(contract.Carry{})
}

func TestATenantThatDoesNotAnswerIsAskedAFewTimesAndNoMore(t *testing.T) {
	for name, door := range map[string]func(*rig) *door{
		"Defender": func(r *rig) *door { return r.defenderAt }, "Oomnitza": func(r *rig) *door { return r.oomnitzaAt },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, small())
			var asked atomic.Int64
			door(r).set(func(w http.ResponseWriter, req *http.Request) bool {
				asked.Add(1)
				return down(w, req)
			})
			_, err := try[contract.Plan](r, &attempt{}, contract.ActivityOpenSession, contract.OpenSessionParams{Policy: r.policy})
			if kind, again := kindOf(t, err); kind != httpx.KindServer || again || !strings.Contains(err.Error(), name) {
				t.Errorf("it ended with %v", err)
			}
			if n := asked.Load(); n < openAttempts || n > 5*openAttempts {
				t.Errorf("it was asked %d times", n)
			}
		})
	}
}

func TestABlipWhenOpeningIsPassedOver(t *testing.T) {
	r := newRig(t, small())
	r.defenderAt.outage(1, 2)
	r.open(contract.Carry{})
}

func TestAnOpeningThatIsToldToStopHandsOver(t *testing.T) {
	r := newRig(t, small())
	at := &attempt{stop: make(chan struct{})}
	stop := sync.OnceFunc(func() { close(at.stop) })
	r.oomnitzaAt.set(func(http.ResponseWriter, *http.Request) bool {
		stop()
		return false
	})
	r.limiter.Stop() // as the activity does once it hears of it
	_, err := try[contract.Plan](r, at, contract.ActivityOpenSession, contract.OpenSessionParams{Policy: r.policy})
	if kind, again := kindOf(t, err); kind != httpx.KindStopping || !again {
		t.Errorf("it ended with %v", err)
	}
}

func TestAnonymisedStreamsAndFiltersThatHeedCaseAreWarnedOf(t *testing.T) {
	o := small()
	o.Variants.Anonymous, o.Variants.CaseMatters = 1, true
	p := newRig(t, o).open(contract.Carry{})
	for _, text := range []string{"anonymised", "upper and lower case"} {
		if !strings.Contains(strings.Join(p.Warnings, "\n"), text) {
			t.Errorf("no warning speaks of %q: %v", text, p.Warnings)
		}
	}
}
