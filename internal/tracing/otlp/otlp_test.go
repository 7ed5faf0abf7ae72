package otlp

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"defendersync/internal/config"
	"defendersync/internal/testing/otlptest"
	"defendersync/internal/tracing"
)

// open opens a provider by variables. What it tells goes to the returned function.
func open(t *testing.T, environ ...string) (*Provider, func() []string) {
	t.Helper()
	s, err := config.Load(t.Context(), environ, 0)
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan string, 100)
	p, err := Open(s.Traces, Process{Name: "test", Version: "1.2.3", Integration: "defender"}, func(text string) { told <- text })
	if err != nil {
		t.Fatal(err)
	}
	return p, func() (out []string) {
		for len(told) > 0 {
			out = append(out, <-told)
		}
		return out
	}
}

func collector(t *testing.T) *otlptest.Receiver {
	t.Helper()
	r, err := otlptest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Stop)
	return r
}

func TestWithoutSettingsThereIsNoProvider(t *testing.T) {
	p, _ := open(t, "OTEL_SERVICE_NAME=x")
	if p != nil || p.Tracer() != nil {
		t.Error("there is one")
	}
	p.Close(time.Second)
}

func TestSpansArriveByEitherProtocol(t *testing.T) {
	for _, protocol := range []string{"grpc", "http/protobuf"} {
		t.Run(protocol, func(t *testing.T) {
			to := collector(t)
			url := map[string]string{"grpc": to.GRPC, "http/protobuf": to.HTTP}[protocol]
			p, told := open(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+url, "OTEL_EXPORTER_OTLP_PROTOCOL="+protocol,
				"OTEL_SERVICE_NAME=ours", "OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=test,service.name=theirs", "OTEL_EXPORTER_OTLP_HEADERS=x-key=abc%20def")
			ids := tracing.NewIDs("run 1")
			_, span := p.Tracer().Start(tracing.WithIDs(t.Context(), ids), "span")
			span.End()
			p.Close(30 * time.Second)
			spans := to.Spans()
			if len(spans) != 1 || len(told()) != 0 {
				t.Fatalf("%d spans arrived", len(spans))
			}
			if got := spans[0]; got.Trace() != ids.Trace.String() || got.ID() != ids.Span.String() {
				t.Errorf("the span has the ids %s, %s", got.Trace(), got.ID())
			}
			for key, want := range map[string]string{
				"service.name": "ours", "service.version": "1.2.3", "defendersync.integration": "defender", "deployment.environment.name": "test",
			} {
				if got := spans[0].Resource[key]; got != want {
					t.Errorf("%s is %q", key, got)
				}
			}
			if h := to.Headers()[0]; h.Get("X-Key") != "abc def" {
				t.Errorf("the headers are %v", h)
			}
		})
	}
}

func TestTheSamplerIsTheOneThatIsSet(t *testing.T) {
	for environ, want := range map[string]string{
		"":                               "ParentBased{root:AlwaysOnSampler",
		"OTEL_TRACES_SAMPLER=always_off": "AlwaysOffSampler",
		"OTEL_TRACES_SAMPLER=always_on":  "AlwaysOnSampler",
		"OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=0.25":            "TraceIDRatioBased{0.25}",
		"OTEL_TRACES_SAMPLER=parentbased_traceidratio OTEL_TRACES_SAMPLER_ARG=0.5": "ParentBased{root:TraceIDRatioBased{0.5}",
		"OTEL_TRACES_SAMPLER=parentbased_always_off":                               "ParentBased{root:AlwaysOffSampler",
	} {
		s, err := config.Load(t.Context(), append(strings.Fields(environ), "OTEL_TRACES_EXPORTER=otlp"), 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := newSampler(s.Traces).Description(); !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s", environ, got)
		}
	}
}

func TestACollectorThatStallsHoldsUpNobody(t *testing.T) {
	to := collector(t)
	to.Stall()
	p, told := open(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+to.HTTP, "OTEL_EXPORTER_OTLP_TIMEOUT=60000")
	began := time.Now()
	for range 10_000 { // many times what the queue holds
		_, span := p.Tracer().Start(t.Context(), "span")
		span.End()
	}
	p.Close(200 * time.Millisecond)
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	if n := len(told()); n > 1 {
		t.Errorf("it is told %d times", n)
	}
}

// failing is an exporter that fails while there is an error.
type failing struct {
	sdktrace.SpanExporter
	err error
}

func (f *failing) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return f.err }

func TestWhatIsNotDeliveredIsToldOnceAnHourAndWhenItIsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		inner := &failing{err: errors.New("500 from the collector: no room for jane.doe@contoso.com")}
		w := &watchedExporter{SpanExporter: inner, hint: "check it", tell: func(text string) { told = append(told, text) }}
		spans := tracetest.SpanStubs{{Name: "a"}, {Name: "b"}}.Snapshots()
		for range 60 {
			if err := w.ExportSpans(t.Context(), spans); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Minute)
		}
		if len(told) != 2 || !strings.Contains(told[0], "500 from the collector") || !strings.Contains(told[0], "check it") || strings.Contains(told[0], "jane") {
			t.Errorf("told is %q", told)
		}
		inner.err, told = nil, nil
		for range 3 {
			_ = w.ExportSpans(t.Context(), spans)
		}
		if len(told) != 1 || !strings.Contains(told[0], "delivered again; at least 120 spans were lost") {
			t.Errorf("told is %q", told)
		}
	})
}

func TestAClientCertificateThatCannotBeReadIsNamed(t *testing.T) {
	for _, protocol := range []string{config.ProtocolGRPC, config.ProtocolHTTP} {
		_, err := Open(config.Traces{Exporter: "otlp", Endpoint: "https://h", Protocol: protocol, Timeout: "1000", ClientCert: "/none", ClientKey: "/none"}, Process{}, nil)
		if err == nil || !strings.Contains(err.Error(), "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE") {
			t.Errorf("%s: %v", protocol, err)
		}
	}
}
