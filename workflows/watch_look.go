package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/temporalerr"
	"defendersync/internal/watch"
)

// look observes how things are and decides what follows. While Temporal does not answer,
// the state stays as it is, and the next look makes up for this one.
func (w *watchRun) look(ctx workflow.Context) {
	w.looks++
	w.lookBy, w.published.stale = time.Time{}, true
	params := watch.PlanObservation(w.state.Watch, workflow.Now(ctx))
	params.Integration = w.integration
	var seen contract.Observation
	if err := workflow.ExecuteActivity(withObserveOptions(ctx), contract.ActivityObserve, params).Get(ctx, &seen); err != nil {
		w.state.LookError = temporalerr.Reason(err)
		w.lookWithin(ctx, max(w.state.Watch.Settings.Every, time.Second))
		workflow.GetLogger(ctx).Warn("the sessions could not be observed", "error", err)
		return
	}
	w.state.LookError = ""
	w.chooseRules(ctx, &seen)
	known := slices.Clone(w.state.Notices)
	watch.Apply(w.state, watch.Decide(w.state.Watch, seen), seen.At)
	logNotices(ctx, known, w.state.Notices)
}

// chooseRules sets the rules that are decided by: in a replay, those of the
// version that first decided on the observation.
func (w *watchRun) chooseRules(ctx workflow.Context, seen *contract.Observation) {
	if w.state.Watch.IsFirstLook() {
		seen.Inherited = workflow.GetVersion(ctx, changeYoungSchedule, workflow.DefaultVersion, 1) == workflow.DefaultVersion
	}
	// Below 0 in a replay of what no version of rules had decided on.
	seen.Rules = max(0, int(workflow.GetVersion(ctx, changeRules, workflow.DefaultVersion, watch.RulesNow)))
}

// isLookDue reports whether it is time for a look.
func (w *watchRun) isLookDue(ctx workflow.Context) bool {
	return !w.nextLook().After(workflow.Now(ctx))
}

// nextLook is when to look next. A look that failed is not repeated at once.
func (w *watchRun) nextLook() time.Time {
	next := watch.NextLook(w.state.Watch)
	if !w.lookBy.IsZero() && (w.lookBy.Before(next) || w.state.LookError != "") {
		next = w.lookBy
	}
	return next
}

// lookWithin has a look taken after a pause at the latest.
func (w *watchRun) lookWithin(ctx workflow.Context, pause time.Duration) {
	at := workflow.Now(ctx).Add(pause)
	if w.lookBy.IsZero() || at.Before(w.lookBy) {
		w.lookBy = at
	}
}
