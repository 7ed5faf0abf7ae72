package usersync

import (
	"errors"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// startTotal does the last step of a list: it brings the number of active users
// up to date.
func (r *run) startTotal(l *list) {
	ledger, incomplete := l.ledger, l.incomplete
	r.startWork(totalling, func() event {
		if incomplete || !l.ref.Ours || !r.canTellTotal() {
			return totalSet{l, nil}
		}
		return totalSet{l, r.setTotal(l.ref, ledger)}
	})
}

// canTellTotal reports whether the number of active users can be told: from the
// assignments where the target keeps last activity, else only from a list that
// was read whole in one go.
func (r *run) canTellTotal() bool {
	return r.keeping.getKeeping() == contract.KeepingKept || r.in.Window.Mode == saas.ModeFull && !r.resumed
}

// setTotal writes the number of active users of a record where it differs. A
// record that was just made may not be found yet.
func (r *run) setTotal(ref contract.AppRef, l *ledger) error {
	for try := 0; ; try++ {
		err := r.tryTotal(ref, l)
		if httpx.KindOf(err) != httpx.KindNotFound || try == briefTries {
			return err
		}
		r.postEvent(waitNoticed{err.Error()})
		if err := r.waitBriefly(r.ctx, try); err != nil {
			return err
		}
	}
}

func (r *run) tryTotal(ref contract.AppRef, l *ledger) error {
	if err := r.loadAssigned(r.ctx, l, ref.SaaS); err != nil {
		return err
	}
	if !l.isWhole() {
		r.notes.Add(NoteListCutOff)
		return nil
	}
	threshold := ref.Threshold
	if threshold == 0 {
		threshold = r.in.Policy.Threshold("")
	}
	active := l.countActive(r.in.Began, threshold)
	if active == ref.ActiveUsers {
		return nil
	}
	return r.target.SetTotal(r.ctx, ref.SaaS, active)
}

// takeTotal ends a list. While the target is out the step waits.
func (r *run) takeTotal(e totalSet) error {
	kind := httpx.KindOf(e.err)
	if ends, done := r.failsForGood(e.err, kind == httpx.KindUnauthorized || kind == httpx.KindConfig); done {
		return ends
	}
	switch {
	case e.err == nil:
		r.endList(e.list, written)
	case kind.Retryable() && !errors.Is(e.err, httpx.ErrSingledOut):
		r.noteFailure(&e.list.total, e.err)
		r.startWork(doubtingTarget, func() event { return totalBlamed{e.list, e.err, r.target.Blame(r.ctx, e.err)} })
	default:
		r.rejectTotal(e.list, e.err)
	}
	return nil
}

// takeTotalBlame decides about a number that could not be written. In an outage
// it waits; else the step is done once more before the list is rejected.
func (r *run) takeTotalBlame(e totalBlamed) error {
	l := e.list
	if ends, done := r.failsForGood(e.err, e.err != nil && !httpx.KindOf(e.err).Retryable()); done {
		return ends
	}
	if e.err == nil && !l.total.spareOnce(e.cause) {
		r.rejectTotal(l, e.cause)
		return nil
	}
	if e.err != nil {
		l.total.spared, r.cp.Failure = false, e.err.Error()
	}
	if !r.stopping {
		r.startAfter(r.pauseFor(&l.total), totalPauseEnded{l})
	}
	return nil
}

// rejectTotal gives up a list whose last step fails.
func (r *run) rejectTotal(l *list, err error) {
	r.rejectList(l, "number of active users not written", err.Error())
}
