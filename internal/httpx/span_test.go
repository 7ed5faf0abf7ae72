package httpx

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"defendersync/internal/tracing"
)

// shown is a context in which calls are shown, and the spans that are.
func shown(t *testing.T) (context.Context, func() tracetest.SpanStubs) {
	t.Helper()
	spans := tracetest.NewInMemoryExporter()
	ctx, _ := tracing.Begin(t.Context(), sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)).Tracer("test"), "work")
	return ctx, spans.GetSpans
}

// peerOf is a peer that answers each path in its way, and keeps what it was sent.
func peerOf(t *testing.T) (url string, headers *http.Header) {
	t.Helper()
	headers = &http.Header{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		maps.Copy(*headers, r.Header)
		switch {
		case strings.HasSuffix(r.URL.Path, "/cut"):
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "[1")
		case strings.HasSuffix(r.URL.Path, "/refused"):
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"message": "jane.doe@contoso.com is not known"}`)
		default:
			_, _ = io.WriteString(w, "[1]")
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, headers
}

func TestACallIsShownWithoutWhatItIsAbout(t *testing.T) {
	url, headers := peerOf(t)
	ctx, spans := shown(t)
	call := Call{
		Peer: "Oomnitza", Op: "read a thing", URL: url + "/api/v3/people/jane.doe%40contoso.com/refused?filter=jane.doe", Header: http.Header{"Authorization": {"t0ken"}},
		Words: []string{"api", "v3", "people", "refused"}, Waited: 1500 * time.Millisecond, Resent: 2,
	}
	if _, err := Do(ctx, http.DefaultClient, call); KindOf(err) != KindRefused {
		t.Fatal(err)
	}
	got := spans()
	if len(got) != 1 || got[0].Name != "Oomnitza: read a thing" || got[0].Status.Description != "" || len(got[0].Events) != 0 {
		t.Fatalf("the spans are %+v", got)
	}
	attributes := map[string]string{}
	for _, a := range got[0].Attributes {
		attributes[string(a.Key)] = a.Value.String()
	}
	want := map[string]string{
		"peer.service": "Oomnitza", "http.request.method": "GET", "url.template": "/api/v3/people/{id}/refused", "http.response.status_code": "400",
		"defendersync.waited_ms": "1500", "http.request.resend_count": "2", "error.type": "Refused",
	}
	if !maps.Equal(attributes, want) {
		t.Errorf("the attributes are %v", attributes)
	}
	if headers.Get("Authorization") == "" || headers.Get("Traceparent") != "" || headers.Get("Tracestate") != "" || headers.Get("Baggage") != "" {
		t.Errorf("the peer was sent %v", *headers)
	}
}

func TestTheSpanOfAStreamEndsWithItsBody(t *testing.T) {
	url, _ := peerOf(t)
	for path, kind := range map[string]string{"/good": "", "/cut": "Network"} {
		ctx, spans := shown(t)
		resp, err := DoStream(ctx, http.DefaultClient, Call{Peer: "Oomnitza", Op: "stream", URL: url + path})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.ReadAll(resp.Body)
		if n := len(spans()); n != 0 {
			t.Errorf("%s: %d spans are shown before the end", path, n)
		}
		resp.Body.Close()
		resp.Body.Close()
		got := spans()
		if len(got) != 1 {
			t.Fatalf("%s: %d spans are shown", path, len(got))
		}
		is := ""
		for _, a := range got[0].Attributes {
			if a.Key == tracing.KeyErrorType {
				is = a.Value.AsString()
			}
		}
		if is != kind {
			t.Errorf("%s: the kind is %q, not %q", path, is, kind)
		}
	}
}

func TestACallThatItsCallerGivesUpIsShownAsSuch(t *testing.T) {
	url, _ := peerOf(t)
	ctx, spans := shown(t)
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := Do(ctx, http.DefaultClient, Call{Peer: "Defender", Op: "ask", URL: url}); err == nil {
		t.Fatal("it succeeded")
	}
	got := spans()
	if len(got) != 1 || got[0].Attributes[len(got[0].Attributes)-1].Value.AsString() != "GivenUp" {
		t.Errorf("the spans are %+v", got)
	}
}
