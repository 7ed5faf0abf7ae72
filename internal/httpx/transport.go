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
// portal address is slow, hence generous.
const DefaultTimeout = 2 * time.Minute

// idleConns is how many idle connections are kept for the next requests when
// MaxConnsPerHost sets no bound.
const idleConns = 64

// TransportOptions says how a peer is reached. The zero value works.
type TransportOptions struct {
	Timeout         time.Duration // longest silence of a peer, and a fifth of what a whole answer may take; 0: DefaultTimeout; negative: none
	CAFile          string        // PEM file of further certificate authorities, added to the system's
	ProxyURL        string        // http, https or socks5 proxy; "" takes HTTPS_PROXY, HTTP_PROXY and NO_PROXY
	MaxConnsPerHost int           // bound of connections to one host; 0: none
}

// NewHTTPClient returns a client that reaches a peer as the options say. It
// follows no redirect: that would turn a POST into a GET and could carry the
// token to another host. A setting that can't be used is an Error of
// KindConfig.
func NewHTTPClient(o TransportOptions) (*http.Client, error) {
	roots, err := CertPool(o.CAFile)
	if err != nil {
		return nil, configError("read the CA file", err, "name a PEM file with at least one certificate")
	}
	proxy, err := proxyFunc(o.ProxyURL)
	if err != nil {
		return nil, configError("read the proxy URL", err, "write it as http://proxy.example.com:3128")
	}
	keep := o.MaxConnsPerHost
	if keep <= 0 {
		keep = idleConns
	}
	timeout := o.Timeout
	switch {
	case timeout == 0:
		timeout = DefaultTimeout
	case timeout < 0:
		timeout = 0
	}
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                 proxy,
			DialContext:           dialer.DialContext,
			TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:   15 * time.Second,
			ExpectContinueTimeout: time.Second,
			IdleConnTimeout:       90 * time.Second,
			MaxConnsPerHost:       max(o.MaxConnsPerHost, 0),
			MaxIdleConns:          0, // bounded per host
			MaxIdleConnsPerHost:   keep,
			ForceAttemptHTTP2:     true,

			MaxResponseHeaderBytes: maxHeader,
			// Notices a connection that died without a word, which would
			// otherwise cost every request on it its whole time limit.
			HTTP2: &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
		},
	}, nil
}

func configError(op string, err error, hint string) error {
	return &Error{Peer: "HTTP client", Op: op, Kind: KindConfig, Err: err, Hint: hint}
}

// CertPool is the system's authorities and those of a file; nil, which means
// the system's, when no file is named.
func CertPool(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		// No system pool (a bare container): the file's alone.
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no PEM certificate", file)
	}
	return pool, nil
}

// proxyFunc chooses the proxy of a request. The environment is read here and
// not once per process, as net/http does, so that clients are independent.
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
