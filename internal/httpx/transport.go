package httpx

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// DefaultTimeout is the longest silence of a peer, before its answer begins and
// between two pieces of it, where TransportOptions name none. Defender's generic
// portal address is slow, which is why it is generous.
const DefaultTimeout = 2 * time.Minute

const (
	// connectTimeout bounds each of connecting and the TLS handshake.
	connectTimeout = 15 * time.Second
	// keepAlive is how often a connection without a request is probed.
	keepAlive = 30 * time.Second
	// idleTimeout is how long one is kept.
	idleTimeout = 90 * time.Second
	// idleConns is how many idle connections are kept for further requests where
	// MaxConnsPerHost sets no bound.
	idleConns = 64
)

// TransportOptions say how a peer is reached. The zero value works.
type TransportOptions struct {
	Timeout         time.Duration // longest silence of a peer, and a fifth of what a whole answer may take; 0: DefaultTimeout; negative: none
	CAFile          string        // PEM file of further certificate authorities, added to the system's
	ProxyURL        string        // http, https or socks5 proxy; "": HTTPS_PROXY, HTTP_PROXY and NO_PROXY
	MaxConnsPerHost int           // bound of connections to one host; 0: none
}

// NewHTTPClient returns a client that reaches a peer as the options say. It follows
// no redirect: that would turn a POST into a GET, and could send the token to
// another host. A setting that can't be used is an Error of KindConfig.
func NewHTTPClient(o TransportOptions) (*http.Client, error) {
	roots, err := CertPool(o.CAFile)
	if err != nil {
		return nil, configError("read the CA file", err, "name a PEM file with at least one certificate")
	}
	proxy, err := proxyFunc(o.ProxyURL)
	if err != nil {
		return nil, configError("read the proxy URL", err, "write it as http://proxy.example.com:3128")
	}
	timeout := o.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	perHost := max(o.MaxConnsPerHost, 0)
	keep := perHost
	if keep == 0 {
		keep = idleConns
	}
	dialer := &net.Dialer{Timeout: connectTimeout, KeepAlive: keepAlive}
	transport := &http.Transport{
		Proxy:                  proxy,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    connectTimeout,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        idleTimeout,
		MaxConnsPerHost:        perHost,
		MaxIdleConns:           0, // bounded per host
		MaxIdleConnsPerHost:    keep,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: maxHeader,
		// Detects a connection that died silently, which would otherwise cost every
		// request on it its whole time limit.
		HTTP2: &http.HTTP2Config{SendPingTimeout: keepAlive, PingTimeout: connectTimeout},
	}
	return &http.Client{
		Timeout:       max(timeout, 0),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     transport,
	}, nil
}

func configError(op string, err error, hint string) error {
	return &Error{Peer: "HTTP client", Op: op, Kind: KindConfig, Err: err, Hint: hint}
}

// CertPool returns the certificate authorities of the system and of a file; nil,
// which means those of the system, when no file is named.
func CertPool(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil { // a bare container: the file's alone
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no PEM certificate", file)
	}
	return pool, nil
}

// proxyFunc chooses the proxy of a request. The environment is read here and not
// once a process, as net/http does, so that clients are independent.
func proxyFunc(raw string) (func(*http.Request) (*url.URL, error), error) {
	if raw == "" {
		env := httpproxy.FromEnvironment().ProxyFunc()
		return func(r *http.Request) (*url.URL, error) { return env(r.URL) }, nil
	}
	u, err := url.Parse(raw)
	if err != nil {
		// The parser's own words would repeat the URL and any password in it.
		return nil, errors.New("not a URL")
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
	default:
		return nil, fmt.Errorf("scheme %q is none of http, https, socks5, socks5h", u.Scheme)
	}
	if u.Hostname() == "" {
		return nil, errors.New("it names no host")
	}
	return http.ProxyURL(u), nil
}
