package httpx

import (
	"io"
	"net/http"
	"strings"
	"time"

	"defendersync/internal/ratelimit"
)

// statusError returns the error of an answer that isn't 2xx.
func (c Call) statusError(resp *http.Response) error {
	// A body that breaks off still tells something; the status tells the rest.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	e := &Error{
		Peer: c.Peer, Op: c.Op, Status: resp.StatusCode,
		Kind:    kindOfStatus(resp.StatusCode),
		Message: findMessage(body, c.redactText),
	}
	// Seconds in other bodies may be of something else: "timed out after 30 seconds".
	var limited []byte
	if e.Kind == KindRateLimited || strings.Contains(strings.ToLower(e.Message), "throttled") {
		limited = body
	}
	e.RetryAfter, _ = ratelimit.RetryAfter(resp.Header, limited, time.Now())
	if e.Status < 400 {
		c.describeRedirect(resp, e)
	} else if e.Status == http.StatusProxyAuthRequired {
		e.Hint, e.Confirmations = hintProxyLogin, confirmElsewhere
	} else if looksLikeHTML(body) {
		e.Hint = hintHTML
	}
	return e
}

// describeRedirect makes an error that of a redirect. It names the host alone: the
// rest of the address may hold anything.
func (c Call) describeRedirect(resp *http.Response, e *Error) {
	e.Confirmations = confirmElsewhere
	e.Message = "it redirects elsewhere"
	if to, err := resp.Location(); err == nil {
		e.Message = clipText("it redirects to "+to.Scheme+"://"+to.Host, c.redactText)
	}
	e.Hint = "check the URL in the settings: the API itself does not redirect; a login page may stand in between"
}

// kindOfStatus returns what a status that isn't 2xx means.
func kindOfStatus(status int) Kind {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return KindUnauthorized
	case http.StatusNotFound:
		return KindNotFound
	case http.StatusProxyAuthRequired:
		return KindConfig
	case http.StatusConflict:
		return KindConflict
	case http.StatusTooManyRequests:
		return KindRateLimited
	case http.StatusRequestTimeout, http.StatusTooEarly:
		return KindServer
	}
	if status < 400 {
		return KindConfig
	}
	if status >= 500 {
		return KindServer
	}
	return KindRefused
}

// htmlError returns the error of a web page that came with a 2xx: an outage's, which
// passes, or a login page, which no waiting cures if it keeps coming.
func (c Call) htmlError(status int, body []byte) error {
	e := &Error{Peer: c.Peer, Op: c.Op, Kind: KindBadAnswer, Status: status, Message: findMessage(body, c.redactText), Hint: hintHTML}
	if isLogin(body) {
		e.Kind, e.Confirmations = KindConfig, confirmElsewhere
	}
	return e
}
