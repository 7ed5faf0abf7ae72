package usersync_test

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
	"defendersync/internal/usersync"
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
	r.DefenderDoor.Post(func(_ http.ResponseWriter, req *http.Request) bool {
		if isUsers(req) && seen.Add(1) == int64(n) {
			do()
		}
		return false
	})
}

// atWrite calls do when the n-th bulk assignment comes in from now on.
func (r *rig) atWrite(n int, do func()) {
	var seen atomic.Int64
	r.OomnitzaDoor.Post(func(_ http.ResponseWriter, req *http.Request) bool {
		if isAssign(req) && seen.Add(1) == int64(n) {
			do()
		}
		return false
	})
}

func TestAWorkerToldToStopHandsOverWithoutLosingAPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, long())
		p := r.open(contract.Carry{})
		in := r.usage(p, 0)
		r.ResetRequests()
		var from *contract.Checkpoint
		handed := 0
		for {
			at := &attempt{worker: r.newWorker(), stop: make(chan struct{}), from: from}
			r.at(25, func() { close(at.stop) })
			out, err := r.try(at, in)
			if err == nil {
				if seen := out.Counts.Users.Seen; seen != out.Counts.Users.Added || seen != r.Totals().Assignments {
					t.Errorf("counts %+v, %d are assigned", out.Counts.Users, r.Totals().Assignments)
				}
				if log := r.Requests(); out.Requests.Defender != log.Defender.Requests {
					t.Errorf("it says %d requests, Defender saw %d", out.Requests.Defender, log.Defender.Requests)
				}
				break
			}
			if kind := httpx.KindOf(err); kind != httpx.KindStopping {
				t.Fatalf("it ended with %v", err)
			}
			cp := at.left
			from = &cp
			handed++
		}
		if handed < 2 {
			t.Errorf("it was handed over %d times: the tenant is too small for this test", handed)
		}
		sandbox.ComparePairs(t, r.DuePairs(p.Streams[0].ID), r.HeldPairs())
		r.CheckNoPageTwice()
		r.CheckContract()
	})
}

func TestWhatAnEarlierAttemptRejectedIsTriedAgainByTheNextSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := long()
		o.Faults.RefuseAssign = 0.002
		r := newRig(t, o)
		in := r.usage(r.open(contract.Carry{}), 0)
		var from *contract.Checkpoint
		for attempts := 1; ; attempts++ {
			at := &attempt{worker: r.newWorker(), stop: make(chan struct{}), from: from}
			r.at(20, func() { close(at.stop) })
			out, err := r.try(at, in)
			if err != nil {
				from = &at.left
				continue
			}
			apps := map[string]bool{}
			for _, row := range out.Rejects.Samples {
				apps[row.App] = true
			}
			if attempts < 3 || len(apps) < 3 || !sameSet(out.Retry, slices.Collect(maps.Keys(apps))) {
				t.Errorf("after %d attempts rows of %v were rejected, to be tried again are %v", attempts, apps, out.Retry)
			}
			return
		}
	})
}

// wasWritten reports whether a checkpoint has a page as done.
func wasWritten(c contract.Checkpoint, in contract.SyncUsageParams, app string, skip int) bool {
	for _, i := range c.Done {
		if in.Refs[i].App == app {
			return true
		}
	}
	for i, m := range c.Open {
		if _, ahead := m.Ahead[skip]; in.Refs[i].App == app && (ahead || skip < m.Written) {
			return true
		}
	}
	return false
}

func TestARetryGoesOnFromTheCheckpointWithoutFetchingAnyOfItAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, long())
		p := r.open(contract.Carry{})
		in := r.usage(p, 0)
		random := rand.New(rand.NewPCG(3, 4))
		var from *contract.Checkpoint
		attempts := 0
		for done := false; !done && attempts < 50; attempts++ {
			at := &attempt{worker: r.newWorker(), from: from}
			r.DefenderDoor.Post(func(http.ResponseWriter, *http.Request) bool { return false })
			// Each attempt writes some pages before it fails, or there would be no end.
			r.atWrite(12+random.IntN(30), func() { r.DefenderDoor.Post(unauthorized) })
			r.ResetRequests()
			_, err := r.try(at, in)
			if from != nil {
				for _, page := range r.Requests().Pages {
					if page.App != "" && wasWritten(*from, in, page.App, page.Skip) {
						t.Errorf("page %d of app %s was written and yet fetched again", page.Skip, page.App)
					}
				}
			}
			if done = err == nil; !done {
				cp := at.left
				from = &cp
			}
		}
		if attempts < 2 || attempts == 50 {
			t.Errorf("there were %d attempts", attempts)
		}
		sandbox.ComparePairs(t, r.DuePairs(p.Streams[0].ID), r.HeldPairs())
		r.CheckContract()
	})
}

func unauthorized(w http.ResponseWriter, _ *http.Request) bool {
	w.WriteHeader(http.StatusUnauthorized)
	return true
}

