package temporalx

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/trace"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/tracing"
)

// maxLinks bounds the commands that a workflow's span is linked to.
const maxLinks = 8

// InterceptWorkflow implements interceptor.WorkerInterceptor.
func (t *tracingInterceptor) InterceptWorkflow(ctx workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	if slices.Contains(t.Endless, workflow.GetInfo(ctx).WorkflowType.Name) {
		return next
	}
	w := &tracedWorkflow{Traces: t.Traces}
	w.Next = next
	return w
}

// tracedWorkflow shows a run of a workflow as one span, however many workers the run goes
// through: they all give it the same ids, and the one that sees its end sends it. A
// workflow that is terminated or times out has none, since no worker sees that.
//
// Nothing here makes a command or waits, so it does not touch what a workflow decides.
type tracedWorkflow struct {
	interceptor.WorkflowInboundInterceptorBase
	Traces
	parent trace.SpanContext // of whoever started the run; not valid: nobody's
	span   trace.Span        // nil until the run begins
	links  []trace.Link
}

// Init implements interceptor.WorkflowInboundInterceptor.
func (w *tracedWorkflow) Init(out interceptor.WorkflowOutboundInterceptor) error {
	o := &tracedWorkflowCommands{workflow: w}
	o.Next = out
	return w.Next.Init(o)
}

// ExecuteWorkflow implements interceptor.WorkflowInboundInterceptor. The span is not
// ended by defer, which runs also when a workflow leaves a worker's cache.
func (w *tracedWorkflow) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	w.parent = readTraceHeader(interceptor.WorkflowHeader(ctx))
	w.beginSpan(workflow.GetInfo(ctx))
	out, err := w.Next.ExecuteWorkflow(ctx, in)
	if !workflow.IsReplaying(ctx) {
		w.endSpan(err)
	}
	return out, err
}

// beginSpan begins the span under the ids of the run.
func (w *tracedWorkflow) beginSpan(info *workflow.Info) {
	run := info.WorkflowExecution.RunID
	ctx := tracing.WithIDs(context.Background(), RunIDs(run))
	if w.parent.IsValid() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, w.parent)
	}
	_, w.span = w.Tracer.Start(ctx, "RunWorkflow:"+info.WorkflowType.Name,
		trace.WithTimestamp(info.WorkflowStartTime), trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
			tracing.KeyWorkflowID.String(info.WorkflowExecution.ID), tracing.KeyRunID.String(run),
		))
}

func (w *tracedWorkflow) endSpan(err error) {
	for _, link := range w.links {
		w.span.AddLink(link)
	}
	if workflow.IsContinueAsNewError(err) {
		err = nil
	}
	tracing.EndSpan(w.span, kindOfError(err))
}

// HandleSignal implements interceptor.WorkflowInboundInterceptor. It remembers the trace
// of the command that sent a signal.
func (w *tracedWorkflow) HandleSignal(ctx workflow.Context, in *interceptor.HandleSignalInput) error {
	if from := readTraceHeader(interceptor.WorkflowHeader(ctx)); from.IsValid() && len(w.links) < maxLinks {
		w.links = append(w.links, trace.Link{SpanContext: from})
	}
	return w.Next.HandleSignal(ctx, in)
}

// tracedWorkflowCommands hands the span of a workflow to what the workflow starts.
type tracedWorkflowCommands struct {
	interceptor.WorkflowOutboundInterceptorBase
	workflow *tracedWorkflow
}

// context is a context with the workflow's span.
func (o *tracedWorkflowCommands) context() context.Context {
	return trace.ContextWithSpan(context.Background(), o.workflow.span)
}

// ExecuteActivity implements interceptor.WorkflowOutboundInterceptor.
func (o *tracedWorkflowCommands) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	writeTraceHeader(o.context(), interceptor.WorkflowHeader(ctx))
	return o.Next.ExecuteActivity(ctx, name, args...)
}

// ExecuteChildWorkflow implements interceptor.WorkflowOutboundInterceptor.
func (o *tracedWorkflowCommands) ExecuteChildWorkflow(ctx workflow.Context, name string, args ...any) workflow.ChildWorkflowFuture {
	if !slices.Contains(o.workflow.Endless, name) {
		writeTraceHeader(o.context(), interceptor.WorkflowHeader(ctx))
	}
	return o.Next.ExecuteChildWorkflow(ctx, name, args...)
}

// NewContinueAsNewError implements interceptor.WorkflowOutboundInterceptor.
func (o *tracedWorkflowCommands) NewContinueAsNewError(ctx workflow.Context, fn any, args ...any) error {
	o.handOn(interceptor.WorkflowHeader(ctx))
	return o.Next.NewContinueAsNewError(ctx, fn, args...)
}

// NewContinueAsNewErrorWithOptions implements interceptor.WorkflowOutboundInterceptor.
func (o *tracedWorkflowCommands) NewContinueAsNewErrorWithOptions(ctx workflow.Context, options workflow.ContinueAsNewErrorOptions, fn any, args ...any) error {
	o.handOn(interceptor.WorkflowHeader(ctx))
	return o.Next.NewContinueAsNewErrorWithOptions(ctx, options, fn, args...)
}

// handOn gives the next run the parent of this one, so that the runs stand side by side;
// a run that nobody started is the parent itself.
func (o *tracedWorkflowCommands) handOn(header map[string]*commonpb.Payload) {
	ctx := o.context()
	if parent := o.workflow.parent; parent.IsValid() {
		ctx = trace.ContextWithRemoteSpanContext(context.Background(), parent)
	}
	writeTraceHeader(ctx, header)
}

// GetLogger implements interceptor.WorkflowOutboundInterceptor.
func (o *tracedWorkflowCommands) GetLogger(ctx workflow.Context) log.Logger {
	if o.workflow.span == nil {
		return o.Next.GetLogger(ctx)
	}
	return withTrace(o.Next.GetLogger(ctx), o.workflow.span.SpanContext())
}
