package activities

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/testing/simulator"
)

// long is a tenant with more pages of users than a worker fetches at once.
func long() simulator.Options {
	return simulator.Options{Apps: 30, People: 1500, Pairs: 12_000}
}

// isUsers reports whether a request is for a page of users.
func isUsers(req *http.Request) bool { return strings.Contains(req.URL.Path, "/discovery/users/") }

// isAssign reports whether a request assigns people to an app.
func isAssign(req *http.Request) bool {
	return req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/users") && strings.Contains(req.URL.Path, "/saas/")
}

// at calls do when the n-th page of users is asked for from now on.
func (r *rig) at(n int, do func()) {
	var seen atomic.Int64
	r.defenderAt.set(func(_ http.ResponseWriter, req *http.Request) bool {
		if isUsers(req) && seen.Add(1) == int64(n) {
			do()
		}
		return false
	})
}

// atWrite calls do when the n-th bulk assignment comes in from now on.
func (r *rig) atWrite(n int, do func()) {
	var seen atomic.Int64
	r.oomnitzaAt.set(func(_ http.ResponseWriter, req *http.Request) bool {
		if isAssign(req) && seen.Add(1) == int64(n) {
			do()
		}
		return false
	})
}

func TestAWorkerToldToStopHandsOverWithoutLosingAPage(t *testing.T) {
	r := newRig(t, long())
	p := r.open(contract.Carry{})
	in := r.usage(p, 0)
	r.sim.ResetRequests()
	var from *contract.Checkpoint
	handed := 0
	for {
		at := &attempt{worker: r.worker(), stop: make(chan struct{}), from: from}
		r.at(25, func() { close(at.stop) })
		out, err := try[contract.SyncUsageResult](r, at, contract.ActivitySyncUsage, in)
		if err == nil {
			if seen := out.Counts.Users.Seen; seen != out.Counts.Users.Added || seen != r.sim.Totals().Assignments {
				t.Errorf("counts %+v, %d are assigned", out.Counts.Users, r.sim.Totals().Assignments)
			}
			if log := r.sim.Requests(); out.Requests.Defender != log.Defender.Requests {
				t.Errorf("it says %d requests, Defender saw %d", out.Requests.Defender, log.Defender.Requests)
			}
			break
		}
		if kind, again := kindOf(t, err); kind != httpx.KindStopping || !again {
			t.Fatalf("it ended with %v", err)
		}
		cp := at.heartbeat(t)
		from = &cp
		handed++
	}
	if handed < 2 {
		t.Errorf("it was handed over %d times: the tenant is too small for this test", handed)
	}
	same(t, truth(r.sim, p.Streams[0].ID), held(t, r.sim))
	once(t, r.sim)
	r.clean()
}

// wasWritten reports whether a checkpoint has a page as done.
func wasWritten(c contract.Checkpoint, in contract.SyncUsageParams, app string, skip int) bool {
	for _, i := range c.Done {
		if in.Refs[i].App == app {
			return true
		}
	}
	for i, m := range c.Open {
		if _, ahead := m.Ahead[skip]; in.Refs[i].App == app && (ahead || skip < m.Low) {
			return true
		}
	}
	return false
}

func TestARetryGoesOnFromTheCheckpointWithoutFetchingAnyOfItAgain(t *testing.T) {
	r := newRig(t, long())
	p := r.open(contract.Carry{})
	in := r.usage(p, 0)
	random := rand.New(rand.NewPCG(3, 4))
	var from *contract.Checkpoint
	attempts := 0
	for done := false; !done && attempts < 50; attempts++ {
		at := &attempt{worker: r.worker(), from: from}
		r.defenderAt.set(func(http.ResponseWriter, *http.Request) bool { return false })
		// Each attempt writes some pages before it fails, or there would be no end.
		r.atWrite(12+random.IntN(30), func() { r.defenderAt.set(unauthorized) })
		r.sim.ResetRequests()
		_, err := try[contract.SyncUsageResult](r, at, contract.ActivitySyncUsage, in)
		if from != nil {
			for _, page := range r.sim.Requests().Pages {
				if page.App != "" && wasWritten(*from, in, page.App, page.Skip) {
					t.Errorf("page %d of app %s was written and yet fetched again", page.Skip, page.App)
				}
			}
		}
		if done = err == nil; !done {
			cp := at.heartbeat(t)
			from = &cp
		}
	}
	if attempts < 2 || attempts == 50 {
		t.Errorf("there were %d attempts", attempts)
	}
	same(t, truth(r.sim, p.Streams[0].ID), held(t, r.sim))
	r.clean()
}

