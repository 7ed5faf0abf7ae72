package usersync

import "defendersync/internal/httpx"

// writeFailed decides what a failed write means. The rows stay in memory while
// Oomnitza is out, so that nothing is fetched again for it. What one row is to
// blame for has been rejected by now: what is left is about the app, its page
// or the tenant.
func (r *usageRun) writeFailed(t *pageTask, err error) error {
	kind := httpx.KindOf(err)
	switch {
	case r.ctx.Err() != nil:
		return r.ctx.Err()
	case kind == httpx.KindStopping:
		r.halted = true
		return nil
	case kind == httpx.KindConfig, kind == httpx.KindContract, kind == "":
		return err
	}
	r.failed(t, err)
	if t.fails >= patience || kind == httpx.KindUnauthorized {
		if kind.Retryable() && r.lastSave.After(t.firstFail) {
			return r.rejectWrite(t, err)
		}
		return r.suspectWrite(t, err)
	}
	return r.writeLater(t)
}

// triesOnceMore reports whether what kept failing is tried once more before it
// is given up: an outage may have ended between its last failure and the write
// that proves that the tenant works.
func (r *usageRun) triesOnceMore(t *pageTask, err error) bool {
	if !httpx.KindOf(err).Retryable() || t.doubted {
		return false
	}
	t.doubted = true
	return true
}

// writeLater tries a page again after a pause; what can't be written while the
// worker stops is left to the next one.
func (r *usageRun) writeLater(t *pageTask) error {
	if r.halted {
		return nil
	}
	r.later(r.pause(t), func() error {
		r.unwritten = append(r.unwritten, t)
		return nil
	})
	return nil
}

// suspectWrite asks Oomnitza for a write that is known to work. When that is
// not taken either, the tenant is at fault and the page waits, or the session
// ends; when it is, the page or its app is rejected.
func (r *usageRun) suspectWrite(t *pageTask, err error) error {
	r.writing++
	r.spawn(func() func() error {
		blame := r.target.Blame(r.ctx, err)
		return func() error {
			r.writing--
			switch kind := httpx.KindOf(blame); {
			case t.app.finished:
				return nil
			case r.ctx.Err() != nil:
				return r.ctx.Err()
			case blame == nil && t.fails < patience:
				return r.writeLater(t)
			case blame == nil:
				return r.rejectWrite(t, err)
			case kind == httpx.KindStopping:
				r.halted = true
				return nil
			case !kind.Retryable():
				return blame
			}
			t.fails, t.doubted, r.cp.Failure = patience-1, false, blame.Error()
			return r.writeLater(t)
		}
	})
	return nil
}

// rejectWrite gives up what keeps failing while the tenant takes other writes.
func (r *usageRun) rejectWrite(t *pageTask, err error) error {
	if r.triesOnceMore(t, err) {
		return r.writeLater(t)
	}
	switch kind := httpx.KindOf(err); {
	case kind == httpx.KindNotFound:
		return r.rejectApp(t.app, "SaaS record missing in Oomnitza", err)
	case kind.Retryable():
		return r.rejectPage(t, err)
	}
	return r.rejectApp(t.app, "users of the app refused by Oomnitza", err)
}

// concludePatiently brings an app's number of active users up to date. A record
// that was just made may not be found yet.
func (r *usageRun) concludePatiently(app *appRun, l *ledger) error {
	for try := 0; ; try++ {
		err := r.updateActive(app, l)
		if httpx.KindOf(err) != httpx.KindNotFound || try == briefTries {
			return err
		}
		r.tellWaiting(err.Error())
		if err := r.waitBriefly(r.ctx, try); err != nil {
			return err
		}
	}
}

// concludeFailed decides what it means that an app's last step failed. In an
// outage it waits; else the step is done once more.
func (r *usageRun) concludeFailed(app *appRun, err error) error {
	t := &app.ending
	t.app = app
	r.failed(t, err)
	r.writing++
	r.spawn(func() func() error {
		blame := r.target.Blame(r.ctx, err)
		return func() error {
			r.writing--
			switch kind := httpx.KindOf(blame); {
			case r.ctx.Err() != nil:
				return r.ctx.Err()
			case blame == nil && r.triesOnceMore(t, err):
				return r.concludeLater(app)
			case blame == nil:
				return r.rejectApp(app, "number of active users not written", err)
			case kind == httpx.KindStopping:
				r.halted = true
				return nil
			case !kind.Retryable():
				return blame
			}
			t.doubted, r.cp.Failure = false, blame.Error()
			return r.concludeLater(app)
		}
	})
	return nil
}

// concludeLater does an app's last step again after a pause. Where the worker
// stops, that is the next one's.
func (r *usageRun) concludeLater(app *appRun) error {
	if r.halted {
		return nil
	}
	r.later(r.pause(&app.ending), func() error {
		if !r.halted && !app.finished {
			r.beginConclusion(app)
		}
		return nil
	})
	return nil
}
