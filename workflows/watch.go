package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"defendersync/activities"
	"defendersync/internal/notice"
	"defendersync/internal/watch"
)

// WatchInput is what a Watch is started with, and what one run hands to the
// next. It holds no secret.
type WatchInput struct {
	Settings watch.Settings `json:"settings"`
	State    *WatchState    `json:"state,omitempty"` // of the run before, when continued as new
}

// WatchState is all that a Watch knows. A memo holds it, so that it can be read
// from outside while no worker is alive.
type WatchState struct {
	Watch   watch.State     `json:"watch"`
	Notices []notice.Notice `json:"notices,omitempty"` // the in-app channel: the latest last
	Told    []string        `json:"told,omitempty"`    // keys of notices that were judged due, the latest last
	Claims  []Claim         `json:"claims,omitempty"`  // what is being sent from outside
	Pending []Undelivered   `json:"pending,omitempty"` // what is still to be delivered
	Lost    []Undelivered   `json:"lost,omitempty"`    // what never will be, the latest last
	Blind   string          `json:"blind,omitempty"`   // why the last look failed
	// Stopgap says that the settings were of no use and defaults stand in for
	// them, until a session or an apply brings better ones.
	Stopgap bool `json:"stopgap,omitempty"`
}

// NewWatchState is what a watch knows when it begins: nothing that was before.
// It may be a while until a worker takes it up.
func NewWatchState(s watch.Settings, began time.Time) *WatchState {
	return &WatchState{Watch: watch.State{Settings: s, Since: began.UTC(), Looked: began.UTC()}}
}

// SessionNews tells a Watch of a session's begin, or that it is about to end.
type SessionNews struct {
	ID    string    `json:"id"`
	Run   string    `json:"run"`
	Began time.Time `json:"began"`
	Ends  bool      `json:"ends,omitempty"`
	// Settings are what the session was started with, for a watch that has lost
	// its own; nil when a session ends.
	Settings *watch.Settings `json:"settings,omitempty"`
}

// Claim says that somebody outside is about to send notices.
type Claim struct {
	By    string    `json:"by"`   // differs from attempt to attempt
	Keys  []string  `json:"keys"` // of the notices
	Until time.Time `json:"until"`
}

// Told says what was sent from outside.
type Told struct {
	By      string          `json:"by"`
	Notices []notice.Notice `json:"notices"`
	Pending []Undelivered   `json:"pending,omitempty"` // what could not be delivered yet
	Done    []Undelivered   `json:"done,omitempty"`    // what was delivered of earlier ones
}

// Read marks notices as read.
type Read struct {
	Keys []string `json:"keys,omitempty"`
	All  bool     `json:"all,omitempty"`
}

const (
	// keptNotices bounds the in-app notices.
	keptNotices = 50
	// keptTold bounds the keys that are remembered so that nothing is told
	// twice.
	keptTold = 200
	// keptLost bounds what is shown of deliveries that were given up.
	keptLost = 10
	// looksPerRun is how many looks one run of Watch takes before it continues
	// as new; the server may suggest it earlier.
	looksPerRun = 200
	// settling is how long after a session said that it ends it is looked at.
	settling = time.Second
)

// watchRun is one run of the Watch workflow.
type watchRun struct {
	name   string // the integration's
	state  *WatchState
	soon   time.Time // look then, whatever the state says
	looks  int       // in this run
	flying int       // deliveries at work
	dirty  bool      // the memo is behind
	shown  string    // the search attribute as it was last written

	noted []notice.Notice // the notices as the memo has them
}

// Watch sees to it that an integration's contacts hear of sessions that fail,
// stall or are missed, and of the good news after. One runs per integration,
// for good: it outlives the sessions, and their workers.
//
// It looks (an activity sees the schedule and the sessions as they are now),
// judges (package watch, pure) and tells (an activity per receiver). Signals
// only make it look sooner.
func Watch(ctx workflow.Context, in WatchInput) error {
	w := &watchRun{name: integrationOf(ctx, in.Settings), state: in.State, dirty: true}
	if w.state == nil {
		w.state = NewWatchState(in.Settings, workflow.GetInfo(ctx).WorkflowStartTime)
		w.soon = workflow.Now(ctx)
	}
	if err := workflow.SetQueryHandler(ctx, QueryWatch, func() (WatchState, error) { return *w.state, nil }); err != nil {
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
			w.state.Mend(w.name, workflow.Now(ctx))
			return workflow.NewContinueAsNewError(ctx, WatchWorkflow, WatchInput{Settings: w.state.Watch.Settings, State: w.state})
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
		if !p.flying && p.Next.Before(next) {
			next = p.Next
		}
	}
	return next
}

// nextLook is when to look next. One that failed is not repeated at once.
func (w *watchRun) nextLook() time.Time {
	next := w.state.Watch.NextLook()
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
	var seen watch.Observation
	what := LookFor(w.state.Watch, now)
	what.Names = LookNames(w.name)
	if err := workflow.ExecuteActivity(looking(ctx), activities.Observe, what).Get(ctx, &seen); err != nil {
		w.state.Blind = reason(err)
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
		w.state.tell(n, seen.At)
	}
	if next.LastGood.After(good) {
		w.state.ping(seen.At)
	}
}

// backlog is how far before the last look ended sessions are asked for, since
// Temporal's lists lag behind.
const backlog = 10 * time.Minute

// LookFor is what a look has to see for a judgement.
func LookFor(s watch.State, now time.Time) activities.LookInput {
	in := activities.LookInput{
		Names: LookNames(s.Settings.Integration), Now: now.UTC(), Since: s.Since, Sessions: s.Sessions, Due: s.Due(now),
	}
	if !s.Looked.IsZero() {
		in.Since = s.Looked.Add(-backlog)
		in.Looked = s.Looked
	}
	return in
}

// memo is what can be read from outside: all but the notices, which are much
// longer than the rest and rarely change, and these only when they did.
func (w *watchRun) memo() map[string]any {
	rest := *w.state
	rest.Notices = nil
	memo := map[string]any{MemoWatch: rest}
	same := func(a, b notice.Notice) bool { return a.Key == b.Key && a.Read == b.Read }
	if !slices.EqualFunc(w.state.Notices, w.noted, same) {
		w.noted = slices.Clone(w.state.Notices)
		memo[MemoNotices] = w.noted
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
	kind := w.state.unread()
	if kind == w.shown {
		return
	}
	w.shown = kind
	err := workflow.UpsertTypedSearchAttributes(ctx, AttrIntegration.ValueSet(w.state.Watch.Settings.Integration), AttrNotice.ValueSet(kind))
	if err != nil {
		workflow.GetLogger(ctx).Warn("search attributes not written", "error", err)
	}
}
