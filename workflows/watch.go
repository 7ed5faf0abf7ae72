package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/temporalerr"
	"defendersync/internal/watch"
)

const (
	// looksPerRun is how many looks one run of Watch takes before it continues
	// as new; the server may suggest it earlier.
	looksPerRun = 200
	// settling is how long after a session said that it ends it is looked at.
	settling = time.Second
)

// watchRun is one run of the Watch workflow.
type watchRun struct {
	name   string // the integration's
	state  *contract.WatchState
	soon   time.Time // look then, whatever the state says
	looks  int       // in this run
	flying int       // deliveries at work
	dirty  bool      // the memo is behind
	shown  string    // the search attribute as it was last written

	noted []contract.Notice // the notices as the memo has them
}

// Watch sees to it that an integration's contacts hear of sessions that fail,
// stall or are missed, and of the good news after. One runs per integration,
// for good: it outlives the sessions, and their workers.
//
// It looks (an activity sees the schedule and the sessions as they are now),
// judges (package watch, pure) and tells (an activity per receiver). Signals
// only make it look sooner.
func Watch(ctx workflow.Context, in contract.WatchParams) error {
	w := &watchRun{name: integrationOf(ctx, in.Settings), state: in.State, dirty: true}
	if w.state == nil {
		w.state = contract.NewWatchState(in.Settings, workflow.GetInfo(ctx).WorkflowStartTime)
		w.soon = workflow.Now(ctx)
	}
	if err := workflow.SetQueryHandler(ctx, contract.QueryWatch, func() (contract.WatchState, error) { return *w.state, nil }); err != nil {
		return err
	}
	for {
		w.hear(ctx)
		w.mend(ctx)
		if w.due(ctx) {
			w.look(ctx)
		}
		w.deliver(ctx)
		w.publish(ctx)
		if w.flying == 0 && (w.looks >= looksPerRun || workflow.GetInfo(ctx).GetContinueAsNewSuggested()) && !w.unheard(ctx) {
			watch.MendState(w.state, w.name, workflow.Now(ctx))
			return workflow.NewContinueAsNewError(ctx, contract.WorkflowWatch, contract.WatchParams{Settings: w.state.Watch.Settings, State: w.state})
		}
		if err := w.wait(ctx); err != nil {
			return err
		}
	}
}

// next is when there is something to do.
func (w *watchRun) next() time.Time {
	next := w.nextLook()
	for _, p := range w.state.Pending {
		if !p.Flying && p.Next.Before(next) {
			next = p.Next
		}
	}
	return next
}

// nextLook is when to look next. One that failed is not repeated at once.
func (w *watchRun) nextLook() time.Time {
	next := watch.NextLook(w.state.Watch)
	if !w.soon.IsZero() && (w.soon.Before(next) || w.state.Blind != "") {
		next = w.soon
	}
	return next
}

// due reports whether it is time for a look.
func (w *watchRun) due(ctx workflow.Context) bool { return !w.nextLook().After(workflow.Now(ctx)) }

// wait sleeps until there is something to do or to hear.
func (w *watchRun) wait(ctx workflow.Context) error {
	timing, cancel := workflow.WithCancel(ctx)
	defer cancel()
	pause := max(w.next().Sub(workflow.Now(ctx)), time.Second)
	flying := w.flying
	timer := workflow.NewTimer(timing, pause)
	return workflow.Await(ctx, func() bool { return w.unheard(ctx) || timer.IsReady() || w.flying != flying })
}

// hurry has a look taken after a pause at the latest.
func (w *watchRun) hurry(ctx workflow.Context, pause time.Duration) {
	at := workflow.Now(ctx).Add(pause)
	if w.soon.IsZero() || at.Before(w.soon) {
		w.soon = at
	}
}

// changeYoungSchedule is the version from which on a first look knows what the
// schedule counted since both were made.
const changeYoungSchedule = "young-schedule"

// changeRules is the version from which on looks are judged by the rules of
// watch.RulesNow.
const changeRules = "rules"

// look sees how things are and judges them. While Temporal does not answer,
// what is known stays as it is, and the next look makes up for this one.
func (w *watchRun) look(ctx workflow.Context) {
	now := workflow.Now(ctx)
	w.looks++
	w.soon, w.dirty = time.Time{}, true
	var seen contract.Observation
	what := watch.PlanObservation(w.state.Watch, now)
	what.Integration = w.name
	if err := workflow.ExecuteActivity(looking(ctx), contract.ActivityObserve, what).Get(ctx, &seen); err != nil {
		w.state.Blind = temporalerr.Reason(err)
		w.hurry(ctx, max(w.state.Watch.Settings.Every, time.Second))
		workflow.GetLogger(ctx).Warn("could not look at the sessions", "error", err)
		return
	}
	w.state.Blind = ""
	if w.state.Watch.First() {
		seen.Inherited = workflow.GetVersion(ctx, changeYoungSchedule, workflow.DefaultVersion, 1) == workflow.DefaultVersion
	}
	seen.Rules = 0
	if workflow.GetVersion(ctx, changeRules, workflow.DefaultVersion, watch.RulesNow) > 0 {
		seen.Rules = watch.RulesNow
	}
	good := w.state.Watch.LastGood
	next, notices := watch.Judge(w.state.Watch, seen)
	w.state.Watch = next
	for _, n := range notices {
		watch.QueueNotice(w.state, n, seen.At)
	}
	if next.LastGood.After(good) {
		watch.QueuePing(w.state, seen.At)
	}
}

// memo is what can be read from outside: all but the notices, which are much
// longer than the rest and rarely change, and these only when they did.
func (w *watchRun) memo() map[string]any {
	rest := *w.state
	rest.Notices = nil
	memo := map[string]any{contract.MemoWatch: rest}
	same := func(a, b contract.Notice) bool { return a.Key == b.Key && a.Read == b.Read }
	if !slices.EqualFunc(w.state.Notices, w.noted, same) {
		w.noted = slices.Clone(w.state.Notices)
		memo[contract.MemoNotices] = w.noted
	}
	return memo
}

// publish brings the Web UI's page and list and the memo up to date.
func (w *watchRun) publish(ctx workflow.Context) {
	if !w.dirty {
		return
	}
	w.dirty = false
	workflow.SetCurrentDetails(ctx, watchStory(*w.state))
	if err := workflow.UpsertMemo(ctx, w.memo()); err != nil {
		workflow.GetLogger(ctx).Warn("the watch's memo was not written", "error", err)
	}
	kind := watch.LatestUnread(w.state)
	if kind == w.shown {
		return
	}
	w.shown = kind
	err := workflow.UpsertTypedSearchAttributes(ctx, AttrIntegration.ValueSet(w.state.Watch.Settings.Integration), AttrNotice.ValueSet(kind))
	if err != nil {
		workflow.GetLogger(ctx).Warn("search attributes not written", "error", err)
	}
}
