package usersync

import (
	"errors"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// assignTold assigns people. Where the answer is empty, and it is not known yet
// whether this tenant's answers always are, it looks whether the last of them is
// there.
func (r *usageRun) assignTold(t *pageTask, visits []visit, keeping contract.Keeping) ([]saas.RowError, error) {
	saasID := t.app.ref.SaaS
	bad, err := r.target.Assign(r.ctx, saasID, assignments(visits, keeping))
	if !errors.Is(err, httpx.ErrUnconfirmed) || r.target.IsTalkative() {
		return bad, err
	}
	there, lookErr := r.awaitAssigned(saasID, visits[len(visits)-1])
	switch {
	case lookErr != nil:
		return nil, lookErr
	case !there:
		return nil, err
	}
	r.target.BelieveSilence()
	return nil, nil
}

// awaitAssigned reports whether an assignment shows, with what was sent. A read
// may lag behind the write.
func (r *usageRun) awaitAssigned(saasID string, sent visit) (bool, error) {
	for try := 0; ; try++ {
		seen, last, err := r.look(saasID, sent.id)
		switch {
		case err != nil:
			return false, err
		case seen && (last.IsZero() || !last.Before(sent.last.Truncate(time.Second))):
			return true, nil
		case try == briefTries:
			return false, nil
		}
		r.tellWaiting("Oomnitza: an assignment whose answer was empty is read back until it shows")
		if err := r.waitBriefly(r.ctx, try); err != nil {
			return false, err
		}
	}
}
