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

	"defendersync/internal/mask"
	"defendersync/internal/ratelimit"
)

// Call is one request.
type Call struct {
	Peer    string      // who is asked, for errors: "Defender"
	Op      string      // what is being done, for errors: "list the streams"
	Method  string      // HTTP method; "" is GET
	URL     string      // address with query
	Header  http.Header // sent beside the defaults and instead of them; may hold secrets
	Body    any         // sent as JSON; nil sends none
	MaxBody int64       // most bytes of an answer; 0: DefaultMaxBody
	Private []string    // what is sent about a person, which no error is to repeat
}

// Answer is a 2xx answer, read whole.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do sends a call and reads the answer whole. Whatever goes wrong at the peer
// or on the way there, a status of 300 and up included, is an *Error; when ctx
// ended, its error comes back wrapped instead, since that is the caller's own
// doing.
func Do(ctx context.Context, client *http.Client, call Call) (*Answer, error) {
	resp, err := DoStream(ctx, client, call)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	limit := call.MaxBody
	if limit <= 0 {
		limit = DefaultMaxBody
	}
	body, err := readAll(resp, limit)
	if err != nil {
		return nil, call.readError(ctx, resp.StatusCode, err)
	}
	return &Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

// DoStream sends a call and returns the 2xx answer unread, for lists too long
// to hold. The caller reads and closes the body, and hands a failure to read
// to ReadError. Errors are those of Do.
func DoStream(ctx context.Context, client *http.Client, call Call) (*http.Response, error) {
	req, err := call.newRequest(ctx)
	if err != nil {
		return nil, err
	}
	resp, err := sendPatiently(client, req)
	if err != nil {
		return nil, call.sendError(ctx, client, err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		resp.Body = newTextBody(resp, false)
		defer resp.Body.Close()
		return nil, call.statusError(resp)
	}
	text := newTextBody(resp, true)
	resp.Body = text
	if text.peekFirst() == '<' {
		defer resp.Body.Close()
		// What can be read of it tells which page it is.
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
		return nil, call.htmlError(resp.StatusCode, body)
	}
	return resp, nil
}

// ReadError is what a failure to read or to decode a body that DoStream
// returned means: an answer that was cut off, an answer that isn't JSON, or
// the network.
func ReadError(ctx context.Context, call Call, err error) error {
	return call.readError(ctx, http.StatusOK, err)
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

// statusError makes the error of an answer that isn't 2xx.
func (c Call) statusError(resp *http.Response) error {
	// A body that breaks off still tells something; the status tells the rest.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	e := &Error{
		Peer: c.Peer, Op: c.Op, Status: resp.StatusCode,
		Kind:    kindOfStatus(resp.StatusCode),
		Message: findMessage(body, c.redactText),
	}
	// Seconds in other bodies may be of something else: "timed out after 30 seconds".
	var said []byte
	if e.Kind == KindRateLimited || strings.Contains(strings.ToLower(e.Message), "throttled") {
		said = body
	}
	e.RetryAfter, _ = ratelimit.RetryAfter(resp.Header, said, time.Now())
	switch {
	case resp.StatusCode < 400:
		c.describeRedirect(resp, e)
	case resp.StatusCode == http.StatusProxyAuthRequired:
		e.Hint, e.Looks = hintProxyLogin, confirmElsewhere
	case looksLikeHTML(body):
		e.Hint = hintHTML
	}
	return e
}

// describeRedirect makes the error of a redirect. It names the host alone: the rest
// of the address may hold anything.
func (c Call) describeRedirect(resp *http.Response, e *Error) {
	e.Looks = confirmElsewhere
	e.Message = "it redirects elsewhere"
	if to, err := resp.Location(); err == nil {
		e.Message = clipText("it redirects to "+to.Scheme+"://"+to.Host, c.redactText)
	}
	e.Hint = "check the URL in the settings: the API itself does not redirect; a login page may stand in between"
}

// kindOfStatus says what a status that isn't 2xx means.
func kindOfStatus(status int) Kind {
	switch {
	case status < 400, status == http.StatusProxyAuthRequired:
		return KindConfig
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return KindUnauthorized
	case status == http.StatusNotFound:
		return KindNotFound
	case status == http.StatusConflict:
		return KindConflict
	case status == http.StatusTooManyRequests:
		return KindRateLimited
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status >= 500:
		return KindServer
	}
	return KindRefused
}

// htmlError makes the error of a web page that came with a 2xx: an outage's,
// which passes, or a login page, which no waiting cures once it keeps coming.
func (c Call) htmlError(status int, body []byte) error {
	e := &Error{Peer: c.Peer, Op: c.Op, Kind: KindBadAnswer, Status: status, Message: findMessage(body, c.redactText), Hint: hintHTML}
	if isLogin(body) {
		e.Kind, e.Looks = KindConfig, confirmElsewhere
	}
	return e
}

// redactText takes out of the peer's words this process's secrets, those of the
// call itself, and what was sent about a person, should it repeat them.
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

func isSecret(header string) bool {
	key := strings.ToLower(header)
	return strings.HasPrefix(key, "authorization") || strings.Contains(key, "token") || key == "cookie"
}
