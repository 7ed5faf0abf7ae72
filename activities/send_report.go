package activities

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/lease"
	"defendersync/internal/reporting/mailing"
	dashboard "defendersync/internal/reporting/page"
	"defendersync/internal/reporting/query"
	"defendersync/internal/sessions"
)

// Reports sends reports. It shares the worker's clients, and so the request
// budget of its sessions.
type Reports struct {
	Mailer   mailing.Mailer
	Temporal recorder                                             // records the progress when an attempt ends: a Temporal client
	Busy     func(ctx context.Context, lane string) (bool, error) // whether a session runs: LaneBusy
	Past     sessions.Reader                                      // of past sessions, for the dashboard; without Temporal: none
	Leased   bool                                                 // as in Options
	term     time.Duration                                        // as in Options
}

// Register makes the activity known to a worker under its name.
func (r Reports) Register(w worker.ActivityRegistry) {
	w.RegisterActivityWithOptions(r.SendReport, activity.RegisterOptions{Name: contract.ActivitySendReport})
}

// SendReport makes the report as a workbook, or the dashboard as a page, and mails it to each subscriber. Its
// heartbeat names who has the mail already, so that another attempt leaves them
// out.
func (r Reports) SendReport(ctx context.Context, in contract.SendReportParams) (contract.SendReportResult, error) {
	var before contract.SendReportProgress
	if activity.HasHeartbeatDetails(ctx) {
		// Details that can't be read cost a second mail with the same id.
		_ = activity.GetHeartbeatDetails(ctx, &before)
	}
	ctx, held := r.takeLease(ctx)
	defer held.End()
	pulse := &reportPulse{}
	pulse.tracker = mailing.NewTracker(before, func() { pulse.recordHeartbeat(ctx) })
	working, stop := pulse.startBeating(ctx)
	defer stop()
	m := r.Mailer
	m.SessionRuns = func(ctx context.Context) (bool, error) { return r.Busy(ctx, in.Lane) }
	if r.Past.Temporal != nil {
		past := r.Past
		past.Integration = in.Integration
		m.Sessions = func(ctx context.Context) ([]dashboard.Session, string, error) {
			return ReadDashboardSessions(ctx, past)
		}
	}
	result, err := m.Send(working, mailing.Job{Integration: in.Integration, Report: in.Report, Policy: in.Policy, Key: in.Key, At: in.At}, pulse.tracker)
	if err != nil {
		stop() // no older heartbeat may follow the last one
		recordLast(ctx, r.Temporal, pulse.tracker.Progress())
		if held.IsLost() {
			return contract.SendReportResult{}, newStopError()
		}
		return contract.SendReportResult{}, reportFailure(working, err)
	}
	return contract.SendReportResult(result), nil
}

// takeLease ends the sending before another worker begins it; see package lease.
func (r Reports) takeLease(ctx context.Context) (context.Context, *lease.Lease) {
	term := r.term
	if term == 0 {
		term = leaseTerm(activity.GetInfo(ctx).HeartbeatTimeout)
	}
	if !r.Leased || term <= 0 {
		return ctx, nil
	}
	return lease.Begin(ctx, term)
}

// reportPulse records the heartbeats of one sending.
type reportPulse struct {
	tracker *mailing.Tracker
	mu      sync.Mutex // so that no heartbeat overtakes a newer one
}

func (p *reportPulse) recordHeartbeat(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	activity.RecordHeartbeat(ctx, p.tracker.Progress())
}

// errHandOver is why work ends when the worker does.
var errHandOver = errors.New("the worker is stopping")

// startBeating records heartbeats until stop is called, and ends the work when the
// worker stops. The work consists of requests and mails with time limits of
// their own, so it can't hang behind the heartbeats.
func (p *reportPulse) startBeating(ctx context.Context) (working context.Context, stop func()) {
	stopping := activity.GetWorkerStopChannel(ctx)
	working, cancel := context.WithCancelCause(ctx)
	var wait sync.WaitGroup
	wait.Go(func() {
		tick := time.NewTicker(thirdOfTimeout(ctx))
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				p.recordHeartbeat(working)
			case <-stopping:
				cancel(errHandOver)
				return
			case <-working.Done():
				return
			}
		}
	})
	return working, func() { cancel(nil); wait.Wait() }
}

// reportFailure turns an error into Temporal's. An invalid question stays
// invalid, so it is not asked again.
func reportFailure(working context.Context, err error) error {
	switch {
	case errors.Is(context.Cause(working), errHandOver):
		return newStopError()
	case errors.Is(err, mailing.ErrNoMailServer):
		return temporal.NewNonRetryableApplicationError(err.Error(), "NoMailServer", nil)
	case query.IsInvalid(err):
		return temporal.NewNonRetryableApplicationError(err.Error(), "Question", nil)
	}
	if _, ok := errors.AsType[*httpx.Error](err); ok {
		return mapError(err)
	}
	return err
}

// LaneBusy asks Temporal whether a session holds a lane, by the workflow id of its Sync.
func LaneBusy(c client.Client) func(ctx context.Context, lane string) (bool, error) {
	return func(ctx context.Context, id string) (bool, error) {
		lane, err := sessions.Reader{Temporal: c, Integration: integrationOfLane(id)}.FindLane(ctx)
		return lane.Held, err
	}
}
