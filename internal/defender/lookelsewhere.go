package defender

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"defendersync/internal/httpx"
	"defendersync/internal/ratelimit"
)

// Gateways and login services deny a good token now and then, for a moment,
// while a token that is really gone stays gone: so a denial is looked at again
// before it is believed. A 401 twice, since it ends a session; a 403 once, and
// only where no other address is left to try.
const (
	looksAfter401 = 2
	looksAfter403 = 1
)

// lookAgain waits before a denied request is sent again, the given time
// counted from 0. It reports false when the denial is to be believed.
func (c *Client) lookAgain(ctx context.Context, look, most int) bool {
	if look >= most {
		return false
	}
	timer := time.NewTimer(ratelimit.Backoff{Base: c.doubt, Max: 4 * c.doubt}.Delay(2*look, nil))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// leadsElsewhere reports whether an answer at one of several addresses leads on to
// the next: whatever is neither an outage nor about the token itself. What a
// portal says of an address that it does not have is not documented: seen are
// 404, 405, 410 and 501, redirects to a login page, and its own web page.
func leadsElsewhere(e *httpx.Error) bool {
	switch e.Kind {
	case httpx.KindNotFound, httpx.KindRefused, httpx.KindConflict, httpx.KindBadAnswer, httpx.KindContract:
		return true
	}
	return e.Status == http.StatusForbidden || isAbsent(e)
}

// isAbsent reports whether an answer says that nothing is at an address.
func isAbsent(e *httpx.Error) bool {
	switch e.Status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone, http.StatusNotImplemented:
		return true
	}
	return e.Status >= 300 && e.Status < 400
}

// mayBeMisspelt reports whether an answer may be about how a request was spelled,
// so that the same address is worth another spelling.
func mayBeMisspelt(e *httpx.Error) bool { return e.Kind == httpx.KindRefused && !isAbsent(e) }

// listCall is a list request in whichever spelling: how its body is made, and
// how an answer is taken apart.
type listCall struct {
	op     string
	body   func(attempt) any
	decode func(*httpx.Answer, attempt) error
}

// tryPatiently tries the ways to send a request in turn, until one is understood.
// An address that is not there or not permitted leads on to the next one; a
// refusal leads on to another spelling first. If all fail, the most telling
// error stands for them. An answer that makes no sense leads on as well.
func (c *Client) tryPatiently(ctx context.Context, l listCall, attempts []attempt) error {
	for look := 0; ; look++ {
		err := c.tryEach(ctx, l, attempts)
		var e *httpx.Error
		if errors.As(err, &e) && e.Status == http.StatusForbidden && e.Kind == httpx.KindUnauthorized && c.lookAgain(ctx, look, looksAfter403) {
			continue
		}
		return err
	}
}

func (c *Client) tryEach(ctx context.Context, l listCall, attempts []attempt) error {
	var worst error
	gone := map[string]bool{}
	for _, a := range attempts {
		path := a.prefix + a.path
		if gone[path] {
			continue
		}
		answer, err := c.sendPatiently(ctx, httpx.Call{Op: l.op, Method: http.MethodPost, URL: c.resolvePath(path), Body: l.body(a)})
		if err == nil {
			err = l.decode(answer, a)
		}
		var e *httpx.Error
		switch {
		case err == nil:
			return nil
		case !errors.As(err, &e), !leadsElsewhere(e):
			return err
		case !mayBeMisspelt(e):
			gone[path] = true
		}
		worst = moreTelling(worst, err)
	}
	var e *httpx.Error
	if errors.As(worst, &e) && isAbsent(e) && e.Status >= 400 && len(gone) > 1 {
		return noneFound(l.op, e.Status, attempts)
	}
	return worst
}

// moreTelling chooses between the error so far and another: anything says more
// than that nothing is there.
func moreTelling(have, other error) error {
	var e *httpx.Error
	if have == nil || errors.As(have, &e) && isAbsent(e) && httpx.KindOf(other) != httpx.KindNotFound {
		return other
	}
	return have
}

// noneFound is the error of a tenant that has none of the known addresses.
func noneFound(op string, status int, attempts []attempt) error {
	var paths []string
	for _, a := range attempts {
		if path := a.prefix + a.path; len(paths) == 0 || paths[len(paths)-1] != path {
			paths = append(paths, path)
		}
	}
	return &httpx.Error{
		Peer: peer, Op: op, Kind: httpx.KindContract, Status: status,
		Message: "none of the known endpoints exists: " + strings.Join(paths, ", "),
		Hint:    "check that DEFENDER_API_URL is this tenant's portal; if it is, Microsoft has moved these undocumented lists",
	}
}

// errMoved says that a list is served at another address by now, as another
// request has found out meanwhile.
var errMoved = errors.New("the list has moved")

// tryElsewhere tries the other addresses of a list when the one that is known to
// serve it says that nothing is there, or that it is not permitted: an
// endpoint may be moved while a session runs. It is done once for each
// address, since the answer may as well be about one app alone. It returns nil
// when another address served the list, and else the error of the known one.
// Alone says that the caller is the only one that finds something out.
func (c *Client) tryElsewhere(ctx context.Context, l listCall, err error, alone bool, known attempt, all []attempt) error {
	var e *httpx.Error
	if !errors.As(err, &e) || !isAbsent(e) && e.Status != http.StatusForbidden {
		return err
	}
	address := known.prefix + known.path
	var others []attempt
	for _, a := range all {
		if a.prefix+a.path != address {
			others = append(others, a)
		}
	}
	if !alone {
		done, err := c.lockProbe(ctx, l.op)
		if err != nil {
			return err
		}
		defer done()
	}
	switch before := c.noteDoubt(address); {
	case c.hasLeft(address):
		return errMoved
	case before || c.tryEach(ctx, l, others) != nil:
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left[address] = true
	return nil
}

// noteDoubt reports whether an address was doubted before, and notes that it is.
func (c *Client) noteDoubt(address string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.suspects[address]
	c.suspects[address] = true
	return before
}

// hasLeft reports whether a list is known to be served elsewhere by now.
func (c *Client) hasLeft(address string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.left[address]
}

// trustAnew lets every address be doubted once more: a session begins.
func (c *Client) trustAnew() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.suspects)
}
