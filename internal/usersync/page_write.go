package usersync

import (
	"cmp"
	"context"
	"slices"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
	"defendersync/internal/tracing"
)

// How many samples are kept of the users who were skipped, of a page and of an
// attempt: enough to see what their names look like.
const (
	pageSkipSamples = 2
	maxSkipSamples  = 20
)

// outcome is what came of writing one page.
type outcome struct {
	users   saas.UserCounts
	people  saas.PeopleCounts
	rejects saas.Tally
	skips   saas.Tally
	stale   []string // keys of people whose ids may be out of date
	known   int      // people of whom the target knew all that the page says
	beyond  int      // rows that no earlier stream of the session is known to have shown
}

// startWriting puts a page into the target.
func (r *run) startWriting(p *page) {
	w := &writer{run: r, page: p, record: p.list.ref.SaaS, ledger: p.list.ledger}
	r.startWork(writing, func() event {
		var step tracing.Step
		w.ctx, step = tracing.Start(r.ctx, "write a page of users", tracing.KeyRows.Int(len(p.rows.Users)), tracing.KeySkip.Int(p.ask.Skip))
		err := w.writePage()
		step.End(kindOf(err))
		return pageWritten{p, w.out, err}
	})
}

// kindOf is what a trace shows of an error; "" when there is none.
func kindOf(err error) string {
	if err == nil {
		return ""
	}
	return cmp.Or(string(httpx.KindOf(err)), "Failed")
}

// writer writes one page. It runs beside the loop and touches none of its state
// but what the writers share.
type writer struct {
	*run
	ctx    context.Context // the run's, in the page's step of the trace
	page   *page
	record string // id of the app's record
	ledger *ledger
	out    outcome
}

// writePage maps the rows to people, finds or creates these, and assigns who is new
// or newer.
func (w *writer) writePage() error {
	w.noteBadRows()
	visits := w.mapRows()
	if len(visits) == 0 {
		return nil
	}
	if err := w.newResolver().resolveVisits(w.ctx, visits); err != nil {
		return err
	}
	visits = w.identifyVisits(visits)
	if err := w.loadAssigned(w.ctx, w.ledger, w.record); err != nil {
		return err
	}
	if !w.ledger.isWhole() {
		w.notes.Add(NoteListCutOff)
	}
	if err := w.assignVisits(visits); err != nil {
		w.ledger.forgetMet(visits)
		return err
	}
	w.out.beyond = w.ledger.countBeyond(visits)
	w.ledger.noteCounted(visits)
	return nil
}

// noteBadRows rejects the rows of which no user can be made.
func (w *writer) noteBadRows() {
	w.out.users.Seen = len(w.page.rows.Users) + len(w.page.rows.Bad)
	for _, bad := range w.page.rows.Bad {
		w.out.users.Rejected++
		w.rejectRow("user row unreadable", bad.ID, bad.Reason)
	}
}

// rejectRow counts a rejected row.
func (w *writer) rejectRow(reason, subject, detail string) {
	w.out.rejects.Add(saas.Reject{Reason: reason, Stream: w.in.Stream.ID, App: w.page.list.ref.App, Subject: subject, Detail: detail}, saas.MaxSamples)
}

// mapRows maps the rows of the page to people by the rules, one visit a person.
func (w *writer) mapRows() []visit {
	rows := w.page.rows.Users
	visits := make([]visit, 0, len(rows))
	at := make(map[string]int, len(rows))
	for _, u := range rows {
		p, skip := w.namer.Person(u.User)
		if u.Weak {
			skip = saas.SkipUnmappable
		}
		if skip != "" {
			w.skipUser(skip, u)
			continue
		}
		key := personKey(p)
		if i, ok := at[key]; ok {
			visits[i].mergeVisit(visit{lastActivity: u.LastActivity, rows: 1})
			continue
		}
		at[key] = len(visits)
		visits = append(visits, visit{person: &p, key: key, lastActivity: u.LastActivity, rows: 1})
	}
	return visits
}

// skipUser counts a user who is left out by rule. Of those whose names are of no
// use a few are kept, masked, with the keys of their rows.
func (w *writer) skipUser(reason saas.SkipReason, u saas.Usage) {
	w.out.users.Skipped++
	if !reason.IsDoubtful() {
		w.out.skips.Count(string(reason), 1)
		return
	}
	w.out.skips.Add(saas.Reject{Reason: string(reason), Stream: w.in.Stream.ID, App: w.page.list.ref.App,
		Subject: saas.MaskName(u.User), Detail: "keys of the row: " + w.page.rows.Keys}, pageSkipSamples)
}

// identifyVisits joins the visits that turn out to be one person's, and rejects those
// whose person could not be had.
func (w *writer) identifyVisits(visits []visit) []visit {
	kept := visits[:0]
	at := make(map[string]int, len(visits))
	for _, v := range visits {
		if v.id == "" {
			w.out.people.Rejected++
			w.out.users.Rejected += v.rows
			w.rejectRow(refusalReason(v.refusal), v.person.Username, shortenError(v.refusal))
			continue
		}
		if i, ok := at[v.id]; ok {
			kept[i].mergeVisit(v)
			continue
		}
		at[v.id] = len(kept)
		kept = append(kept, v)
	}
	return kept
}

