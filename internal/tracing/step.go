package tracing

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// Step is a part of a piece of work that makes calls itself, such as the writing of a
// page. The zero Step is one that is not shown.
type Step struct{ span trace.Span }

// Start begins a step below the span of the context.
func Start(ctx context.Context, name string, attributes ...attribute.KeyValue) (context.Context, Step) {
	w := workOf(ctx)
	if w == nil || !w.takePlace(false) {
		return ctx, Step{}
	}
	ctx, span := w.tracer.Start(ctx, name, trace.WithAttributes(attributes...))
	return ctx, Step{span}
}

// End ends the step. kind is what kind of error it ended with; "": with none.
func (s Step) End(kind string) {
	if s.span != nil {
		EndSpan(s.span, kind)
	}
}

// Call is a request to a peer that may be shown. Its span is made at its end, when it is
// known whether it is worth one.
type Call struct {
	ctx   context.Context
	work  *Work
	began time.Time
}

// StartCall begins a request.
func StartCall(ctx context.Context) Call {
	w := workOf(ctx)
	if w == nil {
		return Call{}
	}
	return Call{ctx, w, time.Now()}
}

// IsOn reports whether the request may be shown, so that it has to be ended.
func (c Call) IsOn() bool { return c.work != nil }

// End shows a request that has ended, under a name, with the kind of its error ("":
// none), and whether it was sent again after a failure. describe makes its attributes; it
// is called only when the request is shown.
func (c Call) End(name, kind string, again bool, describe func() []attribute.KeyValue) {
	if c.work == nil {
		return
	}
	c.work.calls.Add(1)
	if kind != "" {
		c.work.failed.Add(1)
	}
	if !c.work.takePlace(kind != "" || again || time.Since(c.began) >= Slow) {
		c.work.notShown.Add(1)
		return
	}
	_, span := c.work.tracer.Start(c.ctx, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(c.began), trace.WithAttributes(describe()...))
	EndSpan(span, kind)
}
