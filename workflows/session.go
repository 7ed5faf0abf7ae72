package workflows

import (
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/temporalerr"
)

// session is one run of the Session workflow.
type session struct {
	in        contract.SessionParams
	result    contract.SessionResult
	progress  Progress
	startedBy workflow.ReceiveChannel
}

// Session is one sync session: it claims the tenant's lane, has Sync do the
// work, and settles what came of it. Its result is saas.Result, which the
// schedule hands to the next session; a failed session ends with an error of
// type FailureSession, so that the next one starts from the last good result.
func Session(ctx workflow.Context, in contract.SessionParams) (contract.SessionResult, error) {
	s := &session{in: in}
	s.begin(ctx)
	lane, err := s.claim(ctx)
	if err != nil {
		return s.settle(ctx, err)
	}
	if lane == nil {
		return s.skip(ctx)
	}
	return s.settle(ctx, s.attend(ctx, lane))
}

// begin notes what is known before any work.
func (s *session) begin(ctx workflow.Context) {
	info := workflow.GetInfo(ctx)
	s.result = contract.SessionResult{
		Session: info.WorkflowExecution.ID, Integration: s.in.Integration, StartedBy: s.in.StartedBy,
		DryRun: s.in.DryRun, Outcome: saas.OutcomeRunning, Began: workflow.Now(ctx).UTC(),
	}
	if s.in.Previous != nil {
		s.result.Carry = *s.in.Previous
	}
	if workflow.HasLastCompletionResult(ctx) {
		var last contract.SessionResult
		if err := workflow.GetLastCompletionResult(ctx, &last); err == nil {
			s.result.Carry = last.Carry
		} else {
			workflow.GetLogger(ctx).Warn("the last session's result can't be read; this session reads everything", "error", err)
		}
	}
	s.startedBy = workflow.GetSignalChannel(ctx, contract.SignalStartedBy)
	s.label(ctx)
	workflow.SetCurrentDetails(ctx, story(s.result, s.progress))
	s.summon(ctx)
}

// summon sees to it that the integration's watch runs and knows of this
// session. A session goes on without one: it is the more important of the two.
func (s *session) summon(ctx workflow.Context) {
	if s.in.Watch == nil {
		return
	}
	child := workflow.ExecuteChildWorkflow(telling(ctx, s.in.Integration), contract.WorkflowWatch, contract.WatchParams{Settings: *s.in.Watch})
	err := child.GetChildWorkflowExecution().Get(ctx, nil)
	var running *temporal.ChildWorkflowExecutionAlreadyStartedError
	if err != nil && !errors.As(err, &running) {
		workflow.GetLogger(ctx).Warn("the watch could not be started", "error", err)
		return
	}
	s.report(ctx, false)
}

// report tells the watch that this session began, or is about to end.
func (s *session) report(ctx workflow.Context, ends bool) {
	if s.in.Watch == nil {
		return
	}
	info := workflow.GetInfo(ctx).WorkflowExecution
	news := contract.SessionNews{ID: info.ID, Run: info.RunID, Began: s.result.Began, Ends: ends}
	if !ends {
		news.Settings = s.in.Watch
	}
	if err := workflow.SignalExternalWorkflow(ctx, contract.WatchID(s.in.Integration), "", contract.SignalSession, news).Get(ctx, nil); err != nil {
		workflow.GetLogger(ctx).Warn("the watch could not be told of this session", "error", err)
	}
}

// claim starts Sync under the lane's id; nil when another session holds it.
func (s *session) claim(ctx workflow.Context) (workflow.ChildWorkflowFuture, error) {
	info := workflow.GetInfo(ctx)
	child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            contract.SyncID(s.in.Integration),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_TERMINATE,
		WaitForCancellation:   true,
		StaticSummary:         "the lane of " + s.in.Integration + ": Defender → Oomnitza",
	})
	lane := workflow.ExecuteChildWorkflow(child, contract.WorkflowSync, contract.SyncParams{
		Session: info.WorkflowExecution.ID, Run: info.WorkflowExecution.RunID,
		Integration: s.in.Integration, Policy: s.in.Policy, Full: s.in.Full, DryRun: s.in.DryRun, Previous: s.result.Carry,
	})
	err := lane.GetChildWorkflowExecution().Get(ctx, nil)
	var taken *temporal.ChildWorkflowExecutionAlreadyStartedError
	if errors.As(err, &taken) {
		return nil, nil
	}
	return lane, err
}

