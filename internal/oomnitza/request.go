package oomnitza

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"defendersync/internal/httpx"
	"defendersync/internal/mask"
	"defendersync/internal/ratelimit"
)

const (
	// quickRetries is how often a call that may be repeated is tried again;
	// what lasts longer is for the caller to be patient about.
	quickRetries = 3
	// slower is how many times longer an answer that may pass is given than a
	// quick retry: a gateway that restarts takes seconds.
	slower = 5
	// longestQuick is the longest pause that a quick retry takes.
	longestQuick = 10 * time.Second
)

// request is one call of the API.
type request struct {
	op         string // what is being done, for errors
	method     string
	path       string // with query
	body       any    // nil: none
	noRepeat   bool   // must not be repeated when nobody knows whether it came through
	uniqueName bool   // writes a name that may be taken
	writesMeta bool   // may write fields that the data model marks as not editable
	stream     bool   // read as it comes, so that its time says nothing
	resent     int    // how often it was sent before
}

// final marks an error that must come out as it is, without another try.
type final struct{ error }

func (f final) Unwrap() error { return f.error }

// sendAndRead sends a request, with the retries that it may have, and hands the answer
// to read. An answer that read can't make sense of is asked for again like one
// that failed, so read may run more than once.
func (c *Client) sendAndRead(ctx context.Context, r request, read func(*httpx.Answer) error) error {
	return c.sendPatiently(ctx, r, func(call httpx.Call) (http.Header, error) {
		answer, err := httpx.Do(ctx, c.http, call)
		if err != nil {
			return nil, err
		}
		err = read(answer)
		if _, known := errors.AsType[*httpx.Error](err); err != nil && !known {
			err = httpx.ReadError(ctx, call, err)
		}
		return answer.Header, err
	})
}

// sendPatiently tries a request until it succeeds, fails for good, or ctx ends.
func (c *Client) sendPatiently(ctx context.Context, r request, try func(httpx.Call) (http.Header, error)) error {
	var limits throttles
	var failed int
	var renewed bool
	look := c.confirmer.BeginRequest()
	for ; ; r.resent++ {
		used := c.csrfToken()
		err := c.sendOnce(ctx, r, used, try)
		var stop final
		if errors.As(err, &stop) {
			return stop.error
		}
		var e *httpx.Error
		if ctx.Err() != nil || !errors.As(err, &e) {
			if err == nil {
				c.confirmer.NoteSuccess()
			}
			return err
		}
		tries, doubted := look.AskAgain(e)
		switch {
		case doubted && !(r.noRepeat && e.Kind == httpx.KindContract):
			// A login page or a redirect did nothing, so a create may be repeated.
			if err := c.sleepFor(ctx, r, slower*c.quick.Delay(tries, nil)); err != nil {
				return err
			}
			c.stats.retries.Add(1)
			continue
		case e.Kind == httpx.KindRateLimited:
			c.stats.rateLimited.Add(1)
			c.pauseAll(e.RetryAfter, limits.count)
			if limits.noteThrottle(time.Now()) && c.answersOthers(ctx) {
				return explainFailure(r, singledOut(e))
			}
			continue
		case mayRepeat(r, e, failed):
			wait := max(c.quick.Delay(failed, nil), e.RetryAfter)
			if err := c.sleepFor(ctx, r, wait); err != nil {
				return err
			}
			failed++
			c.stats.retries.Add(1)
			continue
		case e.Kind == httpx.KindUnauthorized && !renewed:
			// Refused, so nothing was done: a write may be repeated as well.
			renewed = true
			if err := c.lookAgain(ctx, r, e, used); err != nil {
				return err
			}
			continue
		}
		return explainFailure(r, e)
	}
}

// sendOnce sends a request one time, in its turn, and tells the gate what came of
// it.
func (c *Client) sendOnce(ctx context.Context, r request, csrf string, try func(httpx.Call) (http.Header, error)) error {
	call := httpx.Call{
		Peer: peer, Op: r.op, Method: r.method, URL: c.base + r.path, Header: c.makeHeader(r, csrf), Body: r.body,
		MaxBody: r.maxBody(), Private: privateOf(r.body), Words: pathWords, Resent: r.resent,
	}
	httpx.TakeTurn(ctx, call)
	queued := time.Now()
	if err := c.gate.AcquirePlace(ctx); err != nil {
		return fmt.Errorf("%s: %s: %w", peer, r.op, err)
	}
	outcome := ratelimit.OutcomeNeutral
	defer func() { c.gate.ReleasePlace(outcome) }()
	c.stats.requests.Add(1)
	began := time.Now()
	call.Waited = began.Sub(queued)
	header, err := try(call)
	if c.observe != nil {
		c.observe(httpx.NewExchange(peer, began, err))
	}
	if fresh := header.Get(headerCSRF); fresh != "" && fresh != csrf {
		c.csrf.Store(&fresh)
	}
	if ctx.Err() == nil {
		outcome = judgeOutcome(r, err, time.Since(began))
	}
	return err
}

