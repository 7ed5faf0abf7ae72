package httpx

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"defendersync/internal/lease"
	"defendersync/internal/mask"
)

// Call is one request.
type Call struct {
	Peer    string      // who is asked, for errors: "Defender"
	Op      string      // the operation, for errors: "list the streams"
	Method  string      // HTTP method; "": GET
	URL     string      // address with query
	Header  http.Header // sent beside the defaults, and instead of them; may hold secrets
	Body    any         // sent as JSON; nil: none
	MaxBody int64       // most bytes of an answer; 0: DefaultMaxBody
	Private []string    // what is sent about a person, which no error may repeat

	// What a trace shows of the call besides.
	Words  []string      // the parts of the URL's path that are the API's own; others are shown as {id}
	Waited time.Duration // for its turn
	Resent int           // how often the same request was sent before
}

// Answer is a 2xx answer, read whole.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do sends a call and reads the answer whole. Whatever goes wrong at the peer or on
// the way there, a status of 300 and up included, is an *Error. When ctx ended, its
// error comes back wrapped instead, since that is the caller's own doing. With a
// lease in ctx that is lost nothing is sent.
func Do(ctx context.Context, client *http.Client, call Call) (*Answer, error) {
	span := call.startSpan(ctx)
	answer, err := call.readWhole(ctx, client)
	if err != nil {
		span.end(0, err)
		return nil, err
	}
	span.end(answer.Status, nil)
	return answer, nil
}

// readWhole sends a call and reads the answer.
func (c Call) readWhole(ctx context.Context, client *http.Client) (*Answer, error) {
	resp, err := c.send(ctx, client)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	limit := c.MaxBody
	if limit == 0 {
		limit = DefaultMaxBody
	}
	body, err := readAll(resp, limit)
	if err != nil {
		return nil, c.readError(ctx, resp.StatusCode, err)
	}
	return &Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

// DoStream sends a call and returns the 2xx answer unread, for lists that are too
// long to hold. The caller reads and closes the body, and makes the error of a
// failure to read by ReadError. Errors are those of Do.
func DoStream(ctx context.Context, client *http.Client, call Call) (*http.Response, error) {
	span := call.startSpan(ctx)
	resp, err := call.send(ctx, client)
	if err != nil {
		span.end(0, err)
		return nil, err
	}
	if span.IsOn() {
		resp.Body = &spanBody{ReadCloser: resp.Body, span: span, status: resp.StatusCode}
	}
	return resp, nil
}

// send sends a call and returns the 2xx answer unread.
func (c Call) send(ctx context.Context, client *http.Client) (*http.Response, error) {
	req, err := c.newRequest(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.checkLease(ctx); err != nil {
		return nil, err
	}
	resp, err := sendPatiently(client, req)
	if err != nil {
		return nil, c.sendError(ctx, client, err)
	}
	if resp.StatusCode/100 != 2 {
		resp.Body = newTextBody(resp, false)
		defer resp.Body.Close()
		return nil, c.statusError(resp)
	}
	text := newTextBody(resp, true)
	resp.Body = text
	if text.peekFirst() == '<' {
		defer resp.Body.Close()
		// What can be read of the page tells which one it is.
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
		return nil, c.htmlError(resp.StatusCode, body)
	}
	return resp, nil
}

// ReadError returns what a failure to read or to decode a body that DoStream
// returned means: an answer that was cut off, an answer that isn't JSON, or the
// network.
func ReadError(ctx context.Context, call Call, err error) error {
	return call.readError(ctx, http.StatusOK, err)
}

// checkLease returns an error when the work that the call is part of may have been
// given to another worker: nothing is sent for it any more, not even by a process
// that was frozen and has only just woken up.
func (c Call) checkLease(ctx context.Context) error {
	lost := lease.Of(ctx).Check()
	switch {
	case lost == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %s: %w", c.Peer, c.Op, ctx.Err())
	}
	return &Error{Peer: c.Peer, Op: c.Op, Kind: KindStopping, Err: lost}
}

func (c Call) newRequest(ctx context.Context) (*http.Request, error) {
	var body io.Reader
	if c.Body != nil {
		text, err := json.Marshal(c.Body)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: encode the request: %w", c.Peer, c.Op, err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, c.Method, c.URL, body)
	if err != nil {
		return nil, &Error{Peer: c.Peer, Op: c.Op, Kind: KindConfig, Err: c.showError(err), Hint: "check the URL in the settings"}
	}
	req.Header.Set("Accept", "application/json")
	// Asked for here, it is unpacked here, by what the body is.
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("User-Agent", "defendersync")
	if c.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for key, values := range c.Header {
		req.Header[http.CanonicalHeaderKey(key)] = values
	}
	return req, nil
}

// redactText takes out of the peer's words this process's secrets, those of the call
// itself, and what was sent about a person.
func (c Call) redactText(text string) string {
	var secrets []string
	for key, values := range c.Header {
		if isSecret(key) {
			for _, value := range values {
				secrets = append(secrets, strings.Fields(value)...)
			}
		}
	}
	return mask.Words(NewRedactor(secrets...).Redact(Redact(text)), c.Private)
}

// isSecret reports whether the value of a header is a secret.
func isSecret(header string) bool {
	key := strings.ToLower(header)
	return strings.HasPrefix(key, "authorization") || strings.Contains(key, "token") || key == "cookie"
}
