package otlp

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc/credentials"

	"defendersync/internal/config"
	"defendersync/internal/httpx"
	"defendersync/internal/mask"
)

// newExporter makes the exporter of the protocol. It connects to nobody.
func newExporter(s config.Traces) (sdktrace.SpanExporter, error) {
	if s.Protocol == config.ProtocolGRPC {
		return newGRPCExporter(s)
	}
	client, err := httpx.NewHTTPClient(httpx.TransportOptions{Timeout: s.TimeLimit(), CAFile: s.CAFile})
	if err != nil {
		return nil, err
	}
	pair, err := clientCertificate(s)
	if err != nil {
		return nil, err
	}
	client.Transport.(*http.Transport).TLSClientConfig.Certificates = pair
	options := []otlptracehttp.Option{
		otlptracehttp.WithEndpointURL(s.URL()), otlptracehttp.WithHeaders(s.HeaderFields()),
		otlptracehttp.WithTimeout(s.TimeLimit()), otlptracehttp.WithHTTPClient(client),
	}
	if s.Compression == "gzip" {
		options = append(options, otlptracehttp.WithCompression(otlptracehttp.GzipCompression))
	}
	return otlptracehttp.New(context.Background(), options...)
}

func newGRPCExporter(s config.Traces) (sdktrace.SpanExporter, error) {
	options := []otlptracegrpc.Option{
		otlptracegrpc.WithEndpointURL(s.URL()), otlptracegrpc.WithHeaders(s.HeaderFields()), otlptracegrpc.WithTimeout(s.TimeLimit()),
	}
	if s.Compression == "gzip" {
		options = append(options, otlptracegrpc.WithCompressor("gzip"))
	}
	if s.IsEncrypted() {
		roots, err := httpx.CertPool(s.CAFile)
		if err != nil {
			return nil, err
		}
		pair, err := clientCertificate(s)
		if err != nil {
			return nil, err
		}
		options = append(options, otlptracegrpc.WithTLSCredentials(credentials.NewTLS(&tls.Config{RootCAs: roots, Certificates: pair, MinVersion: tls.VersionTLS12})))
	}
	return otlptracegrpc.New(context.Background(), options...)
}

// clientCertificate is what this process shows to a collector that asks for it.
func clientCertificate(s config.Traces) ([]tls.Certificate, error) {
	if s.ClientCert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(s.ClientCert, s.ClientKey)
	if err != nil {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, OTEL_EXPORTER_OTLP_CLIENT_KEY: %w", err)
	}
	return []tls.Certificate{pair}, nil
}

// reminder is how often a collector that stays out of reach is told of.
const reminder = time.Hour

// watchedExporter tells, once, that spans cannot be delivered, and that they can again.
type watchedExporter struct {
	sdktrace.SpanExporter
	tell func(string)
	hint string

	mu   sync.Mutex
	told time.Time // zero: nothing is wrong
	lost int
}

// ExportSpans implements sdktrace.SpanExporter.
func (w *watchedExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := w.SpanExporter.ExportSpans(ctx, spans)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil && w.told.IsZero():
	case err == nil:
		w.tell(fmt.Sprintf("traces are delivered again; at least %d spans were lost", w.lost))
		w.told, w.lost = time.Time{}, 0
	default:
		w.lost += len(spans)
		if time.Since(w.told) > reminder {
			w.told = time.Now()
			w.tell("traces are not delivered: " + httpx.Clip(mask.Text(err.Error())) + " (" + w.hint + "); nothing else is affected")
		}
	}
	return nil
}
