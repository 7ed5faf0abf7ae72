package temporalx

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"

	"defendersync/internal/tracing"
)

// Traces says how a client and its workers take part in traces.
type Traces struct {
	Tracer trace.Tracer // nil: not at all
	// Endless are the types of workflows that run for good. Such a workflow is in no
	// trace, and each of its activities is a trace of its own; else one trace would
	// grow for years.
	Endless []string
}

// RunIDs returns the ids of the span that shows a run of a workflow. The id of the trace
// holds for a run that nobody's trace led to, such as one that a schedule started.
func RunIDs(runID string) tracing.IDs { return tracing.NewIDs("run " + runID) }

// The trace of whoever starts a workflow or an activity travels in a header, under the
// key and in the form of Temporal's own SDKs. It holds ids only, no baggage. Headers are
// in histories but in no comparison: a workflow replays with and without them.
const traceHeader = "_tracer-data"

var traceFormat propagation.TraceContext

// writeTraceHeader puts the span of a context into a header.
func writeTraceHeader(ctx context.Context, header map[string]*commonpb.Payload) {
	if header == nil || !trace.SpanContextFromContext(ctx).IsValid() {
		return
	}
	fields := propagation.MapCarrier{}
	traceFormat.Inject(ctx, fields)
	if payload, err := converter.GetDefaultDataConverter().ToPayload(map[string]string(fields)); err == nil {
		header[traceHeader] = payload
	}
}

// readTraceHeader reads the span that a header names. A header that cannot be read is as
// good as none.
func readTraceHeader(header map[string]*commonpb.Payload) trace.SpanContext {
	var fields map[string]string
	if payload := header[traceHeader]; payload == nil || converter.GetDefaultDataConverter().FromPayload(payload, &fields) != nil {
		return trace.SpanContext{}
	}
	return trace.SpanContextFromContext(traceFormat.Extract(context.Background(), propagation.MapCarrier(fields)))
}

// NewTracingInterceptor returns the interceptor of a client and of its workers. It is not
// the SDK's own one, which shows the texts of errors, shows a workflow that another
// worker takes over as one more span whose children have lost theirs, ends spans when a
// workflow leaves the cache, and puts the trace of 'schedule apply' into every session.
func NewTracingInterceptor(t Traces) interceptor.Interceptor { return &tracingInterceptor{Traces: t} }

type tracingInterceptor struct {
	interceptor.InterceptorBase
	Traces
}

// InterceptClient implements interceptor.ClientInterceptor.
func (t *tracingInterceptor) InterceptClient(next interceptor.ClientOutboundInterceptor) interceptor.ClientOutboundInterceptor {
	c := &tracedClient{tracer: t.Tracer}
	c.Next = next
	return c
}
