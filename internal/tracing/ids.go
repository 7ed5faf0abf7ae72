package tracing

import (
	"context"
	"crypto/sha256"

	"go.opentelemetry.io/otel/trace"
)

// IDs are the ids that a span is to have.
type IDs struct {
	Trace trace.TraceID // for a span that begins a trace
	Span  trace.SpanID
}

// NewIDs makes the ids that follow from a text, such as the id of a workflow's run: every
// worker that takes a run over shows it as the same span.
func NewIDs(of string) (ids IDs) {
	sum := sha256.Sum256([]byte("defendersync trace of " + of))
	copy(ids.Trace[:], sum[:])
	copy(ids.Span[:], sum[len(ids.Trace):])
	return ids
}

type idsKey struct{}

// WithIDs returns a context in which the next span gets these ids, if its provider has
// the generator of package otlp.
func WithIDs(ctx context.Context, ids IDs) context.Context {
	return context.WithValue(ctx, idsKey{}, ids)
}

// FindIDs returns the ids that the next span of a context is to have.
func FindIDs(ctx context.Context) (IDs, bool) {
	ids, ok := ctx.Value(idsKey{}).(IDs)
	return ids, ok
}

// LinkTo links the span of the context to another one, by the ids that it has.
func LinkTo(ctx context.Context, ids IDs) {
	trace.SpanFromContext(ctx).AddLink(trace.Link{SpanContext: trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: ids.Trace, SpanID: ids.Span, TraceFlags: trace.FlagsSampled, Remote: true,
	})})
}
