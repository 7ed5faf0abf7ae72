package workflows

import (
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// session is one run of the Session workflow.
type session struct {
	params    contract.SessionParams
	result    contract.SessionResult // what is known of it so far
	progress  contract.Progress      // the latest of Sync
	startedBy workflow.ReceiveChannel
}

// Session is one synchronization session: it takes the integration's lane, has
// Sync do the work, and ends with the result. The schedule hands the result of
// the last session that completed to the next one. A failed session ends with
// an error of type contract.FailureSession, so that the next one goes on from
// the last good result.
func Session(ctx workflow.Context, params contract.SessionParams) (contract.SessionResult, error) {
	s := newSession(ctx, params)
	s.logBegin(ctx)
	s.writeAttributes(ctx)
	s.showDetails(ctx)
	s.startWatch(ctx)
	return s.run(ctx)
}

// newSession fills the result with what is known before any work.
func newSession(ctx workflow.Context, params contract.SessionParams) *session {
	s := &session{params: params, startedBy: workflow.GetSignalChannel(ctx, contract.SignalStartedBy)}
	s.result = contract.SessionResult{
		Session: workflow.GetInfo(ctx).WorkflowExecution.ID, Integration: params.Integration, StartedBy: params.StartedBy,
		DryRun: params.DryRun && !params.LimitWrites, LimitApps: params.LimitApps, Outcome: saas.OutcomeRunning, Began: workflow.Now(ctx).UTC(),
	}
	if params.Previous != nil {
		s.result.Carry = *params.Previous
	}
	if workflow.HasLastCompletionResult(ctx) {
		var last contract.SessionResult
		if err := workflow.GetLastCompletionResult(ctx, &last); err == nil {
			s.result.Carry = last.Carry
		} else {
			workflow.GetLogger(ctx).Warn("the result of the last session cannot be read; this session reads everything", "error", err)
		}
	}
	return s
}

func (s *session) run(ctx workflow.Context) (contract.SessionResult, error) {
	sync := s.startSync(ctx)
	err := sync.GetChildWorkflowExecution().Get(ctx, nil)
	if isAlreadyRunning(err) {
		return s.endSkipped(ctx)
	}
	if err == nil {
		err = s.awaitSync(ctx, sync)
	}
	switch {
	case err == nil:
		return s.endCompleted(ctx)
	case temporal.IsCanceledError(err):
		return s.endCancelled(ctx, err)
	}
	return s.endFailed(ctx, err)
}

// startSync starts Sync under the id of the lane, which fails while another
// session holds it.
func (s *session) startSync(ctx workflow.Context) workflow.ChildWorkflowFuture {
	self := workflow.GetInfo(ctx).WorkflowExecution
	return workflow.ExecuteChildWorkflow(withSyncOptions(ctx, s.params.Integration), contract.WorkflowSync, contract.SyncParams{
		Session: self.ID, Run: self.RunID, Integration: s.params.Integration, Policy: s.params.Policy,
		Full: s.params.Full, DryRun: s.params.DryRun, Previous: s.result.Carry,
		Trial: s.params.Trial,
	})
}

// isAlreadyRunning reports whether a child was not started because a workflow of
// its id runs.
func isAlreadyRunning(err error) bool {
	var running *temporal.ChildWorkflowExecutionAlreadyStartedError
	return errors.As(err, &running)
}

// awaitSync waits for the end of Sync and shows its progress meanwhile.
func (s *session) awaitSync(ctx workflow.Context, sync workflow.ChildWorkflowFuture) (err error) {
	ended := false
	sel := workflow.NewSelector(ctx)
	sel.AddFuture(sync, func(f workflow.Future) {
		ended = true
		var r contract.SessionResult
		if err = f.Get(ctx, &r); err == nil {
			s.mergeResult(r)
		}
	})
	sel.AddReceive(workflow.GetSignalChannel(ctx, contract.SignalProgress), func(c workflow.ReceiveChannel, _ bool) {
		if s.receiveProgress(ctx, c) {
			s.showDetails(ctx)
		}
	})
	sel.AddReceive(s.startedBy, func(workflow.ReceiveChannel, bool) {
		if s.receiveStarter(ctx) {
			s.writeAttributes(ctx)
		}
	})
	for !ended {
		sel.Select(ctx)
	}
	return err
}

// mergeResult takes over the result of Sync, except for what only the session
// knows.
func (s *session) mergeResult(r contract.SessionResult) {
	r.Session, r.Integration, r.StartedBy = s.result.Session, s.result.Integration, s.result.StartedBy
	r.Began = s.result.Began
	s.result = r
}

// withSyncOptions are the options of the child Sync, which ends with its session.
func withSyncOptions(ctx workflow.Context, integration string) workflow.Context {
	return workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            contract.SyncID(integration),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_TERMINATE,
		WaitForCancellation:   true,
		StaticSummary:         "Defender → Oomnitza (" + integration + ")",
	})
}