// newResolver finds and creates people for this page.
func (w *writer) newResolver() *resolver {
	return &resolver{Engine: w.Engine, target: w.target, known: w.people, notes: w.notes, waiting: w.noteWait}
}

// noteWait shows what the page waits for, until the next page is written.
func (w *writer) noteWait(what string) { w.postEvent(waitNoticed{what}) }

// takeWritten takes in what came of a page and goes on with its list.
func (r *run) takeWritten(e pageWritten) error {
	if e.err != nil {
		return r.writeFailed(e.page, e.err)
	}
	r.lastWrite, r.cp.Failure = time.Now(), ""
	out := e.outcome
	if e.page.ask.Again {
		out.users.Seen -= out.users.Repeated // counted when they came first
		out.users.Repeated = 0
	}
	r.cp.Counts = r.cp.Counts.Add(saas.Counts{Users: out.users, People: out.people})
	r.cp.Rejects.Merge(out.rejects, saas.MaxSamples)
	r.cp.Skips.Merge(out.skips, maxSkipSamples)
	r.addBeyond(out.beyond)
	r.stale = append(r.stale, out.stale...)
	l := e.page.list
	r.noteMissed(l.ref, out.users)
	if out.rejects.Total() > 0 {
		r.noteRetry(l)
	}
	return r.finishPage(e.page, out.known)
}

// noteMissed notes an app that had news although its row said that it had none. What
// was rejected is no news of the app's: its users may be refused for other reasons.
func (r *run) noteMissed(ref contract.AppRef, users saas.UserCounts) {
	if ref.Same && users.Added+users.Updated > 0 && !slices.Contains(r.cp.Missed, ref.App) {
		r.cp.Missed = append(r.cp.Missed, ref.App)
	}
}

// writeFailed decides what a failed write means. The rows stay in memory while
// the target is out, so that nothing is read again for it. What one row is to
// blame for has been rejected by now: what is left is about the list, its page
// or the target.
func (r *run) writeFailed(p *page, err error) error {
	kind := httpx.KindOf(err)
	if ends, done := r.failsForGood(err, kind == httpx.KindConfig || kind == httpx.KindContract || kind == ""); done {
		return ends
	}
	r.noteFailure(&p.tries, err)
	switch {
	case p.fails < patience && kind != httpx.KindUnauthorized:
		r.tryLater(p)
	case kind.Retryable() && r.lastWrite.After(p.firstFail):
		return r.rejectWrite(p, err)
	default:
		r.doubtTarget(p, err)
	}
	return nil
}

// doubtTarget asks the target for a write that is known to work.
func (r *run) doubtTarget(p *page, err error) {
	r.startWork(doubtingTarget, func() event { return targetBlamed{p, err, r.target.Blame(r.ctx, err)} })
}

// takeBlame decides about a page that keeps failing. When the target takes no
// other write either, it is at fault and the page waits, or the session ends;
// when it does, the page or its list is rejected.
func (r *run) takeBlame(e targetBlamed) error {
	p := e.page
	switch {
	case e.err == nil && r.ctx.Err() == nil && p.fails < patience:
		r.tryLater(p)
		return nil
	case e.err == nil && r.ctx.Err() == nil:
		return r.rejectWrite(p, e.cause)
	}
	if ends, done := r.failsForGood(e.err, !httpx.KindOf(e.err).Retryable()); done {
		return ends
	}
	p.fails, p.spared, r.cp.Failure = patience-1, false, e.err.Error()
	r.tryLater(p)
	return nil
}

// rejectWrite gives up what keeps failing while the target takes other writes.
func (r *run) rejectWrite(p *page, err error) error {
	if p.spareOnce(err) {
		r.tryLater(p)
		return nil
	}
	switch kind := httpx.KindOf(err); {
	case kind == httpx.KindNotFound:
		r.rejectList(p.list, "SaaS record missing in Oomnitza", err.Error())
	case kind.Retryable():
		return r.rejectPage(p, err)
	default:
		r.rejectList(p.list, "users of the app refused by Oomnitza", err.Error())
	}
	return nil
}

// rejectPage gives up the rows of one page and goes on with its list.
func (r *run) rejectPage(p *page, err error) error {
	n := len(p.rows.Users)
	r.cp.Counts.Users.Seen += n
	r.cp.Counts.Users.Rejected += n
	r.addBeyond(n)
	for _, u := range p.rows.Users {
		r.cp.Rejects.Add(saas.Reject{
			Reason: "assignment refused by Oomnitza", Stream: r.in.Stream.ID, App: p.list.ref.App, Subject: u.User, Detail: err.Error(),
		}, saas.MaxSamples)
	}
	r.noteRetry(p.list)
	return r.finishPage(p, n)
}
