package otlp

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/uuid"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"defendersync/internal/config"
)

// scope names the instrumentation of the spans.
const scope = "defendersync"

// Process tells whose spans they are.
type Process struct {
	Name        string // of the service, unless OTEL_SERVICE_NAME names another
	Version     string
	Integration string
}

// Provider sends spans until it is closed. A nil Provider sends none.
type Provider struct {
	sdk *sdktrace.TracerProvider
}

// Open prepares to send spans by the settings, which are to be valid. It connects to
// nobody. tell is told when the collector cannot be reached, and when it can again. Where
// the settings don't ask for traces, the Provider is nil.
func Open(s config.Traces, p Process, tell func(string)) (*Provider, error) {
	if !s.IsOn() {
		return nil, nil
	}
	exporter, err := newExporter(s)
	if err != nil {
		return nil, fmt.Errorf("set up traces: %w", err)
	}
	watched := &watchedExporter{SpanExporter: exporter, tell: tell, hint: s.Describe()}
	// What else the library has to say is not for our logs: it may quote the collector.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	otel.SetLogger(logr.Discard())
	return &Provider{sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(watched),
		sdktrace.WithSampler(newSampler(s)),
		sdktrace.WithIDGenerator(newIDs{}),
		sdktrace.WithResource(newResource(s, p)),
	)}, nil
}

// Tracer makes spans; nil from a nil Provider.
func (p *Provider) Tracer() trace.Tracer {
	if p == nil {
		return nil
	}
	return p.sdk.Tracer(scope)
}

// Close sends what is left, for at most a time.
func (p *Provider) Close(limit time.Duration) {
	if p == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	_ = p.sdk.Shutdown(ctx) // whether it came through has been told
}

// newSampler is the sampler of OTEL_TRACES_SAMPLER.
func newSampler(s config.Traces) sdktrace.Sampler {
	name, parentBased := strings.CutPrefix(s.Sampler, "parentbased_")
	root := sdktrace.AlwaysSample()
	switch name {
	case "always_off":
		root = sdktrace.NeverSample()
	case "traceidratio":
		root = sdktrace.TraceIDRatioBased(s.Ratio())
	}
	if parentBased {
		return sdktrace.ParentBased(root)
	}
	return root
}

// newResource describes the process. Nothing of the machine or of who runs it is read.
func newResource(s config.Traces, p Process) *resource.Resource {
	own := []attribute.KeyValue{
		attribute.String("service.name", p.Name), attribute.String("service.version", p.Version),
		attribute.String("service.instance.id", uuid.NewString()),
		attribute.String("telemetry.sdk.name", "opentelemetry"), attribute.String("telemetry.sdk.language", "go"),
		attribute.String("telemetry.sdk.version", otel.Version()),
	}
	if p.Integration != "" {
		own = append(own, attribute.String("defendersync.integration", p.Integration))
	}
	for key, value := range s.ResourceAttributes() {
		own = append(own, attribute.String(key, value)) // a later one of a key goes before
	}
	if s.ServiceName != "" {
		own = append(own, attribute.String("service.name", s.ServiceName))
	}
	return resource.NewSchemaless(own...)
}
