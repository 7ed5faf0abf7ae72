package activities

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/temporalerr"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
)

// long is a tenant with more pages of users than a worker fetches at once.
func long() simulator.Options {
	return simulator.Options{Apps: 30, People: 1500, Pairs: 12_000}
}

// at calls do when the n-th page of users is asked for from now on.
func (r *rig) at(n int, do func()) {
	var seen atomic.Int64
	r.defenderAt.Post(func(_ http.ResponseWriter, req *http.Request) bool {
		if strings.Contains(req.URL.Path, "/discovery/users/") && seen.Add(1) == int64(n) {
			do()
		}
		return false
	})
}

func TestAWorkerToldToStopHandsOverAtOnce(t *testing.T) {
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
			break
		}
		var app *temporal.ApplicationError
		if kind, again := kindOf(t, err); kind != httpx.KindStopping || !again || !errors.As(err, &app) || app.NextRetryDelay() > time.Second || app.Category() != temporal.ApplicationErrorCategoryBenign {
			t.Fatalf("it ended with %v", err)
		}
		cp := at.heartbeat(t)
		from = &cp
		handed++
	}
	if handed < 2 {
		t.Errorf("it was handed over %d times: the tenant is too small for this test", handed)
	}
	sandbox.ComparePairs(t, r.box.DuePairs(p.Streams[0].ID), r.box.HeldPairs())
	r.box.CheckNoPageTwice()
	r.clean()
}

func TestACancelledActivityTellsWhatWasDone(t *testing.T) {
	r := newRig(t, long())
	p := r.open(contract.Carry{})
	in := r.usage(p, 0)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r.at(60, cancel)
	_, err := try[contract.SyncUsageResult](r, &attempt{ctx: ctx}, contract.ActivitySyncUsage, in)
	var out contract.SyncUsageResult
	if !temporalerr.ReadDetails(err, &out) || !temporal.IsCanceledError(err) {
		t.Fatalf("it ended with %v", err)
	}
	if out.Counts.Users.Added == 0 || out.Requests.Defender == 0 {
		t.Errorf("it tells %+v, %+v", out.Counts, out.Requests)
	}
}

func TestAnErrorThatEndsTheSessionTellsWhatWasDone(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(*rig, *contract.SyncUsageParams)
		kind  httpx.Kind
		says  string
	}{
		"a token that expires": {func(r *rig, _ *contract.SyncUsageParams) {
			r.at(40, func() { r.oomnitzaAt.Post(noWrites(http.StatusUnauthorized)) })
		}, httpx.KindUnauthorized, "401"},
		"an outage without end": {func(r *rig, in *contract.SyncUsageParams) {
			in.Policy.GiveUp = 50 * time.Millisecond
			r.at(40, func() { r.oomnitzaAt.Post(sandbox.AnswerDown) })
		}, httpx.KindServer, "nothing was written for 50ms"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, long())
			in := r.usage(r.open(contract.Carry{}), 0)
			tc.spoil(r, &in)
			at := &attempt{}
			_, err := try[contract.SyncUsageResult](r, at, contract.ActivitySyncUsage, in)
			var out contract.SyncUsageResult
			if kind, again := kindOf(t, err); kind != tc.kind || again || !strings.Contains(err.Error(), tc.says) || !temporalerr.ReadDetails(err, &out) {
				t.Fatalf("it ended with %v", err)
			}
			if cp := at.heartbeat(t); cp.Counts != out.Counts || out.Requests.Defender == 0 {
				t.Errorf("it tells %+v, and left %+v", out.Counts, cp.Counts)
			}
		})
	}
}
