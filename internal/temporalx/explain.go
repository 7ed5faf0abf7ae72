package temporalx

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// probeTimeout bounds the probe of an address that could not be connected to.
const probeTimeout = 3 * time.Second

// explainDialError adds to a failed connection what to do about it.
func explainDialError(ctx context.Context, o client.Options, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("connect to Temporal at %s: %w", o.HostPort, ctx.Err())
	}
	var hint string
	switch statusCode(err) {
	case codes.NotFound, codes.Unauthenticated, codes.PermissionDenied:
		hint = explainRefusal(statusCode(err), o.Namespace)
	default:
		hint = probeAddress(ctx, o)
		if strings.Contains(err.Error(), "do connect handshake") { // gRPC's words about a proxy
			hint = "the proxy of HTTPS_PROXY does not let this through: name the host of TEMPORAL_ADDRESS in NO_PROXY, or have the proxy allow it"
		}
	}
	return fmt.Errorf("connect to Temporal at %s: %s: %w", o.HostPort, hint, err)
}

// statusCode returns the gRPC status code of an error, however it is wrapped.
func statusCode(err error) codes.Code {
	var service serviceerror.ServiceError
	if errors.As(err, &service) {
		return service.Status().Code()
	}
	return status.Code(err)
}

// probeAddress connects to the address without gRPC, which would retry until its
// timeout and report nothing else. It sends no credentials except the client
// certificate.
func probeAddress(ctx context.Context, o client.Options) string {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	address := o.HostPort
	if _, after, ok := strings.Cut(address, ":///"); ok {
		address = after
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return fmt.Sprintf("nothing answers there (%v): check TEMPORAL_ADDRESS and whether the server runs", err)
	}
	defer conn.Close()
	if o.ConnectionOptions.TLS == nil || o.ConnectionOptions.TLSDisabled {
		return probePlain(ctx, conn)
	}
	return probeTLS(ctx, conn, address, o.ConnectionOptions.TLS)
}

// probePlain finds out whether a server that was addressed without TLS requires it.
func probePlain(ctx context.Context, conn net.Conn) string {
	// Not verified: only the handshake is exchanged.
	err := tls.Client(conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}).HandshakeContext(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return explainHang()
	}
	if err == nil || isAlert(err) {
		return "the server requires TLS: set TEMPORAL_TLS=true, an API key or a certificate"
	}
	return "something answers there, but not as a Temporal frontend: check the port in TEMPORAL_ADDRESS (7233 by default, not the Web UI's)"
}

// probeTLS finds out what is wrong with either side's certificate.
func probeTLS(ctx context.Context, conn net.Conn, address string, settings *tls.Config) string {
	settings = settings.Clone()
	settings.NextProtos = []string{"h2"}
	if settings.ServerName == "" {
		settings.ServerName, _, _ = net.SplitHostPort(address)
	}
	secure := tls.Client(conn, settings)
	err := secure.HandshakeContext(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return explainHang()
	}
	if err == nil {
		// A server that requires a client certificate says so only after the handshake.
		_ = secure.SetReadDeadline(time.Now().Add(probeTimeout / 3))
		_, err = secure.Read(make([]byte, 1))
	}
	var (
		plain    tls.RecordHeaderError
		unknown  x509.UnknownAuthorityError
		name     x509.HostnameError
		invalid  x509.CertificateInvalidError
		deadline = errors.Is(err, os.ErrDeadlineExceeded)
	)
	switch {
	case errors.As(err, &plain):
		return "the server does not use TLS: set TEMPORAL_TLS=false and remove the other TEMPORAL_TLS_ settings and the API key, or correct TEMPORAL_ADDRESS"
	case errors.As(err, &unknown):
		return "the server's certificate is signed by an unknown authority: set TEMPORAL_TLS_SERVER_CA_CERT_PATH"
	case errors.As(err, &name):
		return "the server's certificate is for another name: correct TEMPORAL_ADDRESS or set TEMPORAL_TLS_SERVER_NAME"
	case errors.As(err, &invalid):
		return fmt.Sprintf("the server's certificate is not valid (%v)", invalid)
	case isAlert(err):
		return fmt.Sprintf("the server rejects the connection (%v): check TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH", err)
	case err != nil && !deadline:
		return fmt.Sprintf("TLS fails (%v): check TEMPORAL_ADDRESS and the TEMPORAL_TLS_ settings", err)
	}
	return "TLS works, but no Temporal frontend answers: check TEMPORAL_ADDRESS"
}

// explainHang says what it means that a connection is taken and then nothing comes.
func explainHang() string {
	return fmt.Sprintf("the connection is accepted, but nothing answers within %s: the server hangs or is overloaded; look at it, and check TEMPORAL_ADDRESS", probeTimeout)
}

// explainSlowness adds what it means that a Temporal that took the connection leaves
// a request unanswered.
func explainSlowness(o client.Options, limit time.Duration, err error) error {
	return fmt.Errorf("connect to Temporal at %s: it takes connections, but did not answer within %s: it is overloaded, or its database does not answer: %w", o.HostPort, limit, err)
}

// isAlert reports whether the peer ended the handshake by a TLS alert. crypto/tls
// shows that only in the name of the operation.
func isAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}
