package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/prints"
	"defendersync/internal/saas"
	"defendersync/internal/temporalerr"
)

// pagesPerRun is how many pages of apps one run of Sync does before it continues
// as new. The server may suggest it earlier.
const pagesPerRun = 100

// syncRun is one run of the Sync workflow.
type syncRun struct {
	params contract.SyncParams
	state  *contract.SyncState // of all runs so far

	phase   string
	prints  []prints.Print   // of the apps done in this run
	failed  map[string]bool  // ids of the apps at hand of which something was rejected
	pages   int              // done in this run
	met     map[uint32]bool  // hashes of the ids of the apps met in the list being read
	waiting contract.Waiting // what the activity under way waits for

	lastPage bool // the page at hand is the last of its list
}

// Sync carries a tenant over, a page of apps at a time, in sequence. It is the
// only one to ask Defender, so that the request budget holds for the whole
// tenant. One that fails ends with an error of type contract.FailureSync, which
// carries what it has done.
func Sync(ctx workflow.Context, params contract.SyncParams) (contract.SessionResult, error) {
	s := &syncRun{params: params, state: params.State, phase: "opening"}
	if s.state == nil {
		s.state = &contract.SyncState{CheckCreator: true}
	}
	if err := workflow.SetQueryHandler(ctx, contract.QueryProgress, s.currentProgress); err != nil {
		return contract.SessionResult{}, err
	}
	workflow.Go(ctx, s.receiveWaiting)
	err := s.explainCommand(s.run(ctx))
	switch {
	case temporal.IsCanceledError(err):
		return s.state.Result, temporal.NewCanceledError(s.state.Result)
	case err == nil || workflow.IsContinueAsNewError(err):
		return s.state.Result, err
	}
	return contract.SessionResult{}, temporal.NewApplicationErrorWithOptions(temporalerr.Reason(err), contract.FailureSync,
		temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{s.state.Result}})
}

func (s *syncRun) run(ctx workflow.Context) error {
	if s.params.State == nil {
		if err := s.openSession(ctx); err != nil {
			return err
		}
	}
	for {
		done, err := s.syncNextPage(ctx)
		s.waiting = contract.Waiting{}
		if err != nil {
			return err
		}
		if done {
			if err := s.keepPrints(ctx); err != nil {
				return err
			}
			s.fillCarry()
			return nil
		}
		s.signalProgress(ctx, false)
		if s.pages >= pagesPerRun || workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			if err := s.keepPrints(ctx); err != nil {
				return err
			}
			next := s.params
			next.State = s.state
			return workflow.NewContinueAsNewError(ctx, contract.WorkflowSync, next)
		}
	}
}

// openSession checks both tenants and plans the session.
func (s *syncRun) openSession(ctx workflow.Context) error {
	var plan contract.Plan
	previous := s.params.Previous
	previous.Claims = nil // not needed for it
	err := workflow.ExecuteActivity(s.routeActivity(withOpenSessionOptions(ctx, s.params.Policy)), contract.ActivityOpenSession, contract.OpenSessionParams{
		Policy: s.params.Policy, Full: s.params.Full, Previous: previous,
	}).Get(ctx, &plan)
	if err != nil {
		return err
	}
	st := s.state
	st.Plan, st.Dialect, st.Recent, st.Claims = plan, plan.Dialect, plan.Recent, s.params.Previous.Claims
	st.AppsKnown, st.AppsRead = make([]int, len(plan.Streams)), make([]int, len(plan.Streams))
	for i := range min(len(plan.Totals), len(plan.Streams)) {
		st.AppsKnown[i] = max(plan.Totals[i], 0)
	}
	st.Result = contract.SessionResult{
		Mode: string(plan.Window.Mode), Reason: plan.Window.Reason, DryRun: s.isDryRun(), LimitApps: s.params.LimitApps, Began: plan.Began,
		Warnings: plan.Warnings, Requests: plan.Requests,
	}
	for _, stream := range plan.Streams {
		st.Result.Streams = append(st.Result.Streams, stream.Name)
	}
	for _, stream := range plan.Spared {
		st.Result.Spared, st.Result.SparedSince = append(st.Result.Spared, stream.Name), s.params.Previous.LastFull
	}
	s.planShortcut(ctx)
	if plan.Window.Mode != saas.ModeFull && s.params.LimitApps == 0 {
		st.Retry, st.Untaken = s.params.Previous.Retry, s.params.Previous.Untaken
	}
	s.signalProgress(ctx, true)
	return nil
}

// syncNextPage does one page of apps: those that the last session rejected
// first, then stream by stream. done: there is no page left.
func (s *syncRun) syncNextPage(ctx workflow.Context) (done bool, err error) {
	if len(s.state.Retry) > 0 {
		return false, s.retryRejected(ctx)
	}
	if s.hasReachedLimit() {
		return true, nil
	}
	for s.state.Skip < 0 {
		s.judgeStream()
		s.state.Stream++
		s.state.Skip, s.state.Walk = 0, contract.Walk{}
		s.lastPage = false
	}
	if s.state.Stream >= len(s.state.Plan.Streams) {
		return true, nil
	}
	page, err := s.fetchPage(ctx)
	if err != nil {
		return false, err
	}
	apps := s.takeApps(s.dropRead(s.dropRetried(s.trackApps(page.Apps))))
	if err := s.syncApps(ctx, s.currentStream(), apps, s.state.Plan.Window, readMarks(page)); err != nil {
		return false, err
	}
	s.state.Skip = page.Next
	if !s.restartLists() && page.Next < 0 {
		s.endList(ctx, page)
	}
	return false, nil
}

// currentStream is the stream being read.
func (s *syncRun) currentStream() contract.Stream { return s.state.Plan.Streams[s.state.Stream] }
