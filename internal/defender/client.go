package defender

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/ratelimit"
)

// Options says which tenant is read, and how. URL and Token must be set.
type Options struct {
	URL       string             // the tenant's portal, as ParseURL takes it
	AllowHost string             // a host beyond the vendor's that the token may be sent to
	Token     string             // legacy API token
	Limiter   *ratelimit.Limiter // the tenant's request budget; nil: none
	HTTP      *http.Client       // nil: httpx.NewHTTPClient with its defaults
	Throttled time.Duration      // pause after a 429 that names none; 0: a minute
	Doubt     time.Duration      // pause before a denied request is sent again; 0: a second

	Observe func(httpx.Exchange) // is told of each request; nil: nobody is
}

// Client reads one tenant. It is safe for concurrent use.
type Client struct {
	base      *url.URL
	header    http.Header
	limiter   *ratelimit.Limiter
	http      *http.Client
	throttled time.Duration
	doubt     time.Duration
	confirmer httpx.Confirmer // what login pages and redirects are judged by
	probing   chan struct{}   // held while a dialect is being found out
	observe   func(httpx.Exchange)

	mu       sync.Mutex
	learned  contract.Dialect
	streams  string          // the path that lists streams, once it is known
	suspects map[string]bool // addresses that were doubted and stood the test, or were left
	left     map[string]bool // addresses that no longer serve their list
	stats    Stats
}

// Stats counts what a client did since it was made.
type Stats struct {
	Requests    int           // sent, those answered 429 included
	RateLimited int           // answered 429
	Waited      time.Duration // time that requests waited for the budget and for the end of pauses, summed
}

