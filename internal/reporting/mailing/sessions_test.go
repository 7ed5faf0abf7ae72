package mailing

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/testing/mailtest"
)

// readsDefender is a job whose report reads Defender.
func (r *rig) readsDefender() Job {
	job := r.job("ann@contoso.com")
	job.Report.Filters = map[string]string{"with-risk": "true"}
	job.Report.Columns = []string{"name", "risk"}
	return job
}

func TestAReportThatReadsDefenderWaitsForTheSession(t *testing.T) {
	r := newRig(t, mailtest.Options{})
	var running atomic.Bool
	var looks, asked, interrupted atomic.Int32
	running.Store(true)
	r.SessionRuns = func(context.Context) (bool, error) {
		if looks.Add(1) == 3 { // the first session ends
			running.Store(false)
		}
		return running.Load(), nil
	}
	before := func(_ http.ResponseWriter, req *http.Request) bool {
		if running.Load() {
			t.Error("Defender is read while a session runs")
		}
		if asked.Add(1) > 1 {
			return false
		}
		running.Store(true) // another begins while the first request is under way
		<-req.Context().Done()
		interrupted.Add(1)
		running.Store(false)
		return true
	}
	r.beforeDefender.Store(&before)
	result, err := r.send(r.readsDefender())
	if err != nil || result.Rows == 0 || len(r.server.ListMails()) != 1 {
		t.Fatalf("got %+v, %v", result, err)
	}
	if looks.Load() < 4 || interrupted.Load() != 1 || asked.Load() < 2 {
		t.Errorf("%d looks for sessions, %d interruptions, %d requests", looks.Load(), interrupted.Load(), asked.Load())
	}
}

func TestAReportThatReadsOnlyOomnitzaWaitsForNoSession(t *testing.T) {
	r := newRig(t, mailtest.Options{})
	r.SessionRuns = func(context.Context) (bool, error) { t.Error("asked for sessions"); return true, nil }
	if result, err := r.send(r.job("ann@contoso.com")); err != nil || len(result.Mailed) != 1 {
		t.Errorf("got %+v, %v", result, err)
	}
}

func TestAReportEndsWhileItWaitsForASession(t *testing.T) {
	r := newRig(t, mailtest.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	tracker := NewTracker(contract.SendReportProgress{}, func() {})
	looks := 0
	r.SessionRuns = func(context.Context) (bool, error) {
		if looks++; looks == 2 {
			if got := tracker.Progress().Doing; got != "waiting for the running session to end, since this report reads Defender" {
				t.Errorf("the progress says %q", got)
			}
			cancel()
		}
		return true, nil
	}
	if _, err := r.Send(ctx, r.readsDefender(), tracker); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestWithoutAnAnswerAboutSessionsDefenderIsNotRead(t *testing.T) {
	r := newRig(t, mailtest.Options{})
	lost := errors.New("Temporal does not answer")
	r.SessionRuns = func(context.Context) (bool, error) { return false, lost }
	before := func(http.ResponseWriter, *http.Request) bool { t.Error("Defender is read"); return false }
	r.beforeDefender.Store(&before)
	if _, err := r.send(r.readsDefender()); !errors.Is(err, lost) {
		t.Errorf("got %v", err)
	}
}

func TestAnErrorOfTheWorkIsNotTakenForASession(t *testing.T) {
	r := newRig(t, mailtest.Options{})
	broken := errors.New("broken")
	works := 0
	err := r.runBetweenSessions(t.Context(), NewTracker(contract.SendReportProgress{}, func() {}), func(context.Context) error {
		works++
		return broken
	})
	if !errors.Is(err, broken) || works != 1 {
		t.Errorf("%v after %d works", err, works)
	}
}
