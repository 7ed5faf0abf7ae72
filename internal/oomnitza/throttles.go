package oomnitza

import (
	"context"
	"net/http"
	"time"

	"defendersync/internal/httpx"
)

const (
	// maxThrottled is how many answers of 429 one request gets before others are
	// tried in its place, and again after as many more.
	maxThrottled = 4
	// throttledFor is how long it takes at the least.
	throttledFor = time.Minute
)

// throttles counts the answers of 429 to one request.
type throttles struct {
	count int
	first time.Time
}

// noteThrottle counts one more, and reports whether it is time to see if the tenant
// limits this request alone.
func (t *throttles) noteThrottle(now time.Time) bool {
	if t.count++; t.count == 1 {
		t.first = now
	}
	return t.count%maxThrottled == 0 && now.Sub(t.first) >= throttledFor
}

// answersOthers reports whether the tenant answers a small request.
func (c *Client) answersOthers(ctx context.Context) bool {
	r := request{op: "see whether Oomnitza answers", method: http.MethodGet, path: listPath(pathUsers, "", 1, 0)}
	return c.sendOnce(ctx, r, c.csrfToken(), func(call httpx.Call) (http.Header, error) {
		answer, err := httpx.Do(ctx, c.http, call)
		if err != nil {
			return nil, err
		}
		return answer.Header, nil
	}) == nil
}

// singledOut is a 429 that one request gets while others are answered: it
// fails, as with any other error of the tenant's, and nobody else waits for it.
func singledOut(e *httpx.Error) *httpx.Error {
	alone := *e
	alone.Kind, alone.RetryAfter, alone.Err = httpx.KindServer, 0, httpx.ErrSingledOut
	alone.Message = httpx.ErrSingledOut.Error()
	return &alone
}