func TestACancelledActivityStopsAtOnceAndTellsWhatWasDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, long())
		p := r.open(contract.Carry{})
		in := r.usage(p, 0)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r.ResetRequests()
		r.at(60, cancel)
		out, err := r.try(&attempt{ctx: ctx}, in)
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("it ended with %v", err)
		}
		held := r.Totals().Assignments
		if n := out.Counts.Users.Added; n == 0 || n > held || held-n > (writers+usersync.MaxUnwritten)*usersync.PageRows {
			t.Errorf("it counts %d assignments, %d are held", n, held)
		}
		if asked := r.Requests().Defender.Requests; asked > 60+fetchers {
			t.Errorf("%d requests were made, though it was cancelled at the sixtieth", asked)
		}
		if out.Requests.Defender == 0 {
			t.Error("it does not tell its requests")
		}
	})
}

func TestACheckpointThatIsCompleteAsksForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		p := r.open(contract.Carry{})
		in := r.usage(p, 0)
		cp := contract.Checkpoint{}
		for i := range in.Refs {
			cp.Done = append(cp.Done, i)
		}
		cp.Counts.Users.Added = 12
		r.ResetRequests()
		out, err := r.try(&attempt{from: &cp}, in)
		if err != nil || out.Counts.Users.Added != 12 {
			t.Errorf("result %+v, %v", out.Counts, err)
		}
		if log := r.Requests(); log.Defender.Requests+log.Oomnitza.Requests > 0 {
			t.Errorf("it asked: %v", log.Routes)
		}
	})
}

func TestAnAppWhosePagesAreAllWrittenIsFinishedByTheNextAttempt(t *testing.T) {
	for name, moved := range map[string]bool{"nothing else to do": false, "the list moved and is read again": true} {
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, long())
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			if _, err := r.try(&attempt{worker: r.newWorker()}, in); err != nil {
				t.Fatal(err)
			}
			cp := contract.Checkpoint{Open: map[int]contract.ListMark{}, LastWritten: time.Now()}
			for i, ref := range in.Refs {
				if ref.Users > 0 {
					cp.Open[i] = contract.ListMark{Written: ref.Users, End: ref.Users, Moved: moved}
				}
			}
			r.ResetRequests()
			if _, err := r.try(&attempt{worker: r.newWorker(), from: &cp}, in); err != nil {
				t.Fatal(err)
			}
			if n := len(r.Requests().Pages); (n > 0) != moved {
				t.Errorf("%d pages were fetched", n)
			}
			r.CheckContract()
		})
	}
}

func TestAnAppOfWhichOnlyTheLastStepIsMissingIsFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		p := r.open(contract.Carry{})
		in := r.usage(p, 0)
		r.carryOver(in)
		cp := contract.Checkpoint{Open: map[int]contract.ListMark{}, Keeping: contract.KeepingKept}
		for i, ref := range in.Refs {
			cp.Open[i] = contract.ListMark{Written: ref.Users, End: ref.Users}
		}
		r.ResetRequests()
		if _, err := r.try(&attempt{from: &cp}, in); err != nil {
			t.Fatal(err)
		}
		if n := r.Requests().Defender.Requests; n > 0 {
			t.Errorf("%d requests were made of Defender", n)
		}
	})
}

// TestAnotherWorkerGivesTimeToWhatTheOneBeforeWrote has assignments show late, and
// the second stream carried over by another worker, or by one that takes it over.
func TestAnotherWorkerGivesTimeToWhatTheOneBeforeWrote(t *testing.T) {
	for name, tc := range map[string]struct {
		handOver func(r *rig, in contract.SyncUsageParams) contract.Checkpoint
		another  bool
	}{
		"the same worker goes on":          {nil, false},
		"another worker has the stream":    {nil, true},
		"another worker takes the page up": {(*rig).stopMidway, true},
	} {
		inBubble(t, name, func(t *testing.T) {
			o := twoStreams()
			o.Variants.Unkind.People.LagSeats = 1000
			r := newRig(t, o)
			p := r.open(contract.Carry{})
			first := r.usage(p, 0)
			done := r.carryOver(first)
			second := r.usage(p, 1)
			second.SessionRun, second.Keeping, second.Memory = first.SessionRun, done.Keeping, done.Memory
			var from *contract.Checkpoint
			if tc.handOver != nil {
				cp := tc.handOver(r, second)
				from = &cp
			}
			if tc.another {
				r.worker = r.newWorker()
			}
			began := time.Now()
			if _, err := r.try(&attempt{from: from}, second); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); (took > 5*time.Second) != tc.another {
				t.Errorf("it took %s", took)
			}
			sandbox.ComparePairs(t, r.DuePairs(p.Streams[0].ID, p.Streams[1].ID), r.HeldPairs())
			if n := r.Counts().Backwards; n > 0 {
				t.Errorf("%d moved backwards", n)
			}
			r.CheckContract()
		})
	}
}

// stopMidway carries users over until the worker is told to stop, which it is while
// Defender still has pages for it, and returns what it leaves.
func (r *rig) stopMidway(in contract.SyncUsageParams) contract.Checkpoint {
	at := &attempt{stop: make(chan struct{})}
	r.atWrite(1, at.end)
	r.SetFaults(simulator.Faults{Defender: simulator.PeerFaults{Latency: time.Second}})
	defer r.SetFaults(simulator.Faults{})
	_, err := r.try(at, in)
	if httpx.KindOf(err) != httpx.KindStopping {
		r.t.Fatalf("it ended with %v", err)
	}
	r.OomnitzaDoor.Post(nil)
	return at.left
}
