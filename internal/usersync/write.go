package usersync

import (
	"time"

	"defendersync/internal/saas"
)

// pageOutcome is what came of writing one page.
type pageOutcome struct {
	users   saas.UserCounts
	people  saas.PeopleCounts
	rejects saas.Tally
	skips   saas.Tally
	stale   []string // keys of people whose ids may be out of date
	known   int      // people of whom Oomnitza knew all that the page says
}

// write puts one page into Oomnitza. It runs beside the loop.
func (r *usageRun) write(t *pageTask, ledger *ledger) func() error {
	var out pageOutcome
	err := r.put(t, ledger, &out)
	return func() error {
		r.writing--
		r.cp.Counts.People.Created += r.people.takeCreated()
		if t.app.finished {
			return nil
		}
		if err != nil {
			return r.writeFailed(t, err)
		}
		return r.wrote(t, out)
	}
}

// put maps the rows to people, finds or makes those, and assigns them.
func (r *usageRun) put(t *pageTask, l *ledger, out *pageOutcome) error {
	out.users.Seen = len(t.page.Users) + len(t.page.Bad)
	for _, bad := range t.page.Bad {
		out.users.Rejected++
		out.rejects.Add(saas.Reject{Reason: "user row unreadable", Stream: r.in.Stream.ID, App: t.app.ref.App, Subject: bad.ID, Detail: bad.Reason}, saas.MaxSamples)
	}
	visits, people := r.gather(t, out)
	if len(visits) == 0 {
		return nil
	}
	found, err := r.resolver().resolve(r.ctx, people)
	if err != nil {
		return err
	}
	visits = r.identify(t, visits, people, found, out)
	if err := l.load(r.ctx, r.target, t.app.ref.SaaS, r.people.written); err != nil {
		return err
	}
	if !l.whole() {
		r.notes.Add(NoteListCutOff)
	}
	if err := r.assign(t, l, visits, people, out); err != nil {
		l.unmeet(visits)
		return err
	}
	l.counted(visits)
	return nil
}

// resolver finds and makes people for this run.
func (r *usageRun) resolver() *resolver {
	return &resolver{Engine: r.Engine, target: r.target, known: r.people, notes: r.notes, waiting: r.tellWaiting}
}

// tellWaiting shows what a page waits for, until the next page is written.
func (r *usageRun) tellWaiting(what string) {
	r.post(func() error {
		r.cp.Failure, r.dirty = what, true
		return nil
	})
}

// gather maps the rows of a page to people by the rules, one visit a person.
func (r *usageRun) gather(t *pageTask, out *pageOutcome) ([]visit, map[string]saas.Person) {
	visits := make([]visit, 0, len(t.page.Users))
	people := make(map[string]saas.Person, len(t.page.Users))
	at := make(map[string]int, len(t.page.Users))
	for _, u := range t.page.Users {
		p, skip := r.namer.Person(u.User)
		if u.Weak {
			skip = saas.SkipUnmappable
		}
		if skip != "" {
			r.skip(t, out, skip, u)
			continue
		}
		key := personKey(p)
		if i, ok := at[key]; ok {
			visits[i].rows++
			if u.LastSeen.After(visits[i].last) {
				visits[i].last = u.LastSeen
			}
			continue
		}
		at[key] = len(visits)
		visits = append(visits, visit{key: key, last: u.LastSeen, rows: 1})
		people[key] = p
	}
	return visits, people
}

// identify gives the visits their people's ids, joins those that turn out to
// be one person, and rejects those whose person could not be had.
func (r *usageRun) identify(t *pageTask, visits []visit, people map[string]saas.Person, found map[string]resolved, out *pageOutcome) []visit {
	kept := visits[:0]
	at := make(map[string]int, len(visits))
	for _, v := range visits {
		got := found[v.key]
		if got.id == "" {
			out.people.Rejected++
			out.users.Rejected += v.rows
			out.rejects.Add(saas.Reject{Reason: refusalReason(got.err), Stream: r.in.Stream.ID, App: t.app.ref.App, Subject: people[v.key].Username, Detail: message(got.err)}, saas.MaxSamples)
			continue
		}
		v.id, v.remembered = got.id, got.remembered
		if i, ok := at[v.id]; ok {
			kept[i].rows += v.rows
			if v.last.After(kept[i].last) {
				kept[i].last = v.last
			}
			continue
		}
		at[v.id] = len(kept)
		kept = append(kept, v)
	}
	return kept
}

// wrote takes in what came of a page and goes on with its app.
func (r *usageRun) wrote(t *pageTask, out pageOutcome) error {
	r.lastSave, r.cp.Failure = time.Now(), ""
	if t.heal {
		out.users.Seen -= out.users.Repeated
		out.users.Repeated = 0
	}
	r.cp.Counts = r.cp.Counts.Add(saas.Counts{Users: out.users, People: out.people})
	r.cp.Rejects.Merge(out.rejects, saas.MaxSamples)
	r.cp.Skips.Merge(out.skips, maxSkipSamples)
	app := t.app
	r.stale = append(r.stale, out.stale...)
	app.retry = app.retry || out.rejects.Total() > 0
	if t.heal && t.more && (app.jumbled || out.known == 0) {
		r.heal(app, t.next)
		return nil
	}
	return r.settle(t)
}
