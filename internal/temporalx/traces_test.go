package temporalx

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/tracing"
)

func TestTheTraceHeaderIsReadAsItIsWritten(t *testing.T) {
	ctx, span := sdktrace.NewTracerProvider().Tracer("test").Start(t.Context(), "span")
	header := map[string]*commonpb.Payload{}
	writeTraceHeader(ctx, header)
	if got := readTraceHeader(header); got.TraceID() != span.SpanContext().TraceID() || got.SpanID() != span.SpanContext().SpanID() || !got.IsSampled() {
		t.Errorf("read is %v", got)
	}
	if got, want := string(header["_tracer-data"].GetData()), fmt.Sprintf(`{"traceparent":"00-%s-%s-01"}`, span.SpanContext().TraceID(), span.SpanContext().SpanID()); got != want {
		t.Errorf("the header is %s, not %s", got, want)
	}
	writeTraceHeader(ctx, nil)
	empty := map[string]*commonpb.Payload{}
	writeTraceHeader(t.Context(), empty)
	if len(empty) != 0 {
		t.Errorf("a context without a span has the header %v", empty)
	}
}

func TestATraceHeaderThatCannotBeReadIsAsGoodAsNone(t *testing.T) {
	for _, data := range []string{``, `7`, `{}`, `{"traceparent":"x"}`, `{"traceparent":7}`} {
		header := map[string]*commonpb.Payload{traceHeader: {Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(data)}}
		if got := readTraceHeader(header); got.IsValid() {
			t.Errorf("%q is read as %v", data, got)
		}
	}
}

func TestAnErrorIsShownByItsKindAlone(t *testing.T) {
	private := errors.New("jane.doe@contoso.com")
	for want, err := range map[string]error{
		"":                    nil,
		"Refused":             fmt.Errorf("wrapped: %w", temporal.NewApplicationError("jane.doe", "Refused", private)),
		"Canceled":            fmt.Errorf("jane.doe: %w", context.Canceled),
		"*errors.errorString": private,
		"*fmt.wrapError":      fmt.Errorf("jane.doe: %w", private),
	} {
		if got := kindOfError(err); got != want {
			t.Errorf("%v is shown as %q, not %q", err, got, want)
		}
	}
	handedOver := temporal.NewApplicationErrorWithOptions("handed over", "WorkerStopping", temporal.ApplicationErrorOptions{Category: temporal.ApplicationErrorCategoryBenign})
	if got := kindOfError(handedOver); got != "" {
		t.Errorf("a handover is shown as %q", got)
	}
}

// run runs a workflow of a type in the SDK's test environment, and gives the spans.
func run(t *testing.T, kind string) tracetest.SpanStubs {
	t.Helper()
	shown := tracetest.NewInMemoryExporter()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSyncer(shown)).Tracer("test")
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{NewTracingInterceptor(Traces{Tracer: tracer, Endless: []string{"Endless"}})}})
	env.RegisterActivityWithOptions(func(ctx context.Context) error {
		tracing.StartCall(ctx).End("call", "", false, func() []attribute.KeyValue { return nil })
		return nil
	}, activity.RegisterOptions{Name: "Act"})
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
		return workflow.ExecuteActivity(ctx, "Act").Get(ctx, nil)
	}, workflow.RegisterOptions{Name: kind})
	env.ExecuteWorkflow(kind)
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	return shown.GetSpans()
}

func TestAnEndlessWorkflowIsInNoTrace(t *testing.T) {
	for _, s := range run(t, "Endless") {
		if s.Name == "RunWorkflow:Endless" || s.Name == "RunActivity:Act" && s.Parent.IsValid() {
			t.Errorf("%s is shown below %v", s.Name, s.Parent)
		}
	}
	spans := run(t, "Other")
	if len(spans) != 3 || spans[2].Name != "RunWorkflow:Other" || spans[1].Parent.SpanID() != spans[2].SpanContext.SpanID() {
		t.Errorf("the spans are %+v", spans)
	}
}
