package workflows

import (
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/watch"
)

// looksPerRun is how many looks one run of Watch takes before it continues as
// new. The server may suggest it earlier.
const looksPerRun = 200

// watchRun is one run of the Watch workflow.
type watchRun struct {
	integration string
	state       *contract.WatchState // of all runs so far
	looks       int                  // in this run
	renew       bool                 // it was asked to continue as new
	lookBy      time.Time            // look then at the latest; zero: as the state says
	delivering  int                  // deliveries under way
	published   published
}

// Watch sees to it that an integration's contacts are notified of sessions that
// failed, stalled or were missed, and of the recovery after. One runs for each
// integration, for good: it outlives the sessions, and their workers.
//
// It looks (an activity observes the schedule and the sessions), judges (package
// watch, which is pure) and delivers (an activity for each receiver). Signals
// only make it look sooner.
func Watch(ctx workflow.Context, params contract.WatchParams) error {
	w := newWatchRun(ctx, params)
	err := workflow.SetQueryHandler(ctx, contract.QueryWatch, func() (contract.WatchState, error) { return *w.state, nil })
	if err != nil {
		return err
	}
	return w.run(ctx)
}

func newWatchRun(ctx workflow.Context, params contract.WatchParams) *watchRun {
	w := &watchRun{integration: findIntegration(ctx, params.Settings), state: params.State, published: published{stale: true}}
	if w.state == nil {
		w.state = contract.NewWatchState(params.Settings, workflow.GetInfo(ctx).WorkflowStartTime)
		w.lookBy = workflow.Now(ctx)
	}
	return w
}

// findIntegration is the integration that is watched, by the workflow's own id,
// which no signal can change.
func findIntegration(ctx workflow.Context, s contract.WatchSettings) string {
	if name, ours := strings.CutPrefix(workflow.GetInfo(ctx).WorkflowExecution.ID, contract.WatchID("")); ours && name != "" {
		return name
	}
	return s.Integration
}

func (w *watchRun) run(ctx workflow.Context) error {
	for {
		w.receiveSignals(ctx)
		w.mendState(ctx)
		if w.isLookDue(ctx) {
			w.look(ctx)
		}
		w.startDeliveries(ctx)
		w.publishState(ctx)
		if w.canContinue(ctx) {
			return w.continueAsNew(ctx)
		}
		if err := w.awaitWork(ctx); err != nil {
			return err
		}
	}
}

// canContinue reports whether it is time to continue as new, and nothing would be
// lost by it.
func (w *watchRun) canContinue(ctx workflow.Context) bool {
	due := w.renew || w.looks >= looksPerRun || workflow.GetInfo(ctx).GetContinueAsNewSuggested()
	return due && w.delivering == 0 && !hasSignals(ctx)
}

func (w *watchRun) continueAsNew(ctx workflow.Context) error {
	watch.MendState(w.state, w.integration, workflow.Now(ctx))
	return workflow.NewContinueAsNewError(ctx, contract.WorkflowWatch, contract.WatchParams{Settings: w.state.Watch.Settings, State: w.state})
}

// awaitWork sleeps until there is something to do, a signal arrives or a
// delivery ends.
func (w *watchRun) awaitWork(ctx workflow.Context) error {
	timing, cancel := workflow.WithCancel(ctx)
	defer cancel()
	timer := workflow.NewTimer(timing, max(w.nextWork().Sub(workflow.Now(ctx)), time.Second))
	delivering := w.delivering
	return workflow.Await(ctx, func() bool { return hasSignals(ctx) || timer.IsReady() || w.delivering != delivering })
}

// nextWork is when to look or to try a delivery next.
func (w *watchRun) nextWork() time.Time {
	next := w.nextLook()
	for _, d := range w.state.Pending {
		if !d.UnderWay && d.Next.Before(next) {
			next = d.Next
		}
	}
	return next
}
