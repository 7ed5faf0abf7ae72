package notify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/mask"
	"defendersync/internal/ratelimit"
)

// BodyVersion is the version of the webhook's body. A version may gain fields, but
// none is renamed or removed.
const BodyVersion = 1

// body is the JSON that is posted to the webhook.
type body struct {
	Version int             `json:"version"`
	Text    string          `json:"text"` // what chats show
	Notice  contract.Notice `json:"notice"`
}

// maxAnswer bounds how much of an answer is read, in bytes.
const maxAnswer = 16 << 10

// PostNotice posts a notice to the webhook in its format. outdated is as in
// contract.DeliverNoticeParams. A resend has the same header Idempotency-Key. Errors
// are *Error, or the context's error, wrapped.
func (n *Notifier) PostNotice(ctx context.Context, what contract.Notice, outdated ...string) error {
	const op = "post the notice"
	if n.webhook == nil {
		return newUnset(Webhook, op)
	}
	what.Read = false
	messages, err := n.webhook.writeMessages(what, outdated)
	if err != nil {
		return err
	}
	for i, m := range messages {
		if err := n.sendCall(ctx, call{Webhook, op, n.webhook.target, http.MethodPost, headerOf(what, i), m.body, m.line, false}); err != nil {
			return err
		}
	}
	return nil
}

// SendPing requests the ping URL, which reports a completed session to the
// monitoring service. Errors are those of PostNotice.
func (n *Notifier) SendPing(ctx context.Context) error {
	return n.sendCall(ctx, call{Ping, "report the completed session", n.ping, http.MethodGet, nil, nil, "", false})
}

// CheckWebhook sends a HEAD request for the front page of the webhook's host; any
// answer counts as success. Whether the URL itself is right shows only when a
// notice is posted. Errors are those of PostNotice.
func (n *Notifier) CheckWebhook(ctx context.Context) error {
	var t *target
	if w := n.webhook; w != nil {
		t = &target{setting: w.setting, url: &url.URL{Scheme: w.url.Scheme, Host: w.url.Host, Path: "/"}}
	}
	return n.sendCall(ctx, call{Webhook, "reach the host", t, http.MethodHead, nil, nil, "", true})
}

// headerKey returns a key that a header can hold: keys with other characters are
// hashed.
func headerKey(key string) string {
	if key != "" && !strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// call is one request to a target.
type call struct {
	channel   Channel
	op        string
	target    *target
	method    string
	header    http.Header
	body      []byte
	line      string // part of the body that an answer may repeat
	anyAnswer bool   // every status counts as success
}

// newUnset is the error of a channel that is not configured.
func newUnset(channel Channel, op string) error {
	return &Error{Channel: channel, Op: op, Permanent: true, Err: errors.New("no URL is configured"),
		Hint: fmt.Sprintf("set NOTIFY_%s_URL", strings.ToUpper(string(channel)))}
}

func (n *Notifier) sendCall(ctx context.Context, c call) error {
	if c.target == nil {
		return newUnset(c.channel, c.op)
	}
	req, err := http.NewRequestWithContext(ctx, c.method, c.target.url.String(), bytes.NewReader(c.body))
	if err != nil {
		return &Error{Channel: c.channel, Op: c.op, Permanent: true, Err: errors.New("invalid URL"), Hint: "check " + c.target.setting}
	}
	for key, values := range c.header {
		req.Header[key] = values
	}
	req.Header.Set("User-Agent", "defendersync")
	resp, err := n.client.Do(req)
	if err != nil {
		return c.noAnswer(ctx, err)
	}
	defer resp.Body.Close()
	// An answer that breaks off is still judged by what came of it. A connection
	// whose answer was read to its end can be used again.
	said, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case c.anyAnswer:
		return nil
	case resp.StatusCode >= 200 && resp.StatusCode < 300:
		return c.checkConfirmed(resp, said)
	}
	return c.newRefusal(resp, said)
}

// checkConfirmed returns the error of a 2xx answer whose body reports a failure;
// nil when it reports none.
func (c call) checkConfirmed(resp *http.Response, said []byte) error {
	v := judgeBody(said, string(c.body), c.line)
	if confirms := c.target.isConfirmed; !v.failed && (confirms == nil || confirms(said)) {
		return nil
	}
	if !v.failed {
		v.says = "an answer without a confirmation: " + string(said)
	}
	e := &Error{Channel: c.channel, Op: c.op, Status: resp.StatusCode, Permanent: v.permanent, Err: errors.New("not delivered: " + httpx.Clip(mask.Text(c.target.redactURL(v.says))))}
	if !v.permanent {
		e.RetryAfter, _ = ratelimit.RetryAfter(resp.Header, said, time.Now())
	}
	e.Hint = "check " + c.target.setting + ": the receiver says that the notice was not delivered"
	if c.channel == Ping {
		e.Hint = "check " + c.target.setting + ": the service says that the ping was not counted"
	}
	return e
}

