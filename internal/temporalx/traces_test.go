package temporalx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
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

// run runs a workflow of a type in the SDK's test environment, and gives the spans and
// what was logged.
func run(t *testing.T, kind string) (tracetest.SpanStubs, string) {
	t.Helper()
	shown := tracetest.NewInMemoryExporter()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSyncer(shown)).Tracer("test")
	var suite testsuite.WorkflowTestSuite
	var logged bytes.Buffer
	suite.SetLogger(SDKLogger(zerolog.New(zerolog.SyncWriter(&logged))))
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{NewTracingInterceptor(Traces{Tracer: tracer, Endless: []string{"Endless"}})}})
	env.RegisterActivityWithOptions(func(ctx context.Context) error {
		activity.GetLogger(ctx).Info("in the activity")
		tracing.StartCall(ctx).End("call", "", false, func() []attribute.KeyValue { return nil })
		return nil
	}, activity.RegisterOptions{Name: "Act"})
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		workflow.GetLogger(ctx).Info("in the workflow")
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
		return workflow.ExecuteActivity(ctx, "Act").Get(ctx, nil)
	}, workflow.RegisterOptions{Name: kind})
	env.ExecuteWorkflow(kind)
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	return shown.GetSpans(), logged.String()
}

func TestAWorkflowIsShownAndLoggedWithItsActivitiesUnlessItIsEndless(t *testing.T) {
	endless, _ := run(t, "Endless")
	for _, s := range endless {
		if s.Name == "RunWorkflow:Endless" || s.Name == "RunActivity:Act" && s.Parent.IsValid() {
			t.Errorf("%s is shown below %v", s.Name, s.Parent)
		}
	}
	spans, logged := run(t, "Other")
	if len(spans) != 3 || spans[2].Name != "RunWorkflow:Other" || spans[1].Parent.SpanID() != spans[2].SpanContext.SpanID() {
		t.Fatalf("the spans are %+v", spans)
	}
	for text, of := range map[string]trace.SpanContext{"in the activity": spans[1].SpanContext, "in the workflow": spans[2].SpanContext} {
		found := false
		for line := range strings.Lines(logged) {
			found = found || strings.Contains(line, text) && strings.Contains(line, `"trace_id":"`+of.TraceID().String()) && strings.Contains(line, `"span_id":"`+of.SpanID().String())
		}
		if !found {
			t.Errorf("%q is not logged with its trace:\n%s", text, logged)
		}
	}
}
