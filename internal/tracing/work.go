package tracing

import (
	"context"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

const (
	// Shown is how many of its first steps and calls a piece of work shows.
	Shown = 100
	// Noted is how many more it shows of those that failed, were sent again or were slow.
	Noted = 100
	// Slow is how long a call takes that is shown for that alone.
	Slow = 10 * time.Second
)

// Work is a piece of work that is shown, such as an activity or a command. A nil Work is
// one that is not.
type Work struct {
	tracer trace.Tracer
	span   trace.Span

	shown, noted            atomic.Int64
	calls, failed, notShown atomic.Int64
}

type workKey struct{}

// Begin begins a piece of work as a span below the one of the context. With a nil
// tracer, and when the span is not sampled, the Work is nil.
func Begin(ctx context.Context, tracer trace.Tracer, name string, options ...trace.SpanStartOption) (context.Context, *Work) {
	if tracer == nil {
		return ctx, nil
	}
	ctx, span := tracer.Start(ctx, name, options...)
	if !span.IsRecording() {
		return ctx, nil
	}
	w := &Work{tracer: tracer, span: span}
	return context.WithValue(ctx, workKey{}, w), w
}

// workOf is the work of a context; nil: none is shown.
func workOf(ctx context.Context) *Work {
	w, _ := ctx.Value(workKey{}).(*Work)
	return w
}

// TracerOf returns the tracer of the work in a context; nil: none is shown.
func TracerOf(ctx context.Context) trace.Tracer {
	if w := workOf(ctx); w != nil {
		return w.tracer
	}
	return nil
}

// End ends the work. kind is what kind of error it ended with; "": with none.
func (w *Work) End(kind string) {
	if w == nil {
		return
	}
	if n := w.calls.Load(); n > 0 {
		w.span.SetAttributes(KeyCalls.Int64(n), KeyFailed.Int64(w.failed.Load()), KeyNotShown.Int64(w.notShown.Load()))
	}
	EndSpan(w.span, kind)
}

// EndSpan ends a span with the kind of its error. The error's text is not shown: a peer
// may repeat in it what it was sent about a person.
func EndSpan(span trace.Span, kind string, options ...trace.SpanEndOption) {
	if kind != "" {
		span.SetAttributes(KeyErrorType.String(kind))
		span.SetStatus(codes.Error, "")
	}
	span.End(options...)
}

// takePlace reports whether another step or call may be shown.
func (w *Work) takePlace(noteworthy bool) bool {
	if w.shown.Load() < Shown && w.shown.Add(1) <= Shown {
		return true
	}
	return noteworthy && w.noted.Load() < Noted && w.noted.Add(1) <= Noted
}
