package usersync

import (
	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// NoteListCutOff is the note of a tenant that does not show all users of an
// app.
const NoteListCutOff = "Oomnitza's list of the users of some apps is cut off, or may be: who it does not show was looked up one by one, and Total Active Users of these apps was left as it is"

// assign writes the visits that are news. Those whose person another page of
// the app is writing at this moment wait for it, and are then judged anew.
func (r *usageRun) assign(t *pageTask, l *ledger, visits []visit, people map[string]saas.Person, out *pageOutcome) error {
	if err := l.survey(r.ctx, r.target, t.app.ref.SaaS, visits); err != nil {
		return err
	}
	for len(visits) > 0 {
		batch, rest, judged := r.judgeable(l, visits)
		c := l.claim(batch, r.keeping.value())
		refused, err := r.send(t, l, c.news)
		judged()
		if err != nil {
			return err
		}
		out.known += c.known
		out.users.Added += c.did.Added
		out.users.Updated += c.did.Updated
		out.users.Unchanged += c.did.Unchanged
		out.users.Repeated += c.did.Repeated
		r.hold(t, c.held, out)
		again, err := r.renew(t, l, refused, people, out)
		if err != nil {
			return err
		}
		l.await(c.waiting)
		if visits = rest; len(c.waiting)+len(again) > 0 {
			visits = append(append(again, c.waiting...), rest...)
		}
	}
	return nil
}

// judgeable are the visits that can be judged at this moment. Until it is
// known whether last activity is kept that is one, and no other page judges
// any: a tenant that keeps none has nobody who needs to be told of again. A
// record that takes nobody teaches nothing.
func (r *usageRun) judgeable(l *ledger, visits []visit) (batch, rest []visit, judged func()) {
	k := r.keeping
	if k.value() != contract.KeepingUnknown || l.isShut() {
		return visits, nil, func() {}
	}
	k.judging.Lock()
	if k.value() != contract.KeepingUnknown {
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

// renew looks up anew the people whose ids were remembered and who were
// refused: somebody may have been deleted and made anew meanwhile. Those who
// have another id now are to be written again; all others are rejected.
func (r *usageRun) renew(t *pageTask, l *ledger, refused []refusal, people map[string]saas.Person, out *pageOutcome) ([]visit, error) {
	stale := map[string]saas.Person{}
	for _, f := range refused {
		if f.visit.remembered {
			r.people.forget(f.visit.key)
			stale[f.visit.key] = people[f.visit.key]
		}
	}
	if len(stale) == 0 {
		r.reject(t, refused, out)
		return nil, nil
	}
	found, err := r.resolver().resolve(r.ctx, stale)
	if err != nil {
		return nil, err
	}
	var again []visit
	var final []refusal
	for _, f := range refused {
		got, asked := found[f.visit.key]
		if !asked || got.id == "" || got.id == f.visit.id {
			final = append(final, f)
			continue
		}
		f.uncount(out)
		f.visit.id, f.visit.remembered = got.id, false
		again = append(again, f.visit)
	}
	r.reject(t, final, out)
	return again, l.survey(r.ctx, r.target, t.app.ref.SaaS, again)
}

// uncount takes a refused visit out of what was done.
func (f refusal) uncount(out *pageOutcome) {
	if f.added {
		out.users.Added--
	} else {
		out.users.Updated--
	}
	out.users.Repeated -= f.visit.rows - 1
}

// reject counts the rows that Oomnitza did not take. The ids of their people
// are looked up anew next time, in case they are stale.
func (r *usageRun) reject(t *pageTask, refused []refusal, out *pageOutcome) {
	for _, f := range refused {
		if f.added {
			out.users.Added--
		} else {
			out.users.Updated--
		}
		out.users.Rejected++
		out.stale = append(out.stale, f.visit.key)
		out.rejects.Add(saas.Reject{Reason: "assignment refused by Oomnitza", Stream: r.in.Stream.ID, App: t.app.ref.App, Subject: f.visit.key, Detail: f.why}, saas.MaxSamples)
	}
}

// hold counts the people whose last activity in Oomnitza is not known and may
// be later than what Defender tells.
func (r *usageRun) hold(t *pageTask, held []visit, out *pageOutcome) {
	for _, v := range held {
		out.users.Rejected += v.rows
		out.rejects.Add(saas.Reject{
			Reason: "last activity in Oomnitza not known", Stream: r.in.Stream.ID, App: t.app.ref.App, Subject: v.key,
			Detail: "Oomnitza's list of the app's users is cut off before this person, who may have a later last activity there",
		}, saas.MaxSamples)
	}
}

// assignments turns visits into what the client sends, without the last
// activity where the tenant refuses that.
func assignments(visits []visit, keeping contract.Keeping) []saas.Assignment {
	out := make([]saas.Assignment, len(visits))
	for i, v := range visits {
		out[i] = saas.Assignment{UserID: v.id}
		if keeping != contract.KeepingRefused {
			out[i].LastVisit = v.last
		}
	}
	return out
}
