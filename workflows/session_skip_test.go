package workflows

import (
	"testing"
	"time"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// laneTaken answers the start of a Sync as the server does while another one of
// the same id runs. The test environment by itself fails with another error.
type laneTaken struct {
	interceptor.WorkerInterceptorBase
}

func (*laneTaken) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &laneTakenInbound{interceptor.WorkflowInboundInterceptorBase{Next: next}}
}

type laneTakenInbound struct {
	interceptor.WorkflowInboundInterceptorBase
}

func (i *laneTakenInbound) Init(out interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&laneTakenOutbound{interceptor.WorkflowOutboundInterceptorBase{Next: out}})
}

type laneTakenOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase
}

func (o *laneTakenOutbound) ExecuteChildWorkflow(ctx workflow.Context, name string, args ...any) workflow.ChildWorkflowFuture {
	if name != contract.WorkflowSync {
		return o.Next.ExecuteChildWorkflow(ctx, name, args...)
	}
	future, settable := workflow.NewFuture(ctx)
	settable.SetError(&temporal.ChildWorkflowExecutionAlreadyStartedError{})
	return refusedChild{refused: future}
}

// refusedChild is a child that was not started. Nobody signals it.
type refusedChild struct {
	workflow.ChildWorkflowFuture
	refused workflow.Future
}

func (c refusedChild) GetChildWorkflowExecution() workflow.Future { return c.refused }

func TestASessionThatFindsTheLaneTakenIsSkipped(t *testing.T) {
	for name, tt := range map[string]struct {
		findErr error
		blocker string
	}{
		"and names the other":                            {nil, "session/other-2026-11-20T03:00:00Z"},
		"and names the lane when the other is not found": {temporal.NewNonRetryableApplicationError("no answer", "Unavailable", nil), contract.SyncID("test")},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fakes{findErr: tt.findErr}
			env := newEnv(t, f)
			env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: 5 * time.Minute, Interceptors: []interceptor.WorkerInterceptor{&laneTaken{}}})
			env.SetLastCompletionResult(contract.SessionResult{Carry: contract.Carry{Watermark: began, Rules: "r"}})
			r := run(t, env, input())
			if r.Outcome != saas.OutcomeSkipped || r.Blocker != tt.blocker || r.Ended.IsZero() || r.Error != "" {
				t.Errorf("result %+v", r)
			}
			if len(f.opened) != 0 || r.Pages != 0 || r.Mode != "" {
				t.Errorf("it did something: %+v", r)
			}
			if !r.Carry.Watermark.Equal(began) || r.Carry.Rules != "r" {
				t.Errorf("the next session gets %+v", r.Carry)
			}
		})
	}
}
