package usersync

import (
	"context"
	"time"
)

// Reads may lag behind writes. What this worker has sent it remembers; what another
// one sent a moment ago it cannot know, and a list that lags would have it write less.
// So where it takes a session over, it gives those writes time to show.

// settlePauses is for how long, in first pauses after a failed request: ten seconds.
const settlePauses = 10

// waitSettling is the wait of a run that reads lists a moment after another worker.
const waitSettling = "Oomnitza: what another worker wrote is given time to show"

// findSettled tells when reads show what was written before a run began, the latest
// of it at a time by another worker's clock. Where that runs ahead the wait is no longer.
func findSettled(began, written time.Time, settling time.Duration) time.Time {
	if written.After(began) {
		written = began
	}
	return written.Add(settling)
}

// followsAnother reports whether another worker may have written to the session's
// records since this one did. It has to be asked before the run begins its turn.
func (r *run) followsAnother() bool {
	token := r.in.Memory
	if r.resumed {
		token = r.cp.Memory
	}
	first := token == "" && !r.resumed
	return r.in.DryRun == "" && !first && !r.ledgers.isLatest(r.attempt.Session, token)
}

// loadAssigned has a ledger read who is assigned, once what others wrote shows. Meanwhile
// the run reads on. The pages of a record wait in their order, so that they go on in it.
func (r *run) loadAssigned(ctx context.Context, l *ledger, record string) error {
	return l.loadAssigned(ctx, r.target, record, func() (map[string]recent, error) {
		if wait := time.Until(r.settled); wait > 0 {
			r.postEvent(waitNoticed{waitSettling})
			if err := sleepFor(ctx, wait); err != nil {
				return nil, err
			}
		}
		return r.people.listSent(record), nil
	})
}
