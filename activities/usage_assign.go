package activities

import (
	"defendersync/internal/oomnitza"
	"defendersync/internal/saas"
	"defendersync/internal/wire"
)

// assign writes the visits that are news. Those whose person another page of
// the app is writing at this moment wait for it, and are then judged anew.
func (r *usageRun) assign(t *pageTask, l *ledger, visits []visit, out *pageOutcome) error {
	for len(visits) > 0 {
		batch, rest, judged := r.judgeable(visits)
		news, waiting, did, known := l.claim(batch, r.keeping.value())
		refused, err := r.send(t, l, news)
		judged()
		if err != nil {
			return err
		}
		out.known += known
		out.users.Added += did.Added
		out.users.Updated += did.Updated
		out.users.Unchanged += did.Unchanged
		out.users.Repeated += did.Repeated
		r.refuse(t, refused, out)
		l.await(waiting)
		if visits = rest; len(waiting) > 0 {
			visits = append(waiting, rest...)
		}
	}
	return nil
}

// judgeable are the visits that can be judged at this moment. Until it is
// known whether last activity is kept that is one, and no other page judges
// any: a tenant that keeps none has nobody who needs to be told of again.
func (r *usageRun) judgeable(visits []visit) (batch, rest []visit, judged func()) {
	k := r.keeping
	if r.in.DryRun != "" || k.value() != KeepingUnknown {
		return visits, nil, func() {}
	}
	k.judging.Lock()
	if k.value() != KeepingUnknown {
		k.judging.Unlock()
		return visits, nil, func() {}
	}
	return visits[:1], visits[1:], k.judging.Unlock
}

// refusal is a visit that Oomnitza did not take.
type refusal struct {
	visit visit
	added bool
	why   string
}

// send assigns claimed visits and releases them. In a dry run it only
// pretends.
func (r *usageRun) send(t *pageTask, l *ledger, news []visit) ([]refusal, error) {
	if len(news) == 0 {
		return nil, nil
	}
	if r.in.DryRun != "" {
		r.a.rehearsal.assign(r.in.DryRun, t.app.ref.App, news)
		l.release(news, true)
		return nil, nil
	}
	rest, refused, err := r.learn(t, news)
	for len(rest) > 0 && err == nil {
		n := min(len(rest), maxAssign)
		var bad []oomnitza.RowError
		if bad, err = r.a.oomnitza.Assign(r.ctx, t.app.ref.SaaS, assignments(rest[:n], r.keeping.value())); err == nil {
			refused = append(refused, match(rest[:n], bad)...)
			rest = rest[n:]
		}
	}
	if err != nil {
		l.release(news, false)
		return nil, err
	}
	no := make(map[string]bool, len(refused))
	for i := range refused {
		refused[i].added = !l.has(refused[i].visit.id)
		no[refused[i].visit.id] = true
	}
	l.settle(news, no)
	return refused, nil
}

// learn sends the session's first assignment alone and reads it back, to see
// whether Oomnitza keeps the last activity that came with it. One that is
// refused is sent again without.
func (r *usageRun) learn(t *pageTask, news []visit) ([]visit, []refusal, error) {
	k := r.keeping
	if k.value() != KeepingUnknown {
		return news, nil, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.state != KeepingUnknown {
		return news, nil, nil
	}
	one := news[:1]
	bad, err := r.a.oomnitza.Assign(r.ctx, t.app.ref.SaaS, assignments(one, KeepingUnknown))
	if err != nil {
		return nil, nil, err
	}
	if len(bad) > 0 {
		again, err := r.a.oomnitza.Assign(r.ctx, t.app.ref.SaaS, assignments(one, KeepingRefused))
		if err != nil {
			return nil, nil, err
		}
		if len(again) == 0 {
			k.state = KeepingRefused
			return news[1:], nil, nil
		}
		return news[1:], match(one, bad), nil
	}
	k.state, err = r.readBack(t.app.ref.SaaS, one[0].id)
	return news[1:], nil, err
}

// readBack tells what became of the last activity of a person who has just
// been assigned.
func (r *usageRun) readBack(saasID, personID string) (Keeping, error) {
	state := KeepingUnknown
	err := r.a.oomnitza.Assigned(r.ctx, saasID, func(a oomnitza.Assigned) error {
		switch {
		case a.UserID != personID:
		case a.LastVisit.IsZero():
			state = KeepingIgnored
		default:
			state = KeepingKept
		}
		return nil
	})
	if err == nil && state == KeepingUnknown {
		err = &wire.Error{Peer: "Oomnitza", Op: "read back the first assignment", Kind: wire.KindContract,
			Message: "the user who was assigned is not among the users of the SaaS record", Hint: "the tenant's API differs from what defendersync knows; nothing else was written"}
	}
	return state, err
}

// refuse counts the rows that Oomnitza did not take. The ids of their people
// are looked up anew next time, in case they are stale.
func (r *usageRun) refuse(t *pageTask, refused []refusal, out *pageOutcome) {
	for _, f := range refused {
		if f.added {
			out.users.Added--
		} else {
			out.users.Updated--
		}
		out.users.Rejected++
		out.stale = append(out.stale, f.visit.key)
		out.rejects.Add(saas.Reject{Reason: "assignment refused by Oomnitza", Stream: r.in.Stream.ID, App: t.app.ref.App, Subject: f.visit.key, Detail: f.why}, maxSamples)
	}
}

// assignments turns visits into what the client sends, without the last
// activity where the tenant refuses that.
func assignments(visits []visit, keeping Keeping) []oomnitza.Assignment {
	out := make([]oomnitza.Assignment, len(visits))
	for i, v := range visits {
		out[i] = oomnitza.Assignment{UserID: v.id}
		if keeping != KeepingRefused {
			out[i].LastVisit = v.last
		}
	}
	return out
}

// match finds the visits that row errors speak of. An error that names nobody
// speaks of all.
func match(visits []visit, bad []oomnitza.RowError) []refusal {
	var out []refusal
	for _, b := range bad {
		for _, v := range visits {
			if b.UserID == v.id || b.UserID == "" {
				out = append(out, refusal{visit: v, why: b.Message})
			}
		}
	}
	return out
}
