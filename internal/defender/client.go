package defender

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"time"

	"defendersync/internal/pace"
	"defendersync/internal/wire"
)

// Options says which tenant is read, and how. URL and Token must be set.
type Options struct {
	URL       string        // the tenant's portal, as ParseURL takes it
	AllowHost string        // a host beyond the vendor's that the token may be sent to
	Token     string        // legacy API token
	Limiter   *pace.Limiter // the tenant's request budget; nil: none
	HTTP      *http.Client  // nil: wire.NewHTTPClient with its defaults
	Throttled time.Duration // pause after a 429 that names none; 0: a minute
}

// Client reads one tenant. It is safe for concurrent use.
type Client struct {
	base      *url.URL
	header    http.Header
	limiter   *pace.Limiter
	http      *http.Client
	throttled time.Duration
	doubtful  pace.Backoff // before an answer that may pass is looked at again
	doubts    wire.Doubts
	probing   chan struct{} // held while a dialect is being found out

	mu      sync.Mutex
	learned Dialect
	streams string // the path that lists streams, once it is known
	stats   Stats
}

// Stats counts what a client did since it was made.
type Stats struct {
	Requests    int           // sent, those answered 429 included
	RateLimited int           // answered 429
	Waited      time.Duration // time that requests waited for the budget and for the end of pauses, summed
}