func unauthorized(w http.ResponseWriter, _ *http.Request) bool {
	w.WriteHeader(http.StatusUnauthorized)
	return true
}

func TestACancelledActivityStopsAtOnceAndTellsWhatWasDone(t *testing.T) {
	r := newRig(t, long())
	p := r.open(contract.Carry{})
	in := r.usage(p, 0)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r.sim.ResetRequests()
	r.at(60, cancel)
	_, err := try[contract.SyncUsageResult](r, &attempt{ctx: ctx}, contract.ActivitySyncUsage, in)
	var cancelled *temporal.CanceledError
	if !errors.As(err, &cancelled) || !cancelled.HasDetails() {
		t.Fatalf("it ended with %v", err)
	}
	var out contract.SyncUsageResult
	if err := cancelled.Details(&out); err != nil {
		t.Fatal(err)
	}
	held := r.sim.Totals().Assignments
	if n := out.Counts.Users.Added; n == 0 || n > held || held-n > (r.opts.Writers+maxUnwritten)*pageRows {
		t.Errorf("it counts %d assignments, %d are held", n, held)
	}
	if asked := r.sim.Requests().Defender.Requests; asked > 60+r.opts.Fetchers {
		t.Errorf("%d requests were made, though it was cancelled at the sixtieth", asked)
	}
	if out.Requests.Defender == 0 {
		t.Error("it does not tell its requests")
	}
}

func TestACheckpointThatIsCompleteAsksForNothing(t *testing.T) {
	r := newRig(t, small())
	p := r.open(contract.Carry{})
	in := r.usage(p, 0)
	cp := contract.Checkpoint{}
	for i := range in.Refs {
		cp.Done = append(cp.Done, i)
	}
	cp.Counts.Users.Added = 12
	r.sim.ResetRequests()
	out, err := try[contract.SyncUsageResult](r, &attempt{from: &cp}, contract.ActivitySyncUsage, in)
	if err != nil || out.Counts.Users.Added != 12 {
		t.Errorf("result %+v, %v", out.Counts, err)
	}
	if log := r.sim.Requests(); log.Defender.Requests+log.Oomnitza.Requests > 0 {
		t.Errorf("it asked: %v", log.Routes)
	}
}

func TestAnAppWhosePagesAreAllWrittenIsFinishedByTheNextAttempt(t *testing.T) {
	for name, moved := range map[string]bool{"nothing else to do": false, "the list moved and is read again": true} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, long())
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			if _, err := try[contract.SyncUsageResult](r, &attempt{worker: r.worker()}, contract.ActivitySyncUsage, in); err != nil {
				t.Fatal(err)
			}
			cp := contract.Checkpoint{Open: map[int]contract.ListMark{}, Progress: time.Now()}
			for i, ref := range in.Refs {
				if ref.Users > 0 {
					cp.Open[i] = contract.ListMark{Low: ref.Users, End: ref.Users, Moved: moved}
				}
			}
			r.sim.ResetRequests()
			if _, err := try[contract.SyncUsageResult](r, &attempt{worker: r.worker(), from: &cp}, contract.ActivitySyncUsage, in); err != nil {
				t.Fatal(err)
			}
			if n := len(r.sim.Requests().Pages); (n > 0) != moved {
				t.Errorf("%d pages were fetched", n)
			}
			r.clean()
		})
	}
}

func TestAnAppOfWhichOnlyTheLastStepIsMissingIsFinished(t *testing.T) {
	r := newRig(t, small())
	p := r.open(contract.Carry{})
	in := r.usage(p, 0)
	must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, in)
	cp := contract.Checkpoint{Open: map[int]contract.ListMark{}, Keeping: contract.KeepingKept}
	for i, ref := range in.Refs {
		cp.Open[i] = contract.ListMark{Low: ref.Users, End: ref.Users}
	}
	r.sim.ResetRequests()
	if _, err := try[contract.SyncUsageResult](r, &attempt{from: &cp}, contract.ActivitySyncUsage, in); err != nil {
		t.Fatal(err)
	}
	if n := r.sim.Requests().Defender.Requests; n > 0 {
		t.Errorf("%d requests were made of Defender", n)
	}
}
