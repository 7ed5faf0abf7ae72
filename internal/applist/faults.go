package applist

import (
	"context"
	"errors"
	"fmt"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
)

// Patience is how often a page is tried before it is given up.
const Patience = 5

// FetchPage reads a page like ReadPage, but gives up a page that cannot be read
// while other requests work: its apps are rejected, and the list goes on after
// it. While it may be an outage, the error is returned for the caller to try
// again; last says that it was tried often enough.
func (r Reader) FetchPage(ctx context.Context, in contract.FetchAppsParams, last bool) (contract.AppsPage, error) {
	page, err := r.ReadPage(ctx, in)
	if err == nil {
		return page, nil
	}
	kind := httpx.KindOf(err)
	var whole listError
	switch {
	case errors.As(err, &whole):
		return contract.AppsPage{}, whole.error
	case ctx.Err() != nil, kind == httpx.KindStopping, kind.Retryable() && !last, !kind.Retryable() && !httpx.IsAboutRequest(err):
		return contract.AppsPage{}, err
	}
	if outage := r.source.Check(ctx); outage != nil {
		return contract.AppsPage{}, outage
	}
	page, again := r.ReadPage(ctx, in)
	switch {
	case again == nil:
		return page, nil
	case httpx.KindOf(again) == httpx.KindStopping || ctx.Err() != nil:
		return contract.AppsPage{}, again
	}
	return LosePage(in, again), nil
}

// LosePage returns what becomes of a page that cannot be read. Two in a row end
// the list.
func LosePage(in contract.FetchAppsParams, err error) contract.AppsPage {
	out := contract.AppsPage{Next: in.Skip + contract.PageSize, Total: -1, Dialect: in.Dialect, Walk: in.Walk}
	total, n := in.Walk.Total, contract.PageSize
	if total > 0 {
		n = max(1, min(n, total-in.Skip))
	}
	where := fmt.Sprintf("from number %d of %s", in.Skip+1, in.Stream.Name)
	detail := fmt.Sprintf("up to %d apps %s on: %s", n, where, httpx.Clip(err.Error()))
	if in.Walk.Lost || total > 0 && out.Next >= total {
		out.Next = -1
		if rest := total - in.Skip; rest > n {
			n = rest
			detail = fmt.Sprintf("about %d apps %s to its end: %s", n, where, httpx.Clip(err.Error()))
		}
	}
	rejectUnnamed(&out, in, RejectPage, detail, n)
	out.Walk.Lost = true
	return out
}