// New returns a client. It sends nothing; wrong settings are a *wire.Error of
// KindConfig.
func New(o Options) (*Client, error) {
	base, _, err := ParseURL(o.URL, o.AllowHost)
	if err != nil {
		return nil, err
	}
	// Not checked any closer: the token's form is not documented.
	if o.Token == "" || strings.ContainsFunc(o.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, &wire.Error{
			Peer: peer, Op: "read DEFENDER_API_KEY", Kind: wire.KindConfig,
			Message: "it is empty or holds blanks or other characters that no token has", Hint: hintToken,
		}
	}
	c := &Client{
		base: base, header: http.Header{"Authorization": {"Token " + o.Token}}, // [DOC D1]
		limiter: o.Limiter, http: o.HTTP, throttled: o.Throttled, probing: make(chan struct{}, 1),
	}
	if c.limiter == nil {
		c.limiter = pace.NewLimiter(0, time.Minute)
	}
	if c.throttled <= 0 {
		c.throttled = throttledFor
	}
	c.doubtful = pace.Backoff{Base: c.throttled / 60, Max: c.throttled / 8} // a second, then more
	if c.http == nil {
		if c.http, err = wire.NewHTTPClient(wire.TransportOptions{}); err != nil {
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
	hintRight = "DEFENDER_API_KEY may be wrong, revoked, of another tenant, or of somebody who may not (or no longer) read Cloud Discovery; " +
		"a new token is made in the Defender portal under Settings > Cloud Apps > System > API tokens, by a Security Reader at least"
)

// send sends a request and waits out every 429: as often as it takes, each
// time on the budget, until ctx ends or the limiter is stopped. Errors are
// *wire.Error, or the context's, wrapped.
func (c *Client) send(ctx context.Context, call wire.Call) (*wire.Answer, error) {
	look := c.doubts.Look()
	for {
		answer, err := c.sendOnce(ctx, call)
		var e *wire.Error
		if !errors.As(err, &e) {
			if err == nil {
				c.doubts.Worked()
			}
			return answer, err
		}
		if tries, doubted := look.Again(e); doubted {
			if err := c.sleep(ctx, call.Op, c.doubtful.Delay(tries, nil)); err != nil {
				return nil, err
			}
			continue
		}
		if !isThrottled(e) {
			if e.Kind == wire.KindUnauthorized && e.Hint == "" {
				e.Hint = hintRight
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
func (c *Client) pauseFor(e *wire.Error) time.Duration {
	wait := c.throttled
	if e.RetryAfter > 0 {
		wait = max(e.RetryAfter, time.Second)
	}
	return wait + time.Duration(rand.Float64()*float64(wait)/20)
}

// sleep waits before an answer is looked at again.
func (c *Client) sleep(ctx context.Context, op string, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s: %s: %w", peer, op, ctx.Err())
	}
}

// isThrottled tells a rate limit, whatever its status.
func isThrottled(e *wire.Error) bool {
	return e.Kind == wire.KindRateLimited || e.Status >= 400 && strings.Contains(strings.ToLower(e.Message), throttledWord)
}

// sendOnce takes a slot of the budget and sends a request in it.
func (c *Client) sendOnce(ctx context.Context, call wire.Call) (*wire.Answer, error) {
	began := time.Now()
	ticket, err := c.limiter.Acquire(ctx)
	waited := time.Since(began)
	if errors.Is(err, pace.ErrStopped) {
		return nil, &wire.Error{Peer: peer, Op: call.Op, Kind: wire.KindStopping, Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", peer, call.Op, err)
	}
	defer ticket.Drop()
	c.mu.Lock()
	c.stats.Waited += waited
	c.mu.Unlock()
	var out outgoing
	written := func() {
		ticket.Sent()
		c.mu.Lock()
		c.stats.Requests++
		c.mu.Unlock()
	}
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { out.wrote(written) }}
	call.Peer, call.Header, call.MaxBody = peer, c.header, maxPage
	answer, err := wire.Do(httptrace.WithClientTrace(ctx, trace), c.http, call)
	var e *wire.Error
	if err == nil || errors.As(err, &e) && e.Status != 0 {
		out.answered(written)
	}
	return answer, err
}

// outgoing sees to it that a request counts as sent when it is written, or,
// should the answer overtake that news, when it is answered.
type outgoing struct {
	mu     sync.Mutex
	writes int
	over   bool
}

func (o *outgoing) wrote(count func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.over {
		o.writes++
		count()
	}
}

func (o *outgoing) answered(count func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.over = true
	if o.writes == 0 {
		count()
	}
}

// address is the URL of a path.
func (c *Client) address(path string) string { return c.base.JoinPath(path).String() }

// known is what the caller knows and what this client has learned.
func (c *Client) known(d Dialect) Dialect {
	c.mu.Lock()
	defer c.mu.Unlock()
	return d.or(c.learned)
}

// learn keeps what an answer has shown.
func (c *Client) learn(d Dialect) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.learned = d.or(c.learned)
}

// try sends the attempts in turn until one is understood, and says which was.
// An address that is not there, or not permitted, leads on to the next; a
// refusal shows that the address is right and leads on to another spelling. If
// all fail, the most telling error stands for them.
func (c *Client) try(ctx context.Context, op string, attempts []attempt, body func(attempt) any) (*wire.Answer, attempt, error) {
	var worst error
	gone, there := map[string]bool{}, ""
	for _, a := range attempts {
		path := a.prefix + a.path
		if gone[path] || there != "" && path != there {
			continue
		}
		answer, err := c.send(ctx, wire.Call{Op: op, Method: http.MethodPost, URL: c.address(path), Body: body(a)})
		var e *wire.Error
		switch {
		case err == nil:
			return answer, a, nil
		case !errors.As(err, &e):
			return nil, a, err
		case e.Kind == wire.KindRefused:
			there = path
		case e.Kind == wire.KindNotFound, e.Status == http.StatusForbidden:
			gone[path] = true
		default:
			return nil, a, err
		}
		// Anything says more than 404.
		if worst == nil || wire.KindOf(worst) == wire.KindNotFound {
			worst = err
		}
	}
	if wire.KindOf(worst) == wire.KindNotFound && len(gone) > 1 {
		worst = noneFound(op, attempts)
	}
	return nil, attempt{}, worst
}

// noneFound is the error of a tenant that has none of the known addresses.
func noneFound(op string, attempts []attempt) error {
	var paths []string
	for _, a := range attempts {
		if path := a.prefix + a.path; len(paths) == 0 || paths[len(paths)-1] != path {
			paths = append(paths, path)
		}
	}
	return &wire.Error{
		Peer: peer, Op: op, Kind: wire.KindContract, Status: http.StatusNotFound,
		Message: "none of the known endpoints exists: " + strings.Join(paths, ", "),
		Hint:    "check that DEFENDER_API_URL is this tenant's portal; if it is, Microsoft has moved these undocumented lists",
	}
}

// probe makes this caller the only one that finds something out, so that many
// requests at once don't each pay for it.
func (c *Client) probe(ctx context.Context, op string) (done func(), err error) {
	select {
	case c.probing <- struct{}{}:
		return func() { <-c.probing }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: %s: %w", peer, op, ctx.Err())
	}
}
