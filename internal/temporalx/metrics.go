package temporalx

import (
	"context"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
)

// latencyBuckets are in seconds, from a quick poll to a request that ran into its
// time limit. The defaults of the library are meant for milliseconds.
var latencyBuckets = []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600}

// Metrics collects the SDK's metrics and ours, and serves them to Prometheus.
type Metrics struct {
	address  string
	registry *prometheus.Registry
	provider metric.MeterProvider
}

// NewMetrics prepares the metrics for the address to serve them on. With "" nothing
// is collected.
func NewMetrics(address string) (*Metrics, error) {
	m := &Metrics{address: address, registry: prometheus.NewRegistry(), provider: noop.NewMeterProvider()}
	if address == "" {
		return m, nil
	}
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(m.registry), otelprometheus.WithoutScopeInfo(), otelprometheus.WithoutTargetInfo())
	if err != nil {
		return nil, fmt.Errorf("set up metrics: %w", err)
	}
	for _, c := range []prometheus.Collector{collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		if err := m.registry.Register(c); err != nil {
			return nil, fmt.Errorf("set up metrics: %w", err)
		}
	}
	m.provider = sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter), sdkmetric.WithView(sdkmetric.NewView(
		sdkmetric.Instrument{Kind: sdkmetric.InstrumentKindHistogram},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: latencyBuckets}},
	)))
	return m, nil
}

// Handler returns the handler that the SDK reports its metrics to.
func (m *Metrics) Handler() client.MetricsHandler {
	if m.address == "" {
		return client.MetricsNopHandler
	}
	return opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter:                m.NewMeter("temporal-sdk-go"),
		OnError:              func(error) {}, // a metric that cannot be recorded is no reason to stop
		UseMonotonicCounters: true,
	})
}

// NewMeter returns a meter for our own instruments. Without an address they record
// nothing.
func (m *Metrics) NewMeter(name string) metric.Meter { return m.provider.Meter(name) }

// Registerer takes further metrics to serve.
func (m *Metrics) Registerer() prometheus.Registerer { return m.registry }

// IsOn reports whether there is an address to serve metrics on.
func (m *Metrics) IsOn() bool { return m.address != "" }

// ServeHTTP answers a scrape.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

// Serve serves /metrics until the context ends. Without an address it returns at
// once.
func (m *Metrics) Serve(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m)
	return listenAndServe(ctx, "METRICS_ADDRESS", m.address, mux)
}
