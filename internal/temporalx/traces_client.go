package temporalx

import (
	"context"

	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"

	"defendersync/internal/tracing"
)

// tracedClient shows the workflows that a client starts, and hands its trace to them.
// Schedules get no trace: each session that one starts begins its own.
type tracedClient struct {
	interceptor.ClientOutboundInterceptorBase
	tracer trace.Tracer
}

// ExecuteWorkflow implements interceptor.ClientOutboundInterceptor.
func (c *tracedClient) ExecuteWorkflow(ctx context.Context, in *interceptor.ClientExecuteWorkflowInput) (client.WorkflowRun, error) {
	ctx, span := c.tracer.Start(ctx, "StartWorkflow:"+in.WorkflowType,
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(tracing.KeyWorkflowID.String(in.Options.ID)))
	writeTraceHeader(ctx, interceptor.Header(ctx))
	run, err := c.Next.ExecuteWorkflow(ctx, in)
	tracing.EndSpan(span, kindOfError(err))
	return run, err
}

// SignalWorkflow implements interceptor.ClientOutboundInterceptor. The trace of a command
// goes with its signal, so that the workflow can show a link to it.
func (c *tracedClient) SignalWorkflow(ctx context.Context, in *interceptor.ClientSignalWorkflowInput) error {
	if !activity.IsActivity(ctx) {
		writeTraceHeader(ctx, interceptor.Header(ctx))
	}
	return c.Next.SignalWorkflow(ctx, in)
}
