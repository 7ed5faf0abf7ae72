package oomnitza

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"defendersync/internal/httpx"
	"defendersync/internal/ratelimit"
)

// peer names Oomnitza in errors.
const peer = "Oomnitza"

// defaultConcurrency bounds the requests in flight where Options don't.
const defaultConcurrency = 8

// Options say which tenant to talk to, and how.
type Options struct {
	URL         string       // of the tenant: https://example.oomnitza.com
	Token       string       // API token of the integration user
	HTTP        *http.Client // how to reach it; nil: httpx.NewHTTPClient with no options
	Concurrency int          // most requests in flight; 0: 8

	Observe func(httpx.Exchange) // is told of each request; nil: nobody is
}

// Client talks to one tenant. It is safe for concurrent use.
type Client struct {
	base       string
	token      string
	http       *http.Client
	gate       *ratelimit.Gate
	throttle   ratelimit.Backoff // after a 429 that names no time
	quick      ratelimit.Backoff // between tries of a call that may be repeated
	confirmer  httpx.Confirmer
	now        func() time.Time
	csrf       atomic.Pointer[string]
	ignoreCase atomic.Bool  // filters are known to ignore case
	answers    atomic.Int32 // what answers to assignments are known to say
	longest    atomic.Int64 // rows of the longest list of an app's users that came in one answer
	proof      writeProof
	made       madeRecords
	stats      counters
	observe    func(httpx.Exchange)
}

// Stats counts what a Client has done since it was made.
type Stats struct {
	Requests    int           // sent, of any kind and outcome
	RateLimited int           // answered 429
	Retries     int           // sent again after a failure other than a 429
	Waited      time.Duration // paused after a 429 or before a retry, summed over requests
}

type counters struct {
	requests, rateLimited, retries, waited atomic.Int64
}

// New makes a client. A setting that can't be used is an error of KindConfig;
// nothing is sent.
func New(o Options) (*Client, error) {
	base, err := ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	token := strings.TrimSpace(o.Token)
	if token == "" || strings.ContainsAny(token, " \t\r\n\x00") {
		return nil, configError("read OOMNITZA_API_TOKEN", "it is empty or has white space in it",
			"create a token under Configuration > Security > API tokens and set it as it was shown")
	}
	client := o.HTTP
	if client == nil {
		if client, err = httpx.NewHTTPClient(httpx.TransportOptions{}); err != nil {
			return nil, err
		}
	}
	concurrency := o.Concurrency
	if concurrency <= 0 {
		concurrency = defaultConcurrency
	}
	return &Client{
		base:     base.String(),
		token:    token,
		http:     client,
		gate:     ratelimit.NewGate(concurrency),
		throttle: ratelimit.Backoff{Base: time.Second, Max: time.Minute},
		quick:    ratelimit.Backoff{Base: 200 * time.Millisecond, Max: 2 * time.Second},
		now:      time.Now,
		observe:  o.Observe,
	}, nil
}

// Stats reads the counters.
func (c *Client) Stats() Stats {
	return Stats{
		Requests:    int(c.stats.requests.Load()),
		RateLimited: int(c.stats.rateLimited.Load()),
		Retries:     int(c.stats.retries.Load()),
		Waited:      time.Duration(c.stats.waited.Load()),
	}
}

// ParseURL reads a tenant's URL and reduces it to what API paths are added to:
// no trailing slash and no /api path, which people tend to copy along. It must
// be https, but for a host on this machine. Errors are of KindConfig and don't
// repeat the URL, which may hold a password.
func ParseURL(raw string) (*url.URL, error) {
	const hint = "set OOMNITZA_URL to the tenant's address, such as https://example.oomnitza.com"
	wrong := func(what string) (*url.URL, error) { return nil, configError("read OOMNITZA_URL", what, hint) }
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return wrong("it is not set")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return wrong("it is not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return wrong("it does not begin with https://")
	case u.Hostname() == "":
		return wrong("it names no host")
	case u.User != nil:
		return wrong("it holds a user name or password")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return wrong("it has a query or a fragment")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return wrong("it is not encrypted: it must begin with https://")
	}
	path := strings.TrimRight(u.Path, "/")
	if i := strings.Index(path+"/", "/api/"); i >= 0 {
		path = path[:i]
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(path, "/")}, nil
}

// isLoopback reports whether a host is this machine.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func configError(op, what, hint string) error {
	return &httpx.Error{Peer: peer, Op: op, Kind: httpx.KindConfig, Err: errors.New(what), Hint: hint}
}
