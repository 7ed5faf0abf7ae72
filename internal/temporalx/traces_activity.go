package temporalx

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/tracing"
)

// InterceptActivity implements interceptor.WorkerInterceptor.
func (t *tracingInterceptor) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	a := &tracedActivity{tracer: t.Tracer}
	a.Next = next
	return a
}

// tracedActivity shows each attempt of an activity as a piece of work.
type tracedActivity struct {
	interceptor.ActivityInboundInterceptorBase
	tracer trace.Tracer
}

// Init implements interceptor.ActivityInboundInterceptor.
func (a *tracedActivity) Init(out interceptor.ActivityOutboundInterceptor) error {
	o := &tracedActivityLog{}
	o.Next = out
	return a.Next.Init(o)
}

// ExecuteActivity implements interceptor.ActivityInboundInterceptor.
func (a *tracedActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	info := activity.GetInfo(ctx)
	if parent := readTraceHeader(interceptor.Header(ctx)); parent.IsValid() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, parent)
	}
	ctx, work := tracing.Begin(ctx, a.tracer, "RunActivity:"+info.ActivityType.Name,
		trace.WithTimestamp(info.StartedTime), trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
			tracing.KeyWorkflowID.String(info.WorkflowExecution.ID), tracing.KeyRunID.String(info.WorkflowExecution.RunID),
			tracing.KeyActivityID.String(info.ActivityID), tracing.KeyAttempt.Int(int(info.Attempt)),
		))
	out, err := a.Next.ExecuteActivity(ctx, in)
	work.End(kindOfError(err))
	return out, err
}

// tracedActivityLog adds the trace to what an activity logs.
type tracedActivityLog struct {
	interceptor.ActivityOutboundInterceptorBase
}

// GetLogger implements interceptor.ActivityOutboundInterceptor.
func (o *tracedActivityLog) GetLogger(ctx context.Context) log.Logger {
	return withTrace(o.Next.GetLogger(ctx), trace.SpanContextFromContext(ctx))
}

// withTrace adds the ids of a span to a logger.
func withTrace(logger log.Logger, of trace.SpanContext) log.Logger {
	if !of.IsValid() {
		return logger
	}
	return log.With(logger, "trace_id", of.TraceID().String(), "span_id", of.SpanID().String())
}

// kindOfError is what a trace shows of an error: its type, never its text; "" when there
// is none, or when it is no fault.
func kindOfError(err error) string {
	var app *temporal.ApplicationError
	switch {
	case err == nil, errors.Is(err, activity.ErrResultPending):
		return ""
	case temporal.IsCanceledError(err), errors.Is(err, context.Canceled):
		return "Canceled"
	case errors.As(err, &app) && app.Category() == temporal.ApplicationErrorCategoryBenign:
		return ""
	case errors.As(err, &app) && app.Type() != "":
		return app.Type()
	}
	return fmt.Sprintf("%T", err)
}
