package usersync

import (
	"errors"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// settle records a page as done with and, after the last, its app.
func (r *usageRun) settle(t *pageTask) error {
	app := t.app
	app.open--
	r.dirty = true
	r.cp.LastWritten, r.cp.FruitlessAttempts = time.Now(), 0
	if t.heal {
		app.healing = false
	} else {
		app.mark.wrote(t.skip, t.next)
	}
	if app.open > 0 || !app.mark.complete() {
		return nil
	}
	return r.closeList(app)
}

// maxPasses bounds how often a list is read again because its rows moved.
const maxPasses = 3

// closeList does what is left when every page of an app is written: it reads
// again a list that moved, and judges whether it is whole.
func (r *usageRun) closeList(app *appRun) error {
	if r.readAgain(app) {
		app.drift, app.healing, app.fresh = false, true, 0
		app.passes++
		app.open++
		r.heal(app, 0)
		return nil
	}
	if app.mark.End == 0 && app.ref.Users > 0 && r.in.Window.Mode == saas.ModeFull {
		return r.rejectApp(app, "users missing", errNoUsers)
	}
	return r.judgeList(app)
}

// readAgain reports whether an app's list is to be read once more: its rows
// moved between pages, and either that was not healed yet, or rows are still
// missing and the healing itself found pages other than they had been.
func (r *usageRun) readAgain(app *appRun) bool {
	if app.drift {
		app.jumbled = app.jumbled || app.mark.Whole || r.cp.Dialect.UsersUnsorted || app.told.CountMissing(app.met()) > 0
		return true
	}
	if app.passes == 0 || !app.jumbled || app.mark.Stopped || app.told.CountMissing(app.met()) == 0 {
		return false
	}
	app.restless = app.shifted || app.fresh > 0
	return app.restless && app.passes < maxPasses
}

// beginConclusion does an app's last step beside the loop.
func (r *usageRun) beginConclusion(app *appRun) {
	r.writing++
	ledger := app.ledger
	r.spawn(func() func() error { return r.conclude(app, ledger) })
}

// heal reads an app's list again that moved while it was read. Rows with new
// activity went to its head, behind our back, so the head is read until
// something known is met. Where pages were read out of their order, other rows
// may have slipped between two of them, so all is read again, in order.
func (r *usageRun) heal(app *appRun, skip int) {
	r.ready = append([]*pageTask{{app: app, skip: skip, heal: true}}, r.ready...)
}

// conclude brings an app's number of active users up to date and finishes it.
func (r *usageRun) conclude(app *appRun, l *ledger) func() error {
	err := r.concludePatiently(app, l)
	return func() error {
		r.writing--
		if r.ctx.Err() != nil {
			return r.ctx.Err()
		}
		if kind := httpx.KindOf(err); err != nil && (kind == httpx.KindUnauthorized || kind == httpx.KindConfig) {
			return err
		}
		switch kind := httpx.KindOf(err); {
		case err == nil:
			r.finished(app)
		case kind == httpx.KindStopping:
			r.halted = true
		case kind.Retryable() && !errors.Is(err, httpx.ErrSingledOut):
			return r.concludeFailed(app, err)
		default:
			return r.rejectApp(app, "number of active users not written", err)
		}
		return nil
	}
}

// updateActive writes Total Active Users where it differs. It can be told from
// the assignments where Oomnitza keeps last activity, else only from a list
// that was read whole in one go. A list that is known to lack rows tells nothing.
func (r *usageRun) updateActive(app *appRun, l *ledger) error {
	whole := r.in.Window.Mode == saas.ModeFull && !r.resumed
	if app.partial || !app.ref.Ours || saas.IsImaginary(app.ref.SaaS) || (r.keeping.value() != contract.KeepingKept && !whole) {
		return nil
	}
	if err := l.load(r.ctx, r.target, app.ref.SaaS, r.people.written); err != nil {
		return err
	}
	if !l.whole() {
		r.notes.Add(NoteListCutOff)
		return nil
	}
	threshold := app.ref.Threshold
	if threshold == 0 {
		threshold = r.in.Policy.Threshold("")
	}
	active := l.active(r.in.Began, threshold)
	if active == app.ref.ActiveUsers {
		return nil
	}
	return r.target.SetTotal(r.ctx, app.ref.SaaS, active)
}
