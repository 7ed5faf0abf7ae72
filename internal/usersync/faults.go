package usersync

import (
	"errors"
	"slices"
	"time"

	"defendersync/internal/httpx"
	"defendersync/internal/ratelimit"
	"defendersync/internal/saas"
)

// patience is how often a page is tried before it is asked whether the page
// itself, and not the tenant, is at fault.
const patience = 5

// maxPause is the longest pause between two tries while a tenant is out.
const maxPause = time.Minute

// pause is how long to wait before a page is tried again.
func (r *usageRun) pause(t *pageTask) time.Duration {
	return ratelimit.Backoff{Base: r.opts.RetryBase, Max: maxPause}.Delay(t.fails, nil)
}

// failed counts a failure of a page. What was on its way when the page first
// failed may still succeed although the tenant is out, so the time from which
// others' success tells something is that of the second failure.
func (r *usageRun) failed(t *pageTask, err error) {
	if t.fails <= 1 {
		t.firstFail = time.Now()
	}
	t.fails++
	r.cp.Failure = err.Error()
}

// fetchFailed decides what a failed fetch means. An outage is waited out here,
// in the attempt that holds the pages already fetched; a page that fails while
// others succeed is given up, with its app to be read again next time.
func (r *usageRun) fetchFailed(t *pageTask, err error) error {
	kind := httpx.KindOf(err)
	switch {
	case r.ctx.Err() != nil:
		return r.ctx.Err()
	case kind == httpx.KindStopping:
		r.halted = true
		return nil
	case !kind.Retryable() && !httpx.IsAboutRequest(err):
		return err
	case kind == httpx.KindRefused && r.tooDeep(t.skip):
		return r.lose(t, err)
	}
	r.failed(t, err)
	if t.fails < r.tries(t, kind) {
		r.fetchLater(t)
		return nil
	}
	return r.suspect(t, err)
}

// tries is how often a page is tried before it is asked whose fault it is. One
// that is refused is looked at again once; so is a further one of an app that
// has lost a page already.
func (r *usageRun) tries(t *pageTask, kind httpx.Kind) int {
	if !kind.Retryable() || len(t.app.mark.Lost) > 0 {
		return 2
	}
	return patience
}

func (r *usageRun) fetchLater(t *pageTask) {
	r.later(r.pause(t), func() error {
		r.ready = append(r.ready, t)
		return nil
	})
}

// suspect asks the tenant for something that is known to work. When that does
// not answer, the tenant is at fault and the page waits. When it does, the page
// gets one more try, since an outage may have ended just then; after that the
// page is at fault and is given up.
func (r *usageRun) suspect(t *pageTask, err error) error {
	r.fetching++
	r.spawn(func() func() error {
		doorErr := r.source.Check(r.ctx)
		return func() error {
			r.fetching--
			kind := httpx.KindOf(doorErr)
			most := r.tries(t, httpx.KindOf(err))
			switch {
			case doorErr == nil && httpx.KindOf(err).Retryable() && t.fails <= most:
				r.fetchLater(t)
				return nil
			case doorErr == nil:
				return r.lose(t, err)
			case r.ctx.Err() != nil:
				return r.ctx.Err()
			case kind == httpx.KindStopping:
				r.halted = true
				return nil
			case !kind.Retryable():
				return doorErr
			}
			t.fails, r.cp.Failure = most-1, doorErr.Error()
			r.fetchLater(t)
			return nil
		}
	})
	return nil
}

// rejectPage gives up the rows of one page and goes on with its app.
func (r *usageRun) rejectPage(t *pageTask, err error) error {
	n := len(t.page.Users)
	r.cp.Counts.Users.Seen += n
	r.cp.Counts.Users.Rejected += n
	for _, u := range t.page.Users {
		r.cp.Rejects.Add(saas.Reject{
			Reason: "assignment refused by Oomnitza", Stream: r.in.Stream.ID, App: t.app.ref.App, Subject: u.User, Detail: err.Error(),
		}, saas.MaxSamples)
	}
	t.app.retry = true
	return r.settle(t)
}

// rejectApp gives up an app for this session.
func (r *usageRun) rejectApp(app *appRun, reason string, err error) error {
	if app.finished {
		return nil
	}
	r.cp.Counts.Apps.Rejected++
	r.cp.Rejects.Add(saas.Reject{Reason: reason, Stream: r.in.Stream.ID, App: app.ref.App, Detail: err.Error()}, saas.MaxSamples)
	app.retry = true
	r.finished(app)
	return nil
}

// finished marks an app as done with.
func (r *usageRun) finished(app *appRun) {
	app.finished, app.ledger, app.rows = true, nil, nil
	r.left--
	r.dirty = true
	r.cp.LastWritten, r.cp.Failure, r.cp.FruitlessAttempts = time.Now(), "", 0
	if app.retry && !slices.Contains(r.cp.Retry, app.ref.App) {
		r.cp.Retry = append(r.cp.Retry, app.ref.App)
	}
}

// errNoUsers is why an app whose users are counted but not listed is rejected.
var errNoUsers = errors.New("Defender counts users of this app but lists none")
