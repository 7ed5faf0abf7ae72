package preflight

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
)

func TestTheChecksPlanASessionAndHaveReadItsFirstPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.Streams, o.OddStreams = 2, true
		r := newRig(t, o)
		p := r.must(contract.OpenSessionParams{})
		if len(p.Streams) != 2 || p.Window.Mode != saas.ModeFull || p.First == nil || len(p.First.Apps) == 0 || !p.Dialect.KnowsUsers() {
			t.Errorf("the plan is %+v", p.Plan)
		}
		if len(p.Seen) != 2 || p.Sample.Users == 0 || !p.Account.IsNamed(r.policy.IntegrationUser) {
			t.Errorf("seen %+v, sampled %+v, acting for %+v", p.Seen, p.Sample, p.Account)
		}
		if d := r.Now().Sub(p.Began); d < 0 || d > time.Minute {
			t.Errorf("it began at %s, Defender's clock shows %s", p.Began, r.Now())
		}
		if n := r.Requests().Defender.Requests; n > 4 {
			t.Errorf("Defender was asked %d times", n)
		}
		r.CheckContract()
	})
}

func TestThePlanGoesByWhatTheSessionBeforeCarried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		day := r.must(contract.OpenSessionParams{}).Began.Add(-saas.Day)
		good := contract.Carry{Watermark: day, LastFull: day, Rules: r.policy.RulesHash()}
		if p := r.must(contract.OpenSessionParams{Previous: good}); p.Window.Mode != saas.ModeIncremental || !p.Window.Threshold.Equal(day.Add(-r.policy.Overlap)) {
			t.Errorf("after a good session: %+v", p.Window)
		}
		if p := r.must(contract.OpenSessionParams{Previous: good, Full: true}); p.Window.Mode != saas.ModeFull {
			t.Errorf("when asked for: %+v", p.Window)
		}
		good.FullNext = true
		if p := r.must(contract.OpenSessionParams{Previous: good}); p.Window.Mode != saas.ModeFull {
			t.Errorf("after too many rejects: %+v", p.Window)
		}
	})
}

func TestWhatIsWrongIsSaidWithWhatToDo(t *testing.T) {
	for name, tc := range map[string]struct {
		options  func(*simulator.Options)
		policy   func(*saas.Policy)
		defender int // status of all of its answers
		oomnitza int
		kind     httpx.Kind
		says     []string
	}{
		"Defender's token": {defender: http.StatusUnauthorized, kind: httpx.KindUnauthorized, says: []string{"DEFENDER_API_KEY"}},
		"Oomnitza's token": {oomnitza: http.StatusUnauthorized, kind: httpx.KindUnauthorized, says: []string{"OOMNITZA_API_TOKEN"}},
		"a stream that is not there": {policy: func(p *saas.Policy) { p.Streams = []string{"Berlin"} }, kind: httpx.KindConfig,
			says: []string{"Berlin", "DEFENDER_STREAMS takes names or ids of"}},
		"a role that nobody has": {policy: func(p *saas.Policy) { p.DefaultRole = 4711 }, kind: httpx.KindConfig,
			says: []string{"role 4711", "INTEGRATION_DEFAULT_ROLE", "INTEGRATION_ALLOW_UNUSED_ROLE"}},
		"an integration user not there": {policy: func(p *saas.Policy) { p.IntegrationUser = "nobody@contoso.com" }, kind: httpx.KindConfig,
			says: []string{"nobody@contoso.com", "INTEGRATION_USER"}},
		"a username format":               {policy: func(p *saas.Policy) { p.UsernameFormat = "{{.Nope" }, kind: httpx.KindConfig, says: []string{"username rules"}},
		"no endpoint for users":           {options: func(o *simulator.Options) { o.Variants.Users = "neither" }, kind: httpx.KindContract, says: []string{"users", "app_users"}},
		"rows of apps of no known shape":  {options: func(o *simulator.Options) { o.Variants.UnknownAppRows = true }, kind: httpx.KindContract, says: []string{"Defender"}},
		"rows of users of no known shape": {options: func(o *simulator.Options) { o.Variants.UnknownUserRows = true }, kind: httpx.KindContract, says: []string{"principalRef"}},
	} {
		inBubble(t, name, func(t *testing.T) {
			o := small()
			if tc.options != nil {
				tc.options(&o)
			}
			r := newRig(t, o)
			if tc.defender > 0 {
				r.DefenderDoor.Post(sandbox.AnswerStatus(tc.defender))
			}
			if tc.oomnitza > 0 {
				r.OomnitzaDoor.Post(sandbox.AnswerStatus(tc.oomnitza))
			}
			if tc.policy != nil {
				tc.policy(&r.policy)
			}
			_, err := r.checkAll(contract.OpenSessionParams{})
			if httpx.KindOf(err) != tc.kind {
				t.Fatalf("kind %q: %v", httpx.KindOf(err), err)
			}
			for _, text := range tc.says {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q does not speak of %q", err, text)
				}
			}
			for _, secret := range []string{r.Options().DefenderToken, r.Options().OomnitzaToken} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%q shows a token", err)
				}
			}
		})
	}
}

func TestARoleThatNobodyHasYetMayBeAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		r.policy.DefaultRole, r.policy.AllowUnusedRole = 4711, true
		r.must(contract.OpenSessionParams{})
	})
}

func TestATenantThatDoesNotAnswerIsAskedAFewTimesAndNoMore(t *testing.T) {
	for name, door := range map[string]func(*rig) *sandbox.Door{
		"Defender": func(r *rig) *sandbox.Door { return r.DefenderDoor }, "Oomnitza": func(r *rig) *sandbox.Door { return r.OomnitzaDoor },
	} {
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, small())
			refused := door(r).BreakDown(1, 1000)
			_, err := r.checkAll(contract.OpenSessionParams{})
			if httpx.KindOf(err) != httpx.KindServer || !strings.Contains(err.Error(), name) {
				t.Errorf("it ended with %v", err)
			}
			if n := refused.Load(); n < maxAttempts || n > 5*maxAttempts {
				t.Errorf("it was asked %d times", n)
			}
		})
	}
}

func TestABlipIsPassedOver(t *testing.T) {
	for name, door := range map[string]func(*rig) *sandbox.Door{
		"Defender": func(r *rig) *sandbox.Door { return r.DefenderDoor }, "Oomnitza": func(r *rig) *sandbox.Door { return r.OomnitzaDoor },
	} {
		for first := range int64(6) {
			inBubble(t, fmt.Sprintf("%s, from request %d", name, first+1), func(t *testing.T) {
				r := newRig(t, small())
				door(r).BreakDown(first+1, first+2)
				if p := r.must(contract.OpenSessionParams{}); len(p.First.Apps) == 0 || !p.Dialect.KnowsUsers() {
					t.Errorf("the plan is %+v", p.Plan)
				}
			})
		}
	}
}

func TestACheckThatIsCancelledWhileItWaitsEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		r.DefenderDoor.Post(sandbox.AnswerDown)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := r.checker.CheckAll(ctx, contract.OpenSessionParams{Policy: r.policy}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it ended with %v", err)
		}
	})
}

func TestAnonymisedStreamsAndFiltersThatHeedCaseAreWarnedOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.Variants.Anonymous, o.Variants.CaseMatters = 1, true
		warnings := strings.Join(newRig(t, o).must(contract.OpenSessionParams{}).Warnings, "\n")
		for _, text := range []string{"anonymised", "upper and lower case"} {
			if !strings.Contains(warnings, text) {
				t.Errorf("no warning speaks of %q: %s", text, warnings)
			}
		}
	})
}
