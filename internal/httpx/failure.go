package httpx

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// What an operator can do about the usual failures of a connection.
const (
	hintHTML       = "a web page came instead of data: check the URL in the settings, and whether a proxy or a login page stands in between"
	hintProxyLogin = "the proxy asks for a login: put user and password into its URL"
	hintHost       = "check the host name in the URL, and this machine's DNS"
	hintCA         = "set DEFENDER_CA_FILE or OOMNITZA_CA_FILE to the PEM file of the certificate authority"
	hintTLS        = "check the scheme and the port of the URL"
	hintRefused    = "check the URL, and whether a firewall or a proxy stands in between"
)

// sendError returns the error of a request that got no answer.
func (c Call) sendError(ctx context.Context, client *http.Client, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %s: %w", c.Peer, c.Op, ctx.Err())
	}
	e := &Error{Peer: c.Peer, Op: c.Op, Kind: KindNetwork, Err: c.showError(err)}
	var (
		timeout interface{ Timeout() bool }
		dns     *net.DNSError
		plain   tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &dns):
		e.Hint = hintHost
	case errors.As(err, &timeout) && timeout.Timeout():
		// Not wrapped: it may be a deadline's error, which would read as if the
		// caller's own context had ended.
		e.Err = errors.New("no answer in time")
		if client.Timeout != 0 {
			e.Err = fmt.Errorf("no answer within %v", client.Timeout)
		}
	case isCertificateError(err):
		e.Kind, e.Hint = KindConfig, hintCA
	case errors.As(err, &plain), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		e.Kind, e.Hint = KindConfig, hintTLS
	case strings.Contains(err.Error(), http.StatusText(http.StatusProxyAuthRequired)):
		e.Kind, e.Hint, e.Confirmations = KindConfig, hintProxyLogin, confirmElsewhere
	case isGarbled(err):
		e.Kind = KindBadAnswer
	default:
		var op *net.OpError
		if errors.As(err, &op) && op.Op == "dial" {
			e.Hint = hintRefused
		}
	}
	return e
}

// isCertificateError reports whether this machine does not trust the peer's
// certificate, which no retry cures.
func isCertificateError(err error) bool {
	var (
		verify  *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	return errors.As(err, &verify) || errors.As(err, &unknown) || errors.As(err, &host) || errors.As(err, &invalid)
}

// readError returns the error of a body that could not be read or decoded.
func (c Call) readError(ctx context.Context, status int, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %s: %w", c.Peer, c.Op, ctx.Err())
	}
	e := &Error{Peer: c.Peer, Op: c.Op, Kind: KindNetwork, Status: status, Err: c.showError(err)}
	var (
		timeout interface{ Timeout() bool }
		syntax  *jsontext.SyntacticError
		old     *json.SyntaxError
		shape   ShapeError
	)
	switch {
	case errors.Is(err, ErrTooLong), isUnreadable(err), isGarbled(err):
		e.Kind = KindBadAnswer
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		e.Kind, e.Err = KindBadAnswer, errors.New("the answer is cut off")
	case errors.As(err, &syntax), errors.As(err, &old):
		e.Kind, e.Err = KindBadAnswer, errors.New("the answer is not JSON")
	case errors.As(err, &shape):
		e.Kind, e.Confirmations, e.Err = KindContract, ConfirmShape, shape
	case errors.As(err, &timeout) && timeout.Timeout():
		e.Err = errors.New("the answer did not end in time")
	}
	return e
}

// isUnreadable reports whether a body is no text: badly packed, or in an unknown
// charset.
func isUnreadable(err error) bool {
	var broken flate.CorruptInputError
	for _, known := range []error{errLayers, errEncoding, errNotUTF8, gzip.ErrHeader, gzip.ErrChecksum} {
		if errors.Is(err, known) {
			return true
		}
	}
	return errors.As(err, &broken)
}

// garbled is how net/http says that what came is not HTTP. It has no error types
// for that.
var garbled = []string{
	"malformed HTTP", "malformed MIME header", "bad Content-Length", "invalid Content-Length", "headers exceeded", "header list",
	"unsupported transfer encoding", "malformed chunked encoding", "invalid byte in chunk length", "http chunk", "too many 1xx",
	"PROTOCOL_ERROR", "different Content-Length", "multiple Content-Length", "invalid header",
}

// isGarbled reports whether an answer came that is not HTTP, or has too long
// headers, rather than none.
func isGarbled(err error) bool {
	text := err.Error()
	return slices.ContainsFunc(garbled, func(s string) bool { return strings.Contains(text, s) })
}

// showError returns an error of net/http or net/url as it may be shown: without the
// URL, whose query may hold what no error should, and without secrets, since net/http
// quotes what it can't read.
func (c Call) showError(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if text := clipText(err.Error(), c.redactText); text != err.Error() {
		return &editedError{text, err}
	}
	return err
}

// editedError is an error in other words.
type editedError struct {
	text string
	err  error
}

// Error implements error.
func (e *editedError) Error() string { return e.text }

// Unwrap returns the error as it was.
func (e *editedError) Unwrap() error { return e.err }
