package httpx

import (
	"context"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"defendersync/internal/tracing"
)

// span shows a call in the trace of the work that makes it. What it tells is the
// operation, the peer and how the call went: no host, query, header or body, and of the
// path only the API's own words. The peer is not told of the trace.
type span struct {
	tracing.Call
	call Call
}

func (c Call) startSpan(ctx context.Context) span { return span{tracing.StartCall(ctx), c} }

// end ends the span of a call by its answer's status, or by its error.
func (s span) end(status int, err error) {
	if !s.IsOn() {
		return
	}
	kind := string(KindOf(err))
	if err != nil && kind == "" {
		kind = "GivenUp" // by the caller
	}
	s.End(s.call.Peer+": "+s.call.Op, kind, s.call.Resent > 0, func() []attribute.KeyValue {
		var e *Error
		if errors.As(err, &e) {
			status = e.Status
		}
		return s.call.describe(status)
	})
}

// describe gives the attributes of a call.
func (c Call) describe(status int) []attribute.KeyValue {
	method := c.Method
	if method == "" {
		method = "GET"
	}
	out := []attribute.KeyValue{
		tracing.KeyPeer.String(c.Peer), tracing.KeyMethod.String(method), tracing.KeyRoute.String(c.route()),
	}
	if waited := c.Waited.Milliseconds(); waited > 0 {
		out = append(out, tracing.KeyWaited.Int64(waited))
	}
	if status != 0 {
		out = append(out, tracing.KeyStatus.Int(status))
	}
	if c.Resent > 0 {
		out = append(out, tracing.KeyResent.Int(c.Resent))
	}
	return out
}

// route is the path of a call with {id} in the place of all but the API's own words.
func (c Call) route() string {
	u, err := url.Parse(c.URL)
	if err != nil {
		return ""
	}
	parts := strings.Split(u.EscapedPath(), "/")
	for i, part := range parts {
		if part != "" && !slices.Contains(c.Words, part) {
			parts[i] = "{id}"
		}
	}
	return strings.Join(parts, "/")
}

// spanBody ends the span of a call whose answer is read as it arrives.
type spanBody struct {
	io.ReadCloser
	span   span
	status int
	failed error // what a read ended with, other than the end
	closed bool
}

// Read implements io.Reader.
func (b *spanBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		b.failed = err
	}
	return n, err
}

// Close implements io.Closer.
func (b *spanBody) Close() error {
	if !b.closed {
		b.closed = true
		err := b.failed
		if err != nil {
			err = &Error{Kind: KindNetwork, Status: b.status, Err: err}
		}
		b.span.end(b.status, err)
	}
	return b.ReadCloser.Close()
}
