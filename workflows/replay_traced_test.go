package workflows

import (
	"log/slog"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"defendersync/internal/contract"
	"defendersync/internal/temporalx"
)

// TestRecordedHistoriesReplayWithTraces: traces that are turned on while a workflow runs
// change nothing that it decides, and what it did before is not shown once more.
func TestRecordedHistoriesReplayWithTraces(t *testing.T) {
	for name, history := range recordedHistories(t) {
		t.Run(name, func(t *testing.T) {
			shown := tracetest.NewInMemoryExporter()
			tracer := sdktrace.NewTracerProvider(sdktrace.WithSyncer(shown)).Tracer("test")
			replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{Interceptors: []interceptor.WorkerInterceptor{
				temporalx.NewTracingInterceptor(temporalx.Traces{Tracer: tracer, Endless: []string{contract.WorkflowWatch}}),
			}})
			if err != nil {
				t.Fatal(err)
			}
			Register(replayer)
			if err := replayer.ReplayWorkflowHistory(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), history); err != nil {
				t.Error(err)
			}
			if spans := shown.GetSpans(); len(spans) > 0 {
				t.Errorf("%d spans were shown once more: %s", len(spans), spans[0].Name)
			}
		})
	}
}
