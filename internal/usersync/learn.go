package usersync

import (
	"sync"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
	"defendersync/internal/turn"
)

// NoteNotReadBack is the note of a session that could not find out whether the
// tenant keeps the last activity.
const NoteNotReadBack = "Oomnitza did not show the first assignments when they were read back, so it is not known whether it keeps the last activity that is sent with them"

// maxUnseen is how many assignments are read back in vain before the session
// goes on without.
const maxUnseen = 2

// keeper finds out, once for a session, whether Oomnitza keeps last activity.
type keeper struct {
	judging turn.Lock // held by whoever judges a visit while nothing is known
	mu      sync.Mutex
	state   contract.Keeping
	unseen  int // assignments that were not seen when they were read back
}

func newKeeper(states ...contract.Keeping) *keeper {
	k := &keeper{}
	for _, s := range states {
		if s != contract.KeepingUnknown {
			k.state = s
		}
	}
	return k
}

func (k *keeper) value() contract.Keeping {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state
}

// found takes in what reading back an assignment has shown, and tells what is
// known now. When some assignments were not seen the session goes on as if last
// activity were kept, which at worst repeats writes.
func (k *keeper) found(state contract.Keeping) contract.Keeping {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.state = state; state == contract.KeepingUnknown {
		if k.unseen++; k.unseen >= maxUnseen {
			k.state = contract.KeepingUnseen
		}
	}
	return k.state
}

// learn sends the session's first assignment alone and reads it back, to see
// whether Oomnitza keeps the last activity that came with it. One that is
// refused is sent again without. It tells how many of the visits are dealt
// with. Nobody else judges a visit meanwhile.
func (r *usageRun) learn(t *pageTask, l *ledger, news []visit) (sent int, refused []refusal, err error) {
	k := r.keeping
	if k.value() != contract.KeepingUnknown || l.isShut() {
		return 0, nil, nil
	}
	one := news[0]
	why, denied, err := r.sendOne(t, one, contract.KeepingUnknown)
	if err != nil {
		return 0, nil, err
	}
	if denied {
		l.deny(why, fewDenied)
		one.remembered = false
		return 1, []refusal{{visit: one, why: why}}, nil
	}
	if why == "" {
		l.admit()
		state, err := r.readBack(t.app.ref.SaaS, one, l.known(one.id))
		if err == nil && k.found(state) == contract.KeepingUnseen {
			r.notes.Add(NoteNotReadBack)
		}
		return 1, nil, err
	}
	again, _, err := r.sendOne(t, one, contract.KeepingRefused)
	switch {
	case err != nil:
		return 0, nil, err
	case again == "":
		l.admit()
		k.found(contract.KeepingRefused)
		return 1, nil, nil
	}
	l.deny(why, manyDenied)
	return 1, []refusal{{visit: one, why: why}}, nil
}

const (
	// fewDenied is how many people a record must deny, by a 401 or 403, before
	// it is known to take nobody.
	fewDenied = 3
	// manyDenied is the same for people who are refused for other reasons.
	manyDenied = 12
)

// sendOne assigns one person and tells why they are refused, "" when they are
// not, and whether by a denial, which is not about what was sent. What is not
// answered is sent once more when the tenant is proven to work: an outage may
// have ended just then, and would be taken for what the tenant keeps.
func (r *usageRun) sendOne(t *pageTask, v visit, keeping contract.Keeping) (why string, denied bool, err error) {
	b := &batchRun{r: r, t: t}
	bad, err := r.assignTold(t, []visit{v}, keeping)
	if err != nil && httpx.KindOf(err).Retryable() && b.blames(err) {
		bad, err = r.assignTold(t, []visit{v}, keeping)
	}
	if err != nil {
		if b.blames(err) {
			return message(err), httpx.KindOf(err) == httpx.KindUnauthorized, nil
		}
		return "", false, err
	}
	if len(bad) > 0 {
		return bad[0].Message, false, nil
	}
	return "", false, nil
}

// readBack tells what became of the last activity of a person who has just
// been assigned. A read may lag behind the write, so one that does not show
// what was sent is made again for a while: before is what was there.
func (r *usageRun) readBack(saasID string, sent visit, before entry) (contract.Keeping, error) {
	for try := 0; ; try++ {
		seen, last, err := r.look(saasID, sent.id)
		switch {
		case err != nil:
			return contract.KeepingUnknown, err
		case seen && shows(last, before):
			return contract.KeepingKept, nil
		case try < briefTries:
			r.tellWaiting("Oomnitza: the session's first assignment is read back until it shows")
			if err := r.waitBriefly(r.ctx, try); err != nil {
				return contract.KeepingUnknown, err
			}
			continue
		case seen && last.IsZero():
			return contract.KeepingIgnored, nil
		}
		return contract.KeepingUnknown, nil
	}
}

// shows reports whether a last activity that was read can only come from what
// was just sent: one that was there before proves nothing.
func shows(read time.Time, before entry) bool {
	return !read.IsZero() && (before.unsure || read.Unix() != before.last)
}

// look reads whether a person is among the users of a record, and with what
// last activity.
func (r *usageRun) look(record, person string) (seen bool, last time.Time, err error) {
	witness := ""
	whole, err := r.target.ReadAssigned(r.ctx, record, func(a saas.Assigned) error {
		if witness = a.UserID; a.UserID == person {
			seen, last = true, a.LastVisit
		}
		return nil
	})
	switch {
	case seen || httpx.KindOf(err) == httpx.KindNotFound:
		return seen, last, nil
	case err != nil || whole:
		return false, last, err
	}
	found, err := r.target.Standings(r.ctx, record, witness, []string{person})
	s := found[person]
	return s.Exact && s.Assigned, s.Last, err
}
