package usersync

import (
	"errors"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// assignConfirmed assigns people. Where the answer says nothing, and it is not
// known yet whether this tenant's answers always do, it looks whether the last
// of them is there.
func (w *writer) assignConfirmed(visits []visit, keeping contract.Keeping) ([]saas.RowError, error) {
	bad, err := w.target.Assign(w.ctx, w.record, makeAssignments(visits, keeping))
	if !errors.Is(err, httpx.ErrUnconfirmed) || w.target.IsTalkative() {
		return bad, err
	}
	there, lookErr := w.awaitAssigned(visits[len(visits)-1])
	switch {
	case lookErr != nil:
		return nil, lookErr
	case !there:
		return nil, err
	}
	w.target.BelieveSilence()
	return nil, nil
}

// awaitAssigned reports whether an assignment shows, with what was sent. A read
// may lag behind the write.
func (w *writer) awaitAssigned(sent visit) (bool, error) {
	for try := 0; ; try++ {
		seen, last, err := w.findAssigned(sent.id)
		switch {
		case err != nil:
			return false, err
		case seen && (last.IsZero() || !last.Before(sent.lastActivity.Truncate(time.Second))):
			return true, nil
		case try == briefTries:
			return false, nil
		}
		if err := w.pauseFor("Oomnitza: an assignment whose answer was empty is read back until it shows", try); err != nil {
			return false, err
		}
	}
}
