package simulate

import (
	"context"
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/lease"
)

const startToClose = enumspb.TIMEOUT_TYPE_START_TO_CLOSE

// payloads encodes what Temporal keeps.
var payloads = converter.GetDefaultDataConverter()

// interception puts the host between the SDK's test environment and both
// workflows and activities. The environment's own time-outs and retries are
// switched off: they go by a clock of their own, and know of no workers.
type interception struct {
	interceptor.WorkerInterceptorBase
	host *host
}

// InterceptWorkflow implements interceptor.WorkerInterceptor.
func (i *interception) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &workflowIn{interceptor.WorkflowInboundInterceptorBase{Next: next}, i.host}
}

// InterceptActivity implements interceptor.WorkerInterceptor.
func (i *interception) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &activityIn{interceptor.ActivityInboundInterceptorBase{Next: next}}
}

type workflowIn struct {
	interceptor.WorkflowInboundInterceptorBase
	host *host
}

// Init implements interceptor.WorkflowInboundInterceptor.
func (w *workflowIn) Init(out interceptor.WorkflowOutboundInterceptor) error {
	return w.Next.Init(&workflowOut{interceptor.WorkflowOutboundInterceptorBase{Next: out}, w.host})
}

type workflowOut struct {
	interceptor.WorkflowOutboundInterceptorBase
	host *host
}

// GetInfo gives each session a run id of its own.
func (w *workflowOut) GetInfo(ctx workflow.Context) *workflow.Info {
	info := *w.Next.GetInfo(ctx)
	info.WorkflowExecution.RunID = w.host.runID
	return &info
}

// ExecuteActivity leaves an activity's time-outs and retries to the host.
func (w *workflowOut) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	w.host.options = workflow.GetActivityOptions(ctx)
	const never = 10 * 365 * 24 * time.Hour
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: never, ScheduleToCloseTimeout: never, ScheduleToStartTimeout: never, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
	})
	return w.Next.ExecuteActivity(ctx, name, args...)
}

type activityIn struct {
	interceptor.ActivityInboundInterceptorBase
}

// Init implements interceptor.ActivityInboundInterceptor.
func (a *activityIn) Init(out interceptor.ActivityOutboundInterceptor) error {
	return a.Next.Init(&activityOut{interceptor.ActivityOutboundInterceptorBase{Next: out}})
}

// activityOut answers an activity for the attempt that it is of.
type activityOut struct {
	interceptor.ActivityOutboundInterceptorBase
}

// GetInfo tells the attempt's number and what the workflow asks for.
func (a *activityOut) GetInfo(ctx context.Context) activity.Info {
	info := a.Next.GetInfo(ctx)
	if at := attemptOf(ctx); at != nil {
		info.Attempt, info.HeartbeatTimeout = int32(at.number), at.host.options.HeartbeatTimeout
		info.WorkflowExecution.RunID, info.StartedTime = at.host.runID, at.began
	}
	return info
}

// RecordHeartbeat keeps what an attempt records, and renews its lease when Temporal
// acknowledges that, as the Temporal client does.
func (a *activityOut) RecordHeartbeat(ctx context.Context, details ...any) {
	at, sent := attemptOf(ctx), time.Now()
	if at == nil || ctx.Err() != nil || at.recordBeat(details...) != nil {
		return
	}
	if time.Sleep(2 * beatTakes); !at.worker.dead {
		lease.Of(ctx).Renew(sent)
	}
}

// HasHeartbeatDetails reports whether an earlier attempt recorded any.
func (a *activityOut) HasHeartbeatDetails(ctx context.Context) bool {
	at := attemptOf(ctx)
	return at != nil && at.from != nil
}

// GetHeartbeatDetails reads them.
func (a *activityOut) GetHeartbeatDetails(ctx context.Context, into ...any) error {
	at := attemptOf(ctx)
	if at == nil || at.from == nil {
		return errors.New("there is no heartbeat")
	}
	return payloads.FromPayloads(at.from, into...)
}

// GetWorkerStopChannel is closed when the worker is told to stop.
func (a *activityOut) GetWorkerStopChannel(ctx context.Context) <-chan struct{} {
	if at := attemptOf(ctx); at != nil {
		return at.worker.stop
	}
	return a.Next.GetWorkerStopChannel(ctx)
}

// temporalStub is what activities ask of Temporal themselves.
type temporalStub struct{ client.Client }

// RecordActivityHeartbeat records the last heartbeat of an attempt.
func (temporalStub) RecordActivityHeartbeat(ctx context.Context, _ []byte, details ...any) error {
	at := attemptOf(ctx)
	if at == nil {
		return errors.New("no activity records this heartbeat")
	}
	if err := at.recordBeat(details...); err != nil {
		return err
	}
	time.Sleep(2 * beatTakes)
	return nil
}

// SignalWorkflow takes what an activity tells its workflow.
func (temporalStub) SignalWorkflow(context.Context, string, string, string, any) error { return nil }