// New returns a client. It sends nothing; wrong settings are a *httpx.Error of
// KindConfig.
func New(o Options) (*Client, error) {
	base, _, err := ParseURL(o.URL, o.AllowHost)
	if err != nil {
		return nil, err
	}
	// Not checked any closer: the token's form is not documented.
	if o.Token == "" || strings.ContainsFunc(o.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, &httpx.Error{
			Peer: peer, Op: "read DEFENDER_API_KEY", Kind: httpx.KindConfig,
			Message: "it is empty or holds blanks or other characters that no token has", Hint: hintToken,
		}
	}
	c := &Client{
		base: base, header: http.Header{"Authorization": {"Token " + o.Token}}, // [DOC D1]
		limiter: o.Limiter, http: o.HTTP, throttled: o.Throttled, doubt: o.Doubt, probing: make(chan struct{}, 1), observe: o.Observe,
		suspects: map[string]bool{}, left: map[string]bool{},
	}
	if c.limiter == nil {
		c.limiter = ratelimit.NewLimiter(0, time.Minute)
	}
	if c.throttled <= 0 {
		c.throttled = throttledFor
	}
	if c.doubt <= 0 {
		c.doubt = time.Second
	}
	if c.http == nil {
		if c.http, err = httpx.NewHTTPClient(httpx.TransportOptions{}); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Stats tells what was done so far.
func (c *Client) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

const (
	hintToken = "set DEFENDER_API_KEY to an API token, which an administrator creates in the Defender portal under Settings > Cloud Apps > System > API tokens"
	hintRight = "DEFENDER_API_KEY may be wrong or revoked, belong to another tenant, or to an administrator who may not read Cloud Discovery; " +
		"a Security Reader, or a role above, can create a new token in the Defender portal under Settings > Cloud Apps > System > API tokens"
)

// sendPatiently sends a request and waits out every 429: as often as it takes, each
// time on the budget, until ctx ends or the limiter is stopped. A 401 is looked
// at again before it is believed. Errors are *httpx.Error, or the context's,
// wrapped.
func (c *Client) sendPatiently(ctx context.Context, call httpx.Call) (*httpx.Answer, error) {
	look := c.confirmer.BeginRequest()
	for denied := 0; ; call.Resent++ {
		answer, err := c.sendOnce(ctx, call)
		var e *httpx.Error
		if !errors.As(err, &e) {
			if err == nil {
				c.confirmer.NoteSuccess()
			}
			return answer, err
		}
		if tries, doubted := look.AskAgain(e); doubted && c.lookAgain(ctx, tries, e.Confirmations) {
			continue
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %s: %w", peer, call.Op, ctx.Err())
		}
		if !isThrottled(e) {
			if e.Kind == httpx.KindUnauthorized && e.Hint == "" {
				e.Hint = hintRight
			}
			if e.Status == http.StatusUnauthorized && c.lookAgain(ctx, denied, looksAfter401) {
				denied++
				continue
			}
			return nil, err
		}
		c.mu.Lock()
		c.stats.RateLimited++
		c.mu.Unlock()
		c.limiter.Pause(c.pauseFor(e))
	}
}

// pauseFor is how long nothing is sent after a 429: what the server asked for
// and a little, at random, so that several clients of the tenant don't come
// back in the same instant.
func (c *Client) pauseFor(e *httpx.Error) time.Duration {
	wait := c.throttled
	if e.RetryAfter > 0 {
		wait = max(e.RetryAfter, time.Second)
	}
	return wait + time.Duration(ratelimit.Jitter()*float64(wait)/20)
}

// isThrottled tells a rate limit, whatever its status.
func isThrottled(e *httpx.Error) bool {
	return e.Kind == httpx.KindRateLimited || e.Status >= 400 && strings.Contains(strings.ToLower(e.Message), throttledWord)
}

// sendOnce takes a slot of the budget and sends a request in it.
func (c *Client) sendOnce(ctx context.Context, call httpx.Call) (*httpx.Answer, error) {
	httpx.TakeTurn(ctx, call)
	began := time.Now()
	ticket, err := c.limiter.AcquireSlot(ctx)
	waited := time.Since(began)
	if errors.Is(err, ratelimit.ErrStopped) {
		return nil, &httpx.Error{Peer: peer, Op: call.Op, Kind: httpx.KindStopping, Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", peer, call.Op, err)
	}
	defer ticket.ReturnSlot()
	c.mu.Lock()
	c.stats.Waited += waited
	c.mu.Unlock()
	var out outgoing
	written := func() {
		ticket.MarkSent()
		c.mu.Lock()
		c.stats.Requests++
		c.mu.Unlock()
	}
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { out.noteWritten(written) }}
	call.Peer, call.Header, call.MaxBody = peer, c.header, maxPage
	sent := time.Now()
	call.Words, call.Waited = pathWords, waited
	answer, err := httpx.Do(httptrace.WithClientTrace(ctx, trace), c.http, call)
	c.noteExchange(sent, err)
	var e *httpx.Error
	if err == nil || errors.As(err, &e) && e.Status != 0 {
		out.noteAnswered(written)
	}
	return answer, err
}

// noteExchange tells of a request that is over.
func (c *Client) noteExchange(sent time.Time, err error) {
	if c.observe == nil {
		return
	}
	x := httpx.NewExchange(peer, sent, err)
	var e *httpx.Error
	if errors.As(err, &e) && isThrottled(e) {
		x.Kind = httpx.KindRateLimited
	}
	c.observe(x)
}

// outgoing sees to it that a request counts as sent when it is written, or,
// should the answer overtake that news, when it is answered.
type outgoing struct {
	mu     sync.Mutex
	writes int
	over   bool
}

func (o *outgoing) noteWritten(count func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.over {
		o.writes++
		count()
	}
}

func (o *outgoing) noteAnswered(count func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.over = true
	if o.writes == 0 {
		count()
	}
}

// resolvePath is the URL of a path.
func (c *Client) resolvePath(path string) string { return c.base.JoinPath(path).String() }

// knownDialect is what the caller knows and what this client has learned. An address
// that no longer serves its list is known no more, whoever still names it.
func (c *Client) knownDialect(d contract.Dialect) contract.Dialect {
	c.mu.Lock()
	defer c.mu.Unlock()
	return mergeDialect(forgetAddresses(d, c.left), forgetAddresses(c.learned, c.left))
}

// learnDialect keeps what an answer has shown.
func (c *Client) learnDialect(d contract.Dialect) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d.AppsUnsorted, d.UsersUnsorted, d.HasNextLies, d.MaxSkip = false, false, false, 0 // each session's own
	c.learned = mergeDialect(d, c.learned)
}

// lockProbe makes this caller the only one that finds something out, so that many
// requests at once don't each pay for it.
func (c *Client) lockProbe(ctx context.Context, op string) (done func(), err error) {
	select {
	case c.probing <- struct{}{}:
		return func() { <-c.probing }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: %s: %w", peer, op, ctx.Err())
	}
}
