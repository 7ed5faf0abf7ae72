package activities

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/testing/sandbox"
)

func TestOpeningTellsWhatItCost(t *testing.T) {
	r := newRig(t, small())
	p := r.open(contract.Carry{})
	if p.First == nil || p.Requests.Defender != r.sim.Requests().Defender.Requests || p.Requests.Oomnitza != r.sim.Requests().Oomnitza.Requests {
		t.Errorf("opening cost %+v, the tenants saw %+v", p.Requests, r.sim.Requests())
	}
	r.clean()
}

func TestAnOpeningThatFailsIsNotTriedAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		answer sandbox.Guard
		kind   httpx.Kind
	}{"a token": {unauthorized, httpx.KindUnauthorized}, "an outage": {sandbox.AnswerDown, httpx.KindServer}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, small())
			r.oomnitzaAt.Post(tc.answer)
			_, err := try[contract.Plan](r, &attempt{}, contract.ActivityOpenSession, contract.OpenSessionParams{Policy: r.policy})
			if kind, again := kindOf(t, err); kind != tc.kind || again || !strings.Contains(err.Error(), "Oomnitza") {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

func TestAnOpeningThatIsToldToStopHandsOver(t *testing.T) {
	r := newRig(t, small())
	at := &attempt{stop: make(chan struct{})}
	stop := sync.OnceFunc(func() { close(at.stop) })
	r.oomnitzaAt.Post(func(http.ResponseWriter, *http.Request) bool {
		stop()
		return false
	})
	r.limiter.Stop() // as the activity does once it hears of it
	_, err := try[contract.Plan](r, at, contract.ActivityOpenSession, contract.OpenSessionParams{Policy: r.policy})
	if kind, again := kindOf(t, err); kind != httpx.KindStopping || !again {
		t.Errorf("it ended with %v", err)
	}
}
