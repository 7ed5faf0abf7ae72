package workflows

import (
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
)

// startWatch makes sure that the integration's watch runs and knows of this
// session. The session matters more: it goes on without a watch.
func (s *session) startWatch(ctx workflow.Context) {
	if s.params.Watch == nil {
		return
	}
	child := workflow.ExecuteChildWorkflow(withWatchOptions(ctx, s.params.Integration), contract.WorkflowWatch, contract.WatchParams{Settings: *s.params.Watch})
	if err := child.GetChildWorkflowExecution().Get(ctx, nil); err != nil && !isAlreadyRunning(err) {
		workflow.GetLogger(ctx).Warn("the watch was not started", "error", err)
		return
	}
	s.signalWatch(ctx, contract.SessionNews{Settings: s.params.Watch})
}

// signalWatch tells the watch that this session began or is about to end.
func (s *session) signalWatch(ctx workflow.Context, news contract.SessionNews) {
	if s.params.Watch == nil {
		return
	}
	self := workflow.GetInfo(ctx).WorkflowExecution
	news.ID, news.Run, news.Began = self.ID, self.RunID, s.result.Began
	watch := contract.WatchID(s.params.Integration)
	if err := workflow.SignalExternalWorkflow(ctx, watch, "", contract.SignalSession, news).Get(ctx, nil); err != nil {
		workflow.GetLogger(ctx).Warn("the watch does not know of this session", "error", err)
	}
}

// withWatchOptions are the options of the watch, which outlives the session that
// starts it.
func withWatchOptions(ctx workflow.Context, integration string) workflow.Context {
	return workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            contract.WatchID(integration),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:         "notices of " + integration,
	})
}
