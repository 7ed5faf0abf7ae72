package activities

import (
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/defender"
	"defendersync/internal/httpx"
	"defendersync/internal/ratelimit"
	"defendersync/internal/testing/simulator"
)

func TestAPageThatCannotBeReadIsForTemporalToRetry(t *testing.T) {
	for name, tc := range map[string]struct {
		faults simulator.PeerFaults
		kind   httpx.Kind
		again  bool
	}{
		"5xx":           {simulator.PeerFaults{ServerErrors: 1}, httpx.KindServer, true},
		"dropped":       {simulator.PeerFaults{DropBefore: 1}, httpx.KindNetwork, true},
		"cut off":       {simulator.PeerFaults{Truncated: 1}, httpx.KindBadAnswer, true},
		"expired token": {simulator.PeerFaults{ExpireTokenAfter: 1}, httpx.KindUnauthorized, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, simulator.Options{Apps: 5, People: 10, Pairs: 20})
			p := r.open(contract.Carry{})
			r.sim.SetFaults(simulator.Faults{Defender: tc.faults})
			in := contract.FetchAppsParams{Stream: p.Streams[0], Window: p.Window, Dialect: p.Dialect}
			_, err := try[contract.AppsPage](r, &attempt{}, contract.ActivityFetchApps, in)
			if tc.faults.ExpireTokenAfter > 0 && err == nil {
				_, err = try[contract.AppsPage](r, &attempt{}, contract.ActivityFetchApps, in)
			}
			if err == nil {
				t.Fatal("it succeeded")
			}
			if kind, again := kindOf(t, err); kind != tc.kind || again != tc.again {
				t.Errorf("kind %s, retried %v: %v", kind, again, err)
			}
		})
	}
}

func TestTheBudgetTravelsFromPageToPage(t *testing.T) {
	r := newRig(t, simulator.Options{Apps: 5, People: 10, Pairs: 20})
	p := r.open(contract.Carry{})
	in := contract.FetchAppsParams{Stream: p.Streams[0], Window: p.Window, Dialect: p.Dialect}
	told := func(page contract.AppsPage) (requests int) {
		for _, h := range page.Recent.Holders {
			for _, n := range h.Counts {
				requests += n
			}
		}
		return requests
	}
	for n := 1; n <= 3; n++ {
		limiter := ratelimit.NewLimiter(1000, time.Hour)
		from, err := defender.New(defender.Options{URL: r.defenderAt.URL, AllowHost: "127.0.0.1", Token: r.sim.Options().DefenderToken, Limiter: limiter, HTTP: r.box.HTTP})
		if err != nil {
			t.Fatal(err)
		}
		w := New(from, limiter, r.oomnitza, temporalStub{}, Options{})
		page, err := try[contract.AppsPage](r, &attempt{worker: w}, contract.ActivityFetchApps, in)
		if err != nil {
			t.Fatal(err)
		}
		if page.Requests.Defender != 1 || page.Requests.Oomnitza != 0 {
			t.Errorf("the page cost %+v", page.Requests)
		}
		if got := told(page); got != n {
			t.Errorf("after %d workers made one request each, %d are told of", n, got)
		}
		in.Recent = page.Recent
	}
}
