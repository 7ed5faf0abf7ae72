package tracing

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// begin begins a piece of work whose spans are kept.
func begin(t *testing.T, options ...sdktrace.TracerProviderOption) (context.Context, *Work, *tracetest.InMemoryExporter) {
	t.Helper()
	shown := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(append(options, sdktrace.WithSyncer(shown))...)
	ctx, work := Begin(t.Context(), provider.Tracer("test"), "work")
	return ctx, work, shown
}

// spansOf gives the spans by name.
func spansOf(shown *tracetest.InMemoryExporter) map[string][]tracetest.SpanStub {
	out := map[string][]tracetest.SpanStub{}
	for _, s := range shown.GetSpans() {
		out[s.Name] = append(out[s.Name], s)
	}
	return out
}

func attributesOf(s tracetest.SpanStub) map[string]string {
	out := map[string]string{}
	for _, a := range s.Attributes {
		out[string(a.Key)] = a.Value.String()
	}
	return out
}

func describeNothing() []attribute.KeyValue { return nil }

func TestCallsStandBelowTheirStep(t *testing.T) {
	ctx, work, shown := begin(t)
	inner, step := Start(ctx, "step", KeyRows.Int(7))
	StartCall(inner).End("call", "", false, func() []attribute.KeyValue { return []attribute.KeyValue{KeyPeer.String("Defender")} })
	StartCall(ctx).End("other", "ServerError", false, describeNothing)
	step.End("Refused")
	work.End("")
	all := spansOf(shown)
	root, stepped, called, other := all["work"][0], all["step"][0], all["call"][0], all["other"][0]
	if stepped.Parent.SpanID() != root.SpanContext.SpanID() || called.Parent.SpanID() != stepped.SpanContext.SpanID() || other.Parent.SpanID() != root.SpanContext.SpanID() {
		t.Errorf("the spans are %v", shown.GetSpans())
	}
	for s, want := range map[*tracetest.SpanStub]map[string]string{
		&root:    {"defendersync.calls": "2", "defendersync.calls.failed": "1", "defendersync.calls.not_shown": "0"},
		&stepped: {"defendersync.rows": "7", "error.type": "Refused"}, &called: {"peer.service": "Defender"}, &other: {"error.type": "ServerError"},
	} {
		got := attributesOf(*s)
		for key, value := range want {
			if got[key] != value {
				t.Errorf("%s has %s=%q, not %q", s.Name, key, got[key], value)
			}
		}
		if len(got) != len(want) || s.Status.Description != "" {
			t.Errorf("%s has %v, %q", s.Name, got, s.Status.Description)
		}
	}
}

func TestALongPieceOfWorkShowsItsFirstCallsAndOfTheOthersThoseThatMatter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, work, shown := begin(t)
		for range Shown + 50 {
			StartCall(ctx).End("good", "", false, describeNothing)
		}
		slow := StartCall(ctx)
		time.Sleep(Slow)
		slow.End("slow", "", false, describeNothing)
		StartCall(ctx).End("again", "", true, describeNothing)
		if _, step := Start(ctx, "step"); step.span != nil {
			t.Error("a step is shown beyond the limit")
		}
		for range Noted + 30 {
			StartCall(ctx).End("failed", "Network", false, describeNothing)
		}
		work.End("")
		all := spansOf(shown)
		if len(all["good"]) != Shown || len(all["slow"]) != 1 || len(all["again"]) != 1 || len(all["failed"]) != Noted-2 || len(all["step"]) != 0 {
			t.Errorf("shown are %d good calls, %d slow ones, %d failed ones", len(all["good"]), len(all["slow"]), len(all["failed"]))
		}
		got := attributesOf(all["work"][0])
		if got["defendersync.calls"] != "282" || got["defendersync.calls.failed"] != "130" || got["defendersync.calls.not_shown"] != "82" {
			t.Errorf("the work says %v", got)
		}
	})
}

func TestNothingIsShownWithoutATracerOrUnlessSampled(t *testing.T) {
	none, nobody := Begin(t.Context(), nil, "work")
	unsampled, dropped, shown := begin(t, sdktrace.WithSampler(sdktrace.NeverSample()))
	for _, ctx := range []context.Context{none, unsampled} {
		inner, step := Start(ctx, "step")
		call := StartCall(inner)
		if call.IsOn() || step.span != nil || TracerOf(ctx) != nil {
			t.Error("something is shown")
		}
		call.End("call", "Network", false, func() []attribute.KeyValue { t.Error("it is described"); return nil })
		step.End("Network")
	}
	nobody.End("Network")
	dropped.End("")
	if n := len(shown.GetSpans()); n != 0 {
		t.Errorf("%d spans are shown", n)
	}
}

// TestACallThatIsNotShownAllocatesNothing: a worker without traces makes a thousand calls
// a second, as fast as before.
func TestACallThatIsNotShownAllocatesNothing(t *testing.T) {
	ctx := context.WithValue(t.Context(), workKey{}, (*Work)(nil))
	if n := testing.AllocsPerRun(1000, func() {
		call := StartCall(ctx)
		if call.IsOn() {
			t.Error("it is shown")
		}
		call.End("call", "", false, describeNothing)
	}); n != 0 {
		t.Errorf("it allocates %v times", n)
	}
}

func BenchmarkCallNotShown(b *testing.B) {
	ctx := context.WithValue(b.Context(), attribute.Key("a"), "value of others")
	b.ReportAllocs()
	for b.Loop() {
		StartCall(ctx).End("call", "", false, describeNothing)
	}
}

func BenchmarkCallBeyondTheLimit(b *testing.B) {
	provider := sdktrace.NewTracerProvider()
	ctx, work := Begin(b.Context(), provider.Tracer("bench"), "work")
	for range Shown {
		StartCall(ctx).End("call", "", false, describeNothing)
	}
	b.ReportAllocs()
	for b.Loop() {
		StartCall(ctx).End("call", "", false, describeNothing)
	}
	work.End("")
}

func TestIDsFollowFromWhatTheyAreOf(t *testing.T) {
	one, again, other := NewIDs("run a"), NewIDs("run a"), NewIDs("run b")
	if one != again || one.Trace == other.Trace || one.Span == other.Span || !one.Trace.IsValid() || !one.Span.IsValid() {
		t.Errorf("the ids are %v, %v, %v", one, again, other)
	}
	if got, ok := FindIDs(WithIDs(t.Context(), one)); !ok || got != one {
		t.Errorf("a context has %v, %v", got, ok)
	}
	if _, ok := FindIDs(t.Context()); ok {
		t.Error("a context without ids has some")
	}
}
