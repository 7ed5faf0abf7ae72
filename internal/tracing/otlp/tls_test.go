package otlp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"defendersync/internal/config"
)

// strict is a collector that counts deliveries, of clients with a certificate alone.
type strict struct {
	collectorpb.UnimplementedTraceServiceServer
	taken atomic.Int32
}

// Export implements collectorpb.TraceServiceServer.
func (s *strict) Export(context.Context, *collectorpb.ExportTraceServiceRequest) (*collectorpb.ExportTraceServiceResponse, error) {
	s.taken.Add(1)
	return &collectorpb.ExportTraceServiceResponse{}, nil
}

// ServeHTTP implements http.Handler.
func (s *strict) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	s.taken.Add(1)
}

// start starts the collector for a protocol. Its certificate is its own authority, and
// the client's, too.
func (s *strict) start(t *testing.T, protocol string) (url string, pair tls.Certificate) {
	t.Helper()
	server := httptest.NewUnstartedServer(s)
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	pair = server.TLS.Certificates[0]
	if protocol == config.ProtocolHTTP {
		return server.URL, pair
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	rpc := grpc.NewServer(grpc.Creds(credentials.NewTLS(&tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAnyClientCert})))
	collectorpb.RegisterTraceServiceServer(rpc, s)
	go func() { _ = rpc.Serve(listener) }()
	t.Cleanup(rpc.Stop)
	return "https://" + listener.Addr().String(), pair
}

// writePEM writes a certificate and its key to files.
func writePEM(t *testing.T, pair tls.Certificate) (cert, key string) {
	t.Helper()
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	secret, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestTracesGoOverTLSWithACertificateOfTheClient(t *testing.T) {
	for _, protocol := range []string{config.ProtocolGRPC, config.ProtocolHTTP} {
		for name, known := range map[string]bool{"with its certificates": true, "without": false} {
			t.Run(protocol+" "+name, func(t *testing.T) {
				to := &strict{}
				url, pair := to.start(t, protocol)
				settings := []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + url, "OTEL_EXPORTER_OTLP_PROTOCOL=" + protocol, "OTEL_EXPORTER_OTLP_TIMEOUT=30000"}
				if known {
					cert, key := writePEM(t, pair)
					settings = append(settings, "OTEL_EXPORTER_OTLP_CERTIFICATE="+cert, "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE="+cert, "OTEL_EXPORTER_OTLP_CLIENT_KEY="+key)
				}
				p, told := open(t, settings...)
				_, span := p.Tracer().Start(t.Context(), "span")
				span.End()
				limit := 500 * time.Millisecond
				if known {
					limit = 30 * time.Second
				}
				p.Close(limit)
				if got := to.taken.Load() > 0; got != known {
					t.Errorf("the collector took spans: %v; told was %q", got, told())
				}
			})
		}
	}
}
