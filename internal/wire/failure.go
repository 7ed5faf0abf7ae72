package wire

import (
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
	"strings"
)

// What the operator can do about the usual troubles of a connection.
const (
	hintHTML       = "a web page came instead of data: check the URL in the settings, and whether a proxy or a login page stands in between"
	hintProxyLogin = "the proxy asks for a login: put user and password into its URL"
	hintHost       = "check the host name in the URL and this machine's DNS"
	hintCA         = "name the certificate authority's PEM file in the CA file setting"
	hintTLS        = "check that the URL's scheme and port are right"
	hintRefused    = "check the URL, and whether a firewall or a proxy stands in between"
)

// sendError makes the error of a request that got no answer.
func (c Call) sendError(ctx context.Context, client *http.Client, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %s: %w", c.Peer, c.Op, ctx.Err())
	}
	e := &Error{Peer: c.Peer, Op: c.Op, Kind: KindNetwork, Err: bare(err)}
	var (
		timeout interface{ Timeout() bool }
		dns     *net.DNSError
		plain   tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &dns):
		e.Hint = hintHost
	case errors.As(err, &timeout) && timeout.Timeout():
		// Not wrapped: it may be a deadline's error, which would read as
		// though the caller's own context had ended.
		e.Err = errors.New("no answer in time")
		if client.Timeout > 0 {
			e.Err = fmt.Errorf("no answer within %v", client.Timeout)
		}
	case isCertificateError(err):
		e.Kind, e.Hint = KindConfig, hintCA
	case errors.As(err, &plain), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		e.Kind, e.Hint = KindConfig, hintTLS
	case strings.Contains(err.Error(), http.StatusText(http.StatusProxyAuthRequired)):
		e.Kind, e.Hint = KindConfig, hintProxyLogin
	default:
		var op *net.OpError
		if errors.As(err, &op) && op.Op == "dial" {
			e.Hint = hintRefused
		}
	}
	return e
}

// isCertificateError tells a certificate that this machine does not trust,
// which no retry cures, from other troubles.
func isCertificateError(err error) bool {
	var (
		verify  *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	return errors.As(err, &verify) || errors.As(err, &unknown) || errors.As(err, &host) || errors.As(err, &invalid)
}

// readError makes the error of a body that could not be read or decoded.
func (c Call) readError(ctx context.Context, status int, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %s: %w", c.Peer, c.Op, ctx.Err())
	}
	e := &Error{Peer: c.Peer, Op: c.Op, Kind: KindNetwork, Status: status, Err: bare(err)}
	var (
		timeout interface{ Timeout() bool }
		syntax  *json.SyntaxError
		shape   *json.UnmarshalTypeError
	)
	switch {
	case errors.Is(err, errTooLong):
		e.Kind = KindContract
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		e.Kind, e.Err = KindBadAnswer, errors.New("the answer is cut off")
	case errors.As(err, &syntax):
		e.Kind, e.Err = KindBadAnswer, errors.New("the answer is not JSON")
	case errors.As(err, &shape):
		e.Kind, e.Err = KindContract, fmt.Errorf("the answer has a JSON %s where another type is expected", shape.Value)
	case errors.As(err, &timeout) && timeout.Timeout():
		e.Err = errors.New("the answer did not end in time")
	}
	return e
}

// bare takes the URL, whose query may tell more than an error should, off an
// error of net/http or net/url.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