// judgeOutcome says what an attempt tells of the tenant's load.
func judgeOutcome(r request, err error, took time.Duration) ratelimit.Outcome {
	switch httpx.KindOf(err) {
	case httpx.KindRateLimited, httpx.KindServer, httpx.KindNetwork:
		return ratelimit.OutcomeCongested
	}
	if took > slowAfter && !r.stream {
		return ratelimit.OutcomeCongested
	}
	return ratelimit.OutcomeOK
}

// makeHeader makes a request's headers.
func (c *Client) makeHeader(r request, csrf string) http.Header {
	h := http.Header{headerToken: {c.token}}
	if csrf != "" {
		h.Set(headerCSRF, csrf)
	}
	if r.method != http.MethodGet {
		h[headerNoWF] = []string{headerYes}
	}
	if r.writesMeta {
		h[headerNoMeta] = []string{headerYes}
	}
	return h
}

// mayRepeat reports whether a failure is worth another quick try.
func mayRepeat(r request, e *httpx.Error, failed int) bool {
	if r.noRepeat || failed >= quickRetries || e.RetryAfter > longestQuick {
		return false
	}
	return e.Kind == httpx.KindNetwork || e.Kind == httpx.KindServer || e.Kind == httpx.KindBadAnswer
}

// pauseAll stops every request for as long as the tenant asked, or for longer
// each time where it named no time.
func (c *Client) pauseAll(asked time.Duration, throttled int) {
	if asked <= 0 {
		asked = c.throttle.Delay(throttled, nil)
	}
	c.gate.Pause(asked)
	c.stats.waited.Add(int64(asked))
}

// sleepFor waits, unless ctx ends.
func (c *Client) sleepFor(ctx context.Context, r request, d time.Duration) error {
	c.stats.waited.Add(int64(d))
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s: %s: %w", peer, r.op, ctx.Err())
	}
}

func (c *Client) csrfToken() string {
	if p := c.csrf.Load(); p != nil {
		return *p
	}
	return ""
}

// lookAgain prepares the one more try that a request gets after a 401 or 403:
// a single one may be a slip of the tenant's, and a write may lack a newer
// CSRF token.
func (c *Client) lookAgain(ctx context.Context, r request, e *httpx.Error, used string) error {
	c.stats.retries.Add(1)
	if e.Status == http.StatusForbidden && r.method != http.MethodGet && c.renewCSRF(ctx, used) {
		return nil
	}
	return c.sleepFor(ctx, r, c.quick.Delay(0, nil))
}

// renewCSRF reads something small after a write was forbidden, in case what
// was missing is a CSRF token, or a newer one: a worker that takes over a
// session may begin with a write. It reports whether there is another token
// than the one used.
func (c *Client) renewCSRF(ctx context.Context, used string) bool {
	if c.csrfToken() != used {
		return true
	}
	r := request{op: "renew the CSRF token", method: http.MethodGet, path: listPath(pathUsers, "", 1, 0)}
	err := c.sendOnce(ctx, r, used, func(call httpx.Call) (http.Header, error) {
		answer, err := httpx.Do(ctx, c.http, call)
		if err != nil {
			return nil, err
		}
		return answer.Header, nil
	})
	return err == nil && c.csrfToken() != used
}

// explainFailure says what a failure means here, and what to do about it.
func explainFailure(r request, e *httpx.Error) error {
	e.Message = mask.Words(e.Message, privateOf(r.body))
	switch e.Kind {
	case httpx.KindUnauthorized:
		e.Hint = "check OOMNITZA_API_TOKEN: it is wrong or revoked, or its user may not read People and Software or not edit SaaS records"
	case httpx.KindNotFound:
		if !strings.HasPrefix(r.path, pathSaaS+"/") {
			e.Hint = "check OOMNITZA_URL: this address has no REST API v3"
		}
	case httpx.KindRefused, httpx.KindServer:
		if r.uniqueName && saysTaken(e.Message) {
			e.Kind = httpx.KindConflict
		}
	}
	return e
}

// saysTaken reports whether a refusal is because a unique name is taken.
func saysTaken(message string) bool {
	message = strings.ToLower(message)
	return slices.ContainsFunc(conflictWords, func(w string) bool { return strings.Contains(message, w) })
}
