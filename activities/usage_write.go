package activities

import (
	"errors"
	"time"

	"defendersync/internal/oomnitza"
	"defendersync/internal/saas"
	"defendersync/internal/wire"
)

// maxAssign is the most assignments sent at once. No limit is published; a
// hundred is what Oomnitza's own connector sends [WIRE].
const maxAssign = 100

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
		out.rejects.Add(saas.Reject{Reason: "user row unreadable", Stream: r.in.Stream.ID, App: t.app.ref.App, Subject: bad.ID, Detail: bad.Reason}, maxSamples)
	}
	visits, people := r.gather(t, out)
	if len(visits) == 0 {
		return nil
	}
	found, err := r.a.resolve(r.ctx, people, r.in.DryRun)
	if err != nil {
		return err
	}
	visits = r.identify(t, visits, people, found, out)
	if err := l.load(r.ctx, r.a.oomnitza, t.app.ref.SaaS); err != nil {
		return err
	}
	if r.in.DryRun != "" {
		r.a.rehearsal.recall(r.in.DryRun, t.app.ref.App, visits, l)
	}
	if err := r.assign(t, l, visits, out); err != nil {
		l.unmeet(visits)
		return err
	}
	return nil
}

// gather maps the rows of a page to people by the rules, one visit a person.
func (r *usageRun) gather(t *pageTask, out *pageOutcome) ([]visit, map[string]saas.Person) {
	visits := make([]visit, 0, len(t.page.Users))
	people := make(map[string]saas.Person, len(t.page.Users))
	at := make(map[string]int, len(t.page.Users))
	for _, u := range t.page.Users {
		p, skip := r.namer.Person(u.User)
		if skip != "" {
			out.users.Skipped++
			out.skips.Count(string(skip), 1)
			continue
		}
		key := saas.Fold(p.Username)
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
		if got.created {
			out.people.Created++
		}
		if got.id == "" {
			out.people.Rejected++
			out.users.Rejected += v.rows
			out.rejects.Add(saas.Reject{Reason: "person refused by Oomnitza", Stream: r.in.Stream.ID, App: t.app.ref.App, Subject: people[v.key].Username, Detail: message(got.err)}, maxSamples)
			continue
		}
		v.id = got.id
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

// wrote takes in what came of a page and goes on with its app.
func (r *usageRun) wrote(t *pageTask, out pageOutcome) error {
	r.lastSave, r.cp.Waiting = time.Now(), ""
	if t.heal {
		out.users.Seen -= out.users.Repeated
		out.users.Repeated = 0
	}
	r.cp.Counts = r.cp.Counts.Add(saas.Counts{Users: out.users, People: out.people})
	r.cp.Rejects.Merge(out.rejects, maxSamples)
	r.cp.Skips.Merge(out.skips, maxSamples)
	app := t.app
	r.stale = append(r.stale, out.stale...)
	app.retry = app.retry || out.rejects.Total() > 0
	if t.heal && t.page.Next >= 0 && (app.jumbled || out.known == 0) {
		r.heal(app, t.next)
		return nil
	}
	return r.settle(t)
}

// settle records a page as done with and, after the last, its app.
func (r *usageRun) settle(t *pageTask) error {
	app := t.app
	app.open--
	r.dirty = true
	r.cp.Progress = time.Now()
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

// closeList does what is left when every page of an app is written.
func (r *usageRun) closeList(app *appRun) error {
	if app.drift {
		app.drift, app.healing = false, true
		app.open++
		r.heal(app, 0)
		return nil
	}
	if app.mark.End == 0 && app.ref.Users > 0 && r.in.Window.Mode == saas.ModeFull {
		return r.rejectApp(app, "users missing", errNoUsers)
	}
	r.writing++
	ledger := app.ledger
	r.spawn(func() func() error { return r.conclude(app, ledger) })
	return nil
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
	err := r.updateActive(app, l)
	return func() error {
		r.writing--
		if r.ctx.Err() != nil {
			return r.ctx.Err()
		}
		if kind := wire.KindOf(err); err != nil && (kind == wire.KindUnauthorized || kind == wire.KindConfig) {
			return err
		}
		if err != nil {
			return r.rejectApp(app, "number of active users not written", err)
		}
		r.finished(app)
		return nil
	}
}

// updateActive writes Total Active Users where it differs. It can be told from
// the assignments where Oomnitza keeps last activity, else only from a list
// that was read whole in one go.
func (r *usageRun) updateActive(app *appRun, l *ledger) error {
	whole := r.in.Window.Mode == saas.ModeFull && !r.resumed
	if !app.ref.Ours || imaginary(app.ref.SaaS) || r.in.DryRun != "" || (r.keeping.value() != KeepingKept && !whole) {
		return nil
	}
	if err := l.load(r.ctx, r.a.oomnitza, app.ref.SaaS); err != nil {
		return err
	}
	threshold := app.ref.Threshold
	if threshold == 0 {
		threshold = r.in.Policy.Threshold("")
	}
	active := l.active(r.in.Began, threshold)
	if active == app.ref.Visited {
		return nil
	}
	current, err := r.a.oomnitza.GetSaaS(r.ctx, app.ref.SaaS)
	if err != nil {
		return err
	}
	change := current
	change.Visited = active
	return r.a.oomnitza.PatchSaaS(r.ctx, current, change)
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

func message(err error) string {
	var e *wire.Error
	if errors.As(err, &e) && e.Message != "" {
		return e.Message
	}
	if err != nil {
		return err.Error()
	}
	return "no reason given"
}
