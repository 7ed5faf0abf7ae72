// Package otlptest is a collector of traces within a test: it takes OTLP over HTTP and
// gRPC, keeps what it is sent, and can refuse, stall or go away.
package otlptest

import (
	"compress/gzip"
	"context"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	_ "google.golang.org/grpc/encoding/gzip" // understood
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// Span is a span as it arrived.
type Span struct {
	*tracepb.Span
	Attributes map[string]string
	Resource   map[string]string
}

// ID is the span's id, and ParentID that of the span above it; "": none.
func (s Span) ID() string       { return hex.EncodeToString(s.SpanId) }
func (s Span) ParentID() string { return hex.EncodeToString(s.ParentSpanId) }

// Trace is the id of the span's trace.
func (s Span) Trace() string { return hex.EncodeToString(s.TraceId) }

// Receiver is a collector. It is safe for concurrent use.
type Receiver struct {
	collector.UnimplementedTraceServiceServer
	HTTP, GRPC string // URLs

	mu       sync.Mutex
	contacts int
	headers  []http.Header
	requests []*collector.ExportTraceServiceRequest
	refusal  string        // what every delivery is refused with; "": none is
	stall    chan struct{} // closed: deliveries are answered
	web      *http.Server
	rpc      *grpc.Server
}

// Start starts a receiver on free ports of this machine.
func Start() (*Receiver, error) {
	r := &Receiver{stall: make(chan struct{})}
	close(r.stall)
	web, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	rpc, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		_ = web.Close()
		return nil, err
	}
	r.HTTP, r.GRPC = "http://"+web.Addr().String(), "http://"+rpc.Addr().String()
	r.web = &http.Server{Handler: http.HandlerFunc(r.takeHTTP)}
	r.rpc = grpc.NewServer()
	collector.RegisterTraceServiceServer(r.rpc, r)
	go func() { _ = r.web.Serve(&counted{web, r}) }()
	go func() { _ = r.rpc.Serve(&counted{rpc, r}) }()
	return r, nil
}

// Stop ends it, whatever is under way.
func (r *Receiver) Stop() {
	r.Answer()
	_ = r.web.Close()
	r.rpc.Stop()
}

// counted counts who connects.
type counted struct {
	net.Listener
	to *Receiver
}

// Accept implements net.Listener.
func (c *counted) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.to.mu.Lock()
		c.to.contacts++
		c.to.mu.Unlock()
	}
	return conn, err
}

// Refuse has every further delivery refused with a message, over HTTP as 400 and over
// gRPC as InvalidArgument; with "" deliveries are taken again.
func (r *Receiver) Refuse(message string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refusal = message
}

// Stall leaves every further delivery without an answer, until Answer.
func (r *Receiver) Stall() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stall = make(chan struct{})
}

// Answer ends a Stall.
func (r *Receiver) Answer() {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.stall:
	default:
		close(r.stall)
	}
}

// Contacts is how often somebody has connected.
func (r *Receiver) Contacts() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.contacts
}

// Headers are those of each delivery; over gRPC its metadata.
func (r *Receiver) Headers() []http.Header {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.headers)
}

// Requests are the deliveries as they arrived.
func (r *Receiver) Requests() []*collector.ExportTraceServiceRequest {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

// Spans are the spans that arrived, in the order of their beginning.
func (r *Receiver) Spans() []Span {
	var out []Span
	for _, request := range r.Requests() {
		for _, group := range request.ResourceSpans {
			whose := readAttributes(group.GetResource().GetAttributes())
			for _, scope := range group.ScopeSpans {
				for _, s := range scope.Spans {
					out = append(out, Span{s, readAttributes(s.Attributes), whose})
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Span) int {
		return int(int64(a.StartTimeUnixNano) - int64(b.StartTimeUnixNano))
	})
	return out
}

func readAttributes(list []*commonpb.KeyValue) map[string]string {
	out := map[string]string{}
	for _, a := range list {
		switch v := a.GetValue().GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			out[a.Key] = v.StringValue
		case *commonpb.AnyValue_IntValue:
			out[a.Key] = strconv.FormatInt(v.IntValue, 10)
		default:
			out[a.Key] = a.GetValue().String()
		}
	}
	return out
}

// take keeps a delivery, or says why not.
func (r *Receiver) take(ctx context.Context, header http.Header, request *collector.ExportTraceServiceRequest) string {
	r.mu.Lock()
	stall := r.stall
	r.mu.Unlock()
	select {
	case <-stall:
	case <-ctx.Done():
		return "given up"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.headers = append(r.headers, header)
	if r.refusal == "" {
		r.requests = append(r.requests, request)
	}
	return r.refusal
}

// Export implements collector.TraceServiceServer.
func (r *Receiver) Export(ctx context.Context, request *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	header := http.Header{}
	for key, values := range md {
		header[http.CanonicalHeaderKey(key)] = values
	}
	if refused := r.take(ctx, header, request); refused != "" {
		return nil, status.Error(codes.InvalidArgument, refused)
	}
	return &collector.ExportTraceServiceResponse{}, nil
}

// takeHTTP takes a delivery over HTTP.
func (r *Receiver) takeHTTP(w http.ResponseWriter, q *http.Request) {
	request, err := readRequest(q)
	if err != nil || q.URL.Path != "/v1/traces" || q.Method != http.MethodPost {
		http.Error(w, "not a delivery of traces", http.StatusNotFound)
		return
	}
	if refused := r.take(q.Context(), q.Header, request); refused != "" {
		http.Error(w, refused, http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func readRequest(q *http.Request) (*collector.ExportTraceServiceRequest, error) {
	var body io.Reader = q.Body
	if q.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = unpacked
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	request := &collector.ExportTraceServiceRequest{}
	return request, proto.Unmarshal(text, request)
}