// attend waits for Sync to end and tells its story meanwhile.
func (s *session) attend(ctx workflow.Context, lane workflow.ChildWorkflowFuture) (err error) {
	done := false
	progress := workflow.GetSignalChannel(ctx, contract.SignalProgress)
	sel := workflow.NewSelector(ctx)
	sel.AddFuture(lane, func(f workflow.Future) {
		done = true
		var r contract.SessionResult
		if err = f.Get(ctx, &r); err == nil {
			s.absorb(r)
		}
	})
	sel.AddReceive(progress, func(c workflow.ReceiveChannel, _ bool) {
		if s.hearProgress(ctx, c) {
			workflow.SetCurrentDetails(ctx, story(s.result, s.progress))
		}
	})
	sel.AddReceive(s.startedBy, func(workflow.ReceiveChannel, bool) {
		if s.hearStarter(ctx) {
			s.label(ctx)
		}
	})
	for !done {
		sel.Select(ctx)
	}
	return err
}

// absorb takes over what Sync did, but for what only the session knows.
func (s *session) absorb(r contract.SessionResult) {
	r.Session, r.Integration, r.StartedBy = s.result.Session, s.result.Integration, s.result.StartedBy
	r.Began = s.result.Began
	s.result = r
}

// settle turns the end of Sync, or that there is none, into the end of the
// session. One that was cancelled before it held the lane has done nothing.
func (s *session) settle(ctx workflow.Context, err error) (contract.SessionResult, error) {
	switch {
	case err == nil:
		s.result.Warn(s.result.NoteSkipped())
		s.result.Outcome = s.result.Settled()
		s.close(ctx)
		return s.result, nil
	case temporal.IsCanceledError(err):
		return s.cancelled(ctx, err)
	default:
		return s.fail(ctx, err)
	}
}

// cancelled ends a session that was told to stop, with what it had done.
func (s *session) cancelled(ctx workflow.Context, err error) (contract.SessionResult, error) {
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	s.salvage(err)
	s.result.Outcome = saas.OutcomeCancelled
	s.close(ctx)
	return s.result, temporal.NewCanceledError(s.result)
}

// fail ends a session that could not do its work. The schedule keeps the last
// good result, so the next session makes up for this one.
func (s *session) fail(ctx workflow.Context, err error) (contract.SessionResult, error) {
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	s.salvage(err)
	s.result.Outcome = saas.OutcomeFailed
	s.result.Error = temporalerr.Reason(err)
	s.close(ctx)
	return s.result, temporal.NewApplicationErrorWithOptions(s.result.Error, contract.FailureSession,
		temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{s.result}})
}

// salvage takes over what a Sync that did not complete says it had done, or,
// where it could say nothing, what it last told.
func (s *session) salvage(err error) {
	carry := s.result.Carry
	var done contract.SessionResult
	if temporalerr.ReadDetails(err, &done) {
		s.absorb(done)
	} else {
		p := s.progress
		s.result.Counts, s.result.Requests, s.result.Pages = p.Counts, p.Requests, p.Pages
		s.result.Mode, s.result.Reason, s.result.Streams = p.Mode, p.Reason, p.Streams
	}
	s.result.Carry = carry
}

// skip ends a session that found the lane taken, naming the one that runs. It
// carries the watermark on, since the schedule hands on the last completion,
// whatever it was. Cancelled meanwhile, it ends as cancelled: that is what
// whoever cancelled it waits for.
func (s *session) skip(ctx workflow.Context) (contract.SessionResult, error) {
	var running contract.FindSessionResult
	s.result.Outcome = saas.OutcomeSkipped
	s.result.Blocker = contract.SyncID(s.in.Integration)
	if err := workflow.ExecuteActivity(asking(ctx), contract.ActivityFindSession, contract.SyncID(s.in.Integration)).Get(ctx, &running); err == nil {
		s.result.Blocker = running.Session
	}
	if err := ctx.Err(); temporal.IsCanceledError(err) {
		s.result.Blocker = ""
		return s.cancelled(ctx, err)
	}
	s.close(ctx)
	return s.result, nil
}

// close puts the outcome where the Web UI's list and page show it.
func (s *session) close(ctx workflow.Context) {
	s.hearStarter(ctx)
	s.result.Ended = workflow.Now(ctx).UTC()
	s.label(ctx)
	workflow.SetCurrentDetails(ctx, story(s.result, s.progress))
	s.report(ctx, true)
}

// label writes the search attributes.
func (s *session) label(ctx workflow.Context) {
	mode := s.result.Mode
	if s.result.DryRun {
		mode = "dry run"
	}
	updates := []temporal.SearchAttributeUpdate{
		AttrIntegration.ValueSet(s.in.Integration),
		AttrStartedBy.ValueSet(s.result.StartedBy),
		AttrOutcome.ValueSet(string(s.result.Outcome)),
		AttrApps.ValueSet(int64(s.result.Counts.Apps.Seen)),
		AttrUsers.ValueSet(int64(s.result.Counts.Users.Seen)),
		AttrRejected.ValueSet(int64(s.result.Counts.Rejected())),
	}
	if mode != "" {
		updates = append(updates, AttrMode.ValueSet(mode))
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, updates...); err != nil {
		workflow.GetLogger(ctx).Warn("search attributes not written", "error", err)
	}
}
