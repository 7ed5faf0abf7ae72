package workflows

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// cancelledResult is what a session said of itself that has to have ended as
// cancelled.
func cancelledResult(t *testing.T, env *testsuite.TestWorkflowEnvironment) contract.SessionResult {
	t.Helper()
	var cancelled *temporal.CanceledError
	if err := env.GetWorkflowError(); !errors.As(err, &cancelled) {
		t.Fatalf("ended with %v", err)
	}
	var r contract.SessionResult
	if err := cancelled.Details(&r); err != nil {
		t.Fatal(err)
	}
	if r.Outcome != saas.OutcomeCancelled || r.Ended.IsZero() || r.Error != "" {
		t.Errorf("result %+v", r)
	}
	return r
}

// queued is a session's environment that keeps the watermark of the one before.
func queued(t *testing.T, f *fakes) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	env := newEnv(t, f)
	env.SetLastCompletionResult(contract.SessionResult{Carry: contract.Carry{Watermark: began}})
	return env
}

func TestASessionCancelledBeforeAWorkerTookItUpEndsAsCancelled(t *testing.T) {
	for name, settings := range map[string]*contract.WatchSettings{"with a watch": {Integration: "test", Every: time.Minute}, "without": nil} {
		t.Run(name, func(t *testing.T) {
			f := &fakes{}
			env := queued(t, f)
			env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(nil).Maybe()
			env.RegisterDelayedCallback(env.CancelWorkflow, 0)
			in := input()
			in.Watch = settings
			env.ExecuteWorkflow(contract.WorkflowSession, in)
			r := cancelledResult(t, env)
			if len(f.written) != 0 || r.Mode != "" {
				t.Errorf("it wrote %d pages; result %+v", len(f.written), r)
			}
			if !r.Carry.Watermark.Equal(began) {
				t.Errorf("its carry is %+v", r.Carry)
			}
		})
	}
}

func TestASessionCancelledWhileItsChildIsBeingStartedEndsAsCancelled(t *testing.T) {
	f := &fakes{}
	env := queued(t, f)
	env.SetOnChildWorkflowStartedListener(func(*workflow.Info, workflow.Context, converter.EncodedValues) { env.CancelWorkflow() })
	env.ExecuteWorkflow(contract.WorkflowSession, input())
	if r := cancelledResult(t, env); len(f.written) != 0 || r.Mode != "" {
		t.Errorf("it did something: %+v", r)
	}
}

func TestASessionCancelledDuringItsFirstActivityEndsAsCancelled(t *testing.T) {
	env := newEnv(t, &fakes{})
	env.RegisterActivityWithOptions(func(ctx context.Context, _ contract.OpenSessionParams) (contract.Plan, error) {
		<-ctx.Done()
		return contract.Plan{}, ctx.Err()
	}, activity.RegisterOptions{Name: contract.ActivityOpenSession, DisableAlreadyRegisteredCheck: true})
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Second)
	env.ExecuteWorkflow(contract.WorkflowSession, input())
	cancelledResult(t, env)
}

func TestASessionCancelledWhileItAsksWhoHoldsTheLaneEndsAsCancelled(t *testing.T) {
	env := newEnv(t, &fakes{})
	env.RegisterWorkflow(skipping)
	asked := make(chan struct{})
	env.RegisterActivityWithOptions(func(ctx context.Context, _ string) (contract.FindSessionResult, error) {
		close(asked)
		<-ctx.Done()
		return contract.FindSessionResult{}, ctx.Err()
	}, activity.RegisterOptions{Name: contract.ActivityFindSession, DisableAlreadyRegisteredCheck: true})
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Second)
	env.ExecuteWorkflow(skipping, input())
	if r := cancelledResult(t, env); r.Blocker != "" {
		t.Errorf("result %+v", r)
	}
	<-asked
}

// skipping is a session that has found the lane taken.
func skipping(ctx workflow.Context, in contract.SessionParams) (contract.SessionResult, error) {
	s := newSession(ctx, in)
	return s.endSkipped(ctx)
}