// noAnswer makes the error of a request without an answer. When the caller's
// context ended, it is the context's error, wrapped.
func (c call) noAnswer(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %s: %w", c.channel, c.op, ctx.Err())
	}
	var inner *url.Error
	if errors.As(err, &inner) {
		err = inner.Err // without the URL
	}
	e := &Error{Channel: c.channel, Op: c.op, Err: errors.New(httpx.Clip(c.target.redactURL(err.Error())))}
	var timeout interface{ Timeout() bool }
	var dns *net.DNSError
	switch permanent, hint := classifyConnection(err); {
	case errors.As(err, &dns):
		e.Hint = "check the host in " + c.target.setting + " and this machine's DNS"
	case permanent && hint == hintCA:
		e.Permanent, e.Hint = true, "this machine does not trust the host's certificate: check "+c.target.setting
	case strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		e.Permanent, e.Hint = true, "check the scheme and the port in "+c.target.setting
	case errors.As(err, &timeout) && timeout.Timeout():
		e.Err = fmt.Errorf("no answer within %v", webLimit)
	default:
		e.Hint = "check " + c.target.setting + ", and whether a firewall or proxy blocks the connection"
	}
	return e
}

// newRefusal makes the error of an answer other than 2xx.
func (c call) newRefusal(resp *http.Response, said []byte) error {
	e := &Error{Channel: c.channel, Op: c.op, Status: resp.StatusCode, Err: errors.New(mask.Text(findRefusal([]byte(c.target.redactURL(string(said))))))}
	switch status := resp.StatusCode; {
	case status < 400:
		e.Permanent, e.Err = true, errors.New("the receiver redirects to another address")
		e.Hint = "set " + c.target.setting + " to that address if you trust it"
	case passingStatus(status):
		e.RetryAfter, _ = ratelimit.RetryAfter(resp.Header, nil, time.Now())
	default:
		e.Permanent = true
		e.Hint = c.hintRefused()
	}
	return e
}

// hintRefused says what to do about a receiver that refuses what it gets.
func (c call) hintRefused() string {
	switch {
	case c.channel == Ping:
		return "check " + c.target.setting + ": it may have been revoked"
	case c.target.isConfirmed != nil:
		return "check " + c.target.setting + " and NOTIFY_PAGERDUTY_ROUTING_KEY: the integration may have been removed"
	}
	return "check " + c.target.setting + ": it may have been revoked, or the receiver expects another NOTIFY_WEBHOOK_FORMAT"
}

// findRefusal finds a refusing receiver's words: its message, and the single errors
// that some list besides it.
func findRefusal(said []byte) string {
	message := httpx.FindMessage(said)
	var listed struct{ Errors []string }
	if json.Unmarshal(said, &listed) != nil || len(listed.Errors) == 0 || slices.Contains(listed.Errors, message) {
		return message
	}
	return httpx.Clip(message + ": " + strings.Join(listed.Errors, "; "))
}

// redactURL removes the secret parts of the URL from a text that repeats them. The
// host alone is no secret.
func (t *target) redactURL(text string) string {
	password, _ := t.url.User.Password()
	secrets := append(slices.Clone(t.secrets), t.url.String(), t.url.RequestURI(), t.url.Path, t.url.RawQuery, t.url.User.Username(), password)
	secrets = append(secrets, strings.Split(t.url.Path, "/")...)
	secrets = append(secrets, strings.Split(t.url.EscapedPath(), "/")...)
	for _, values := range t.url.Query() {
		secrets = append(secrets, values...)
	}
	for _, s := range secrets {
		if len(s) >= 6 {
			text = strings.ReplaceAll(text, s, "[redacted]")
		}
	}
	return text
}

// sameHostOnly follows a redirect only if it keeps the method, the host and the
// scheme: nobody else must get the body.
func sameHostOnly(req *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > 5 || req.URL.Host != first.URL.Host || req.URL.Scheme != first.URL.Scheme || req.Method != first.Method {
		return http.ErrUseLastResponse
	}
	return nil
}
