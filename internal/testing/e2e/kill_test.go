package e2e

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/oracle"
	"defendersync/internal/testing/simulator"
)

// paced makes a session last: fifty requests a second, answered late.
const (
	perMinute = 3000
	answered  = 30 * time.Millisecond
)

func pacedBench(t *testing.T, settings ...string) *bench {
	o := rich()
	o.Budget = perMinute
	o.Faults = simulator.Faults{Defender: simulator.PeerFaults{Latency: answered}}
	return newBench(t, o, append(settings, "DEFENDER_REQUESTS_PER_MINUTE=3000")...)
}

// following runs a session beside the test. What a test that has failed leaves of it
// ends with the test.
func (b *bench) following(flags ...string) <-chan contract.SessionResult {
	done := make(chan contract.SessionResult, 1)
	ctx, leave := context.WithCancel(b.ctx)
	ended := make(chan struct{})
	b.t.Cleanup(func() {
		leave()
		<-ended
	})
	go func() {
		defer close(ended)
		defer close(done)
		r, out, err := b.RunSession(ctx, flags...)
		switch {
		case err == nil:
			done <- r
		case ctx.Err() == nil || b.ctx.Err() != nil:
			b.t.Errorf("the session: %v\n%s", err, out.Err)
		}
	}()
	return done
}

// hold keeps the running session from getting to its end, by a Defender that takes
// a minute for an answer. The other faults stay as they are.
func (b *bench) hold(others simulator.Faults) {
	others.Defender.Latency = time.Minute
	b.Sim.SetFaults(others)
}

// userPages waits until Defender has served n more pages of users than at the
// call, and reports whether it did before the session ended.
func (b *bench) userPages(n int, done <-chan contract.SessionResult) bool {
	b.t.Helper()
	from := b.served()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for b.served() < from+n {
		select {
		case <-tick.C:
		case <-b.ctx.Done():
			b.t.Fatal("the session got nowhere")
		case r := <-done:
			b.t.Fatalf("the session ended before the worker was killed: %+v", r)
			return false
		}
	}
	return true
}

func (b *bench) served() int {
	n := 0
	for _, p := range b.Sim.Requests().Pages {
		if p.App != "" {
			n += p.Served
		}
	}
	return n
}

// again lists the pauses between two requests for the same page. The page that
// a session reads first, to find out the endpoint, it reads once more.
func again(log simulator.Log) (pairs [][2]time.Time) {
	probed := false
	for _, p := range log.Pages {
		asked := p.Asked
		if p.App != "" && p.Skip == 0 && !probed && len(asked) > 1 {
			probed = true
			asked = asked[1:]
		}
		for i := 1; i < len(asked); i++ {
			pairs = append(pairs, [2]time.Time{asked[i-1], asked[i]})
		}
	}
	return pairs
}

func TestAWorkerKilledTenTimesLosesAndDoublesNothing(t *testing.T) {
	b := pacedBench(t, "INTEGRATION_HEARTBEAT=4s")
	o := oracle.New(b.Sim)
	b.schedule()
	w := b.worker()
	done := b.following()
	random := rand.New(rand.NewPCG(1, 2))
	var kills []time.Time
	for range 10 {
		b.userPages(1+random.IntN(40), done)
		w.KillAndWait()
		kills = append(kills, time.Now())
		w = b.worker()
	}
	r, ok := <-done
	if !ok || r.Outcome != saas.OutcomeCompleted {
		t.Fatalf("the session ended as %+v", r)
	}
	b.agree(o.LearnDue(b.Sim))
	b.checkRefetches(kills)
}

// checkRefetches makes sure that a page was asked for again only where a kill
// had lost it, and no more than a kill may lose: what was in flight, and what
// the last second had fetched.
func (b *bench) checkRefetches(kills []time.Time) {
	b.t.Helper()
	const inFlight, lastSecond = 16 + 32, perMinute / 60
	lost := map[int]int{}
	for _, pair := range again(b.Sim.Requests()) {
		cause := -1
		for i, k := range kills {
			if pair[0].Before(k) && k.Before(pair[1]) {
				cause = i
			}
		}
		if cause < 0 {
			b.t.Errorf("a page was asked for at %s and again at %s, without a kill between", pair[0], pair[1])
		}
		lost[cause]++
	}
	for kill, n := range lost {
		if n > inFlight+lastSecond {
			b.t.Errorf("kill %d cost %d pages", kill, n)
		}
	}
	b.t.Logf("pages asked for again after each kill: %v", lost)
}

func TestAWorkerToldToStopHandsOverWithoutFetchingAPageAgain(t *testing.T) {
	b := pacedBench(t, "INTEGRATION_HEARTBEAT=15s")
	o := oracle.New(b.Sim)
	b.schedule()
	w := b.worker()
	done := b.following()
	for range 4 {
		b.userPages(20, done)
		next := b.worker()
		if code := w.TerminateAndWait(); code != 0 {
			t.Errorf("the worker ended with %d:\n%s", code, w.ReadLog())
		}
		w = next
	}
	r, ok := <-done
	if !ok || r.Outcome != saas.OutcomeCompleted {
		t.Fatalf("the session ended as %+v", r)
	}
	b.agree(o.LearnDue(b.Sim))
	for _, pair := range again(b.Sim.Requests()) {
		t.Errorf("a page was asked for again after %s", pair[1].Sub(pair[0]))
	}
	if log := b.Sim.Requests(); log.Defender.RateLimited > 0 {
		t.Errorf("%d requests were beyond the budget; %d in a window", log.Defender.RateLimited, log.Defender.MaxInWindow)
	}
}
