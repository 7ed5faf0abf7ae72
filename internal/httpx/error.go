package httpx

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what a failed request means, whoever answered it.
type Kind string

// The kinds of failure. A request of a retryable kind may succeed when it is sent
// again later; one of another kind won't until somebody changes something.
const (
	// KindNetwork: no answer (connection refused or reset, time-out, unknown host).
	KindNetwork Kind = "Network"
	// KindServer: the peer answered 5xx.
	KindServer Kind = "ServerError"
	// KindRateLimited: the peer answered 429; Error.RetryAfter says how long.
	KindRateLimited Kind = "RateLimited"
	// KindBadAnswer: the answer is cut off, too long, malformed or contradicts itself.
	KindBadAnswer Kind = "BadAnswer"
	// KindUnauthorized: 401 or 403; the token or its permissions are at fault.
	KindUnauthorized Kind = "Unauthorized"
	// KindNotFound: 404; the address or the record is at fault.
	KindNotFound Kind = "NotFound"
	// KindConflict: the record exists already (a unique name is taken).
	KindConflict Kind = "Conflict"
	// KindRefused: any other 4xx; this request, often one row, is at fault.
	KindRefused Kind = "Refused"
	// KindContract: the answer is well-formed, but not of a known shape; to go on
	// would be to guess.
	KindContract Kind = "UnknownShape"
	// KindConfig: a setting is wrong, as seen before the request or by its answer.
	KindConfig Kind = "Configuration"
	// KindStopping: the worker is shutting down and the request was not sent.
	KindStopping Kind = "WorkerStopping"
)

// Retryable reports whether sending the same request later may succeed.
func (k Kind) Retryable() bool {
	switch k {
	case KindNetwork, KindServer, KindRateLimited, KindBadAnswer, KindStopping:
		return true
	}
	return false
}

// Declined reports whether the peer answered and does not understand or does not
// do what it was asked, rather than being out, busy or closed to us.
func (k Kind) Declined() bool {
	switch k {
	case KindRefused, KindNotFound, KindContract, KindConflict:
		return true
	}
	return false
}

// Causes that a caller tells from others of their Kind.
var (
	// ErrSingledOut: one request gets 429 again and again while another is
	// answered. The kind is KindServer, since nobody else needs to wait.
	ErrSingledOut = errors.New("answered 429 again and again, while another request was answered")
	// ErrUnconfirmed: an assignment got an empty answer. The kind is KindBadAnswer.
	ErrUnconfirmed = errors.New("the answer is empty, so nothing tells what was assigned")
)

// Error is a failed request. Its text is safe to show and to keep: it holds the
// peer, the operation and the status, and never a token, a header, a query string
// or more of a body than the peer's own error message.
type Error struct {
	Peer       string        // "Defender" or "Oomnitza"
	Op         string        // the operation: "list the streams"
	Kind       Kind          // what it means
	Status     int           // HTTP status; 0 when there was no answer
	RetryAfter time.Duration // how long the peer asked to wait; 0 when it did not say
	Message    string        // the peer's own words, bounded, one line
	Hint       string        // what the operator can do about it
	Err        error         // the cause, where there is one
	// Confirmations is how often in a row the answer has to come before it is
	// believed; 0: it is believed at once. See Confirmer.
	Confirmations int
}

// Error tells which operation failed, what came back and what to do about it.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Peer, e.Op)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": HTTP %d", e.Status)
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Hint != "" {
		b.WriteString(" (" + e.Hint + ")")
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the Kind of an error; "" when it is no failed request.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

// IsAnswer reports whether an error is an answer of the peer's, or of what
// stands before it: a redirect to a login page, which a firewall may give to a
// single request, has a status; a setting that cannot be used has none.
func IsAnswer(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status != 0
}

// IsAboutRequest reports whether a failure that trying again won't cure may be
// of this request alone: the peer has answered, whatever it said.
func IsAboutRequest(err error) bool { return IsAnswer(err) || KindOf(err) == KindContract }

// IsUnknownShape reports whether an answer that succeeded has rows of a shape
// that nobody knows.
func IsUnknownShape(err error) bool { return KindOf(err) == KindContract && !IsAnswer(err) }

// IsDenial reports whether a request was answered with a denial, or with a page
// that is not the API's.
func IsDenial(err error) bool {
	kind := KindOf(err)
	return kind == KindUnauthorized || kind == KindConfig && IsAnswer(err)
}
