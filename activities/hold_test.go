package activities

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/lease"
	"defendersync/internal/testing/mailtest"
	"defendersync/internal/testing/sandbox"
)

// leased are the activities of a worker whose attempts end when no heartbeat is
// acknowledged. Nobody acknowledges any here.
func (r *rig) leased() *Activities {
	a := r.worker()
	a.opts.Leased, a.opts.term = true, time.Second
	return a
}

// checkHandOver expects an error by which another worker takes over at once.
func checkHandOver(t *testing.T, err error) {
	t.Helper()
	kind, again := kindOf(t, err)
	var app *temporal.ApplicationError
	if kind != httpx.KindStopping || !again || !errors.As(err, &app) || app.NextRetryDelay() > time.Second {
		t.Errorf("it ended with %v", err)
	}
}

func TestAnAttemptWhoseHeartbeatsAreNotAcknowledgedEndsAndSendsNothing(t *testing.T) {
	r := newRig(t, small())
	in := r.usage(r.open(contract.Carry{}), 0)
	r.sim.ResetRequests()
	began := time.Now()
	_, err := try[contract.SyncUsageResult](r, &attempt{worker: r.leased()}, contract.ActivitySyncUsage, in)
	checkHandOver(t, err)
	if log := r.sim.Requests(); log.Defender.Requests+log.Oomnitza.Requests > 0 {
		t.Errorf("it sent %d requests to Defender, %d to Oomnitza", log.Defender.Requests, log.Oomnitza.Requests)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it took %s to end", took)
	}
}

func TestNoActivityOfASessionWorksBeforeTemporalHasAHeartbeatOfIt(t *testing.T) {
	r := newRig(t, small())
	plan := r.open(contract.Carry{})
	r.sim.ResetRequests()
	for name, in := range map[string]any{
		contract.ActivityOpenSession: contract.OpenSessionParams{Policy: r.policy},
		contract.ActivityFetchApps:   contract.FetchAppsParams{Stream: plan.Streams[0], Window: plan.Window, Dialect: plan.Dialect},
		contract.ActivityUpsertApps:  contract.UpsertAppsParams{Apps: plan.First.Apps, Policy: r.policy},
	} {
		_, err := try[contract.Plan](r, &attempt{worker: r.leased()}, name, in)
		checkHandOver(t, err)
	}
	if log := r.sim.Requests(); log.Defender.Requests+log.Oomnitza.Requests > 0 {
		t.Errorf("they sent %d requests to Defender, %d to Oomnitza", log.Defender.Requests, log.Oomnitza.Requests)
	}
}

func TestAnAttemptIsLostInTheMiddleAndAnotherGoesOn(t *testing.T) {
	r := newRig(t, long())
	plan := r.open(contract.Carry{})
	in := r.usage(plan, 0)
	var held atomic.Pointer[lease.Lease]
	a := r.leased()
	a.opts.onHold = func(l *lease.Lease) {
		held.Store(l)
		go acknowledge(l, func() bool { return r.t.Context().Err() == nil && held.Load() == l })
	}
	first := &attempt{worker: a}
	r.at(25, func() {
		for l := held.Swap(nil); !l.IsLost(); {
			time.Sleep(time.Millisecond)
		}
	})
	_, err := try[contract.SyncUsageResult](r, first, contract.ActivitySyncUsage, in)
	checkHandOver(t, err)
	cp := first.heartbeat(t)
	if _, err := try[contract.SyncUsageResult](r, &attempt{from: &cp}, contract.ActivitySyncUsage, in); err != nil {
		t.Fatal(err)
	}
	sandbox.ComparePairs(t, r.box.DuePairs(plan.Streams[0].ID), r.box.HeldPairs())
	r.clean()
}

// acknowledge renews a lease as Temporal does, for as long as it answers.
func acknowledge(l *lease.Lease, answers func() bool) {
	for answers() {
		l.Renew(time.Now())
		time.Sleep(time.Millisecond)
	}
}

func TestAReportWhoseHeartbeatsAreNotAcknowledgedIsLeftToAnother(t *testing.T) {
	p := newPress(t, mailtest.Options{})
	p.Reports.Leased, p.Reports.term = true, time.Nanosecond
	_, err := p.send(p.input("one@contoso.com", "two@contoso.com"))
	checkHandOver(t, err)
	if mails := p.server.ListMails(); len(mails) > 0 {
		t.Errorf("%d mails were sent", len(mails))
	}
}
