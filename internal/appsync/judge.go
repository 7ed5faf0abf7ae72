package appsync

import (
	"context"
	"errors"

	"defendersync/internal/httpx"
)

// patience is how often an app that fails is tried before it is asked whether
// the app, and not the tenant, is at fault.
const patience = 4

// The reasons to reject an app.
const (
	RejectApp    = "app refused by Oomnitza"
	RejectUpdate = "app not brought up to date in Oomnitza"
)

// judgeFailures decides what the failures of a round mean. It returns the
// tenant's fault as an error, rejects the apps that are at fault themselves, and
// returns the apps to be tried again.
func (r *pageRun) judgeFailures(ctx context.Context, items []*item, try int) (again []*item, err error) {
	for _, it := range items {
		err := it.failure
		switch kind := httpx.KindOf(err); {
		case err == nil:
		case kind == "", kind == httpx.KindStopping, kind == httpx.KindConfig && !httpx.IsAnswer(err):
			return nil, err
		case kind == httpx.KindRefused, it.cleared, errors.Is(err, httpx.ErrSingledOut):
			it.rejectApp()
		case try < patience && isWorthAnotherTry(kind, try):
			again = append(again, it)
		default:
			if blamed := r.target.Blame(ctx, err); blamed != nil {
				return nil, blamed
			}
			it.rejectApp()
		}
	}
	return again, r.checkWholePage(ctx, again, try)
}

// checkWholePage returns the failure of a page of which no app at all can be
// written while nothing else can be either: waiting is the caller's then.
func (r *pageRun) checkWholePage(ctx context.Context, failed []*item, try int) error {
	if try > 1 || len(failed) < 2 || len(failed) < len(r.items) || !httpx.KindOf(failed[0].failure).Retryable() {
		return nil
	}
	if proven, err := r.target.ProveWrites(ctx); proven || err != nil {
		return err
	}
	return failed[0].failure
}

// isWorthAnotherTry reports whether an app is tried again: always where the
// failure may pass; once where a record went away or appeared, or was denied,
// when the others have been written.
func isWorthAnotherTry(kind httpx.Kind, try int) bool { return kind.Retryable() || try == 1 }

// rejectApp gives up one app. Where its record exists and only cannot be changed,
// its users are carried over all the same.
func (it *item) rejectApp() {
	it.reason = RejectApp
	if it.ref.SaaS != "" && it.did != created {
		// Nothing else of the record can be written either.
		it.ref.Ours, it.reason = false, RejectUpdate
	}
}

// refusesContent reports whether a failure is a refusal of what was sent. A
// denial, and what fails again and again, is one only once the tenant is proven
// to take other writes.
func (w *write) refusesContent(ctx context.Context, err error) bool {
	kind := httpx.KindOf(err)
	switch {
	case ctx.Err() != nil, errors.Is(err, httpx.ErrSingledOut):
		return false
	case kind == httpx.KindRefused, w.item.cleared && kind != httpx.KindConflict && kind != httpx.KindStopping:
		return true
	case httpx.IsDenial(err) && w.try > 1, kind.Retryable() && kind != httpx.KindStopping && w.try >= patience:
		w.item.cleared = w.run.target.Blame(ctx, err) == nil
		return w.item.cleared
	}
	return false
}
