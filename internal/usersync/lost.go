package usersync

import (
	"errors"
	"fmt"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// Why the users of an app are incomplete, as its rejected rows have it.
const (
	RejectUnreadable = "users unreadable"
	RejectPage       = "page of users unreadable"
	RejectCutOff     = "list of users cut off"
	RejectRestless   = "list of users kept changing"
)

// lose gives up a page that can't be read, and goes on with its app: what was
// read of it is written, and what comes after the page is read where Defender
// says that it exists. Two lost pages in a row end the list.
func (r *usageRun) lose(t *pageTask, err error) error {
	app := t.app
	if httpx.IsUnknownShape(err) && !r.shapeKnown(app) {
		return err
	}
	why := httpx.Clip(err.Error())
	refused := httpx.KindOf(err) == httpx.KindRefused
	before := app.lastLost(t.skip)
	app.mark.Lost = append(app.mark.Lost, contract.LostPage{Skip: t.skip, Error: why, Refused: refused})
	t.next = t.skip + pageRows
	if refused {
		r.learnDepth(app, t.skip, before)
	}
	if t.heal {
		app.healing = false
	} else if before != nil || t.next >= app.told.Greatest() || r.tooDeep(t.next) {
		r.endsAt(t, t.next)
	} else {
		r.request(app, r.following(app, t.next))
	}
	return r.settle(t)
}

// lastLost is the page before, if it was lost too.
func (app *appRun) lastLost(skip int) *contract.LostPage {
	for i := range app.mark.Lost {
		if l := &app.mark.Lost[i]; l.Skip == skip-pageRows {
			return l
		}
	}
	return nil
}

// shapeKnown reports whether rows of a shape that nobody knows may be one
// app's own fault: as long as others can be read.
func (r *usageRun) shapeKnown(app *appRun) bool {
	if app.turned.first.print != "" {
		return true // other pages of its own can be read
	}
	if r.shapeless == nil {
		r.shapeless = map[int]bool{}
	}
	r.shapeless[app.index] = true
	return r.cp.Dialect.KnowsUsers() && len(r.shapeless) < maxShapeless
}

// maxShapeless is how many apps in a row may have rows of no known shape before
// it is the tenant that has changed.
const maxShapeless = 3

// learnDepth finds out whether Defender refuses to skip so many rows at all: it
// refused two pages in a row, or the same place in two lists, and no page so
// far down was ever read.
func (r *usageRun) learnDepth(app *appRun, skip int, before *contract.LostPage) {
	d := &r.cp.Dialect
	if skip == 0 || skip <= r.deepest || d.MaxSkip > 0 && d.MaxSkip <= skip {
		return
	}
	if r.refusedAt == nil {
		r.refusedAt = map[int]int{}
	}
	first, known := r.refusedAt[skip]
	r.refusedAt[skip] = app.index
	switch {
	case before != nil && before.Refused && before.Skip > r.deepest && before.Skip > 0:
		d.MaxSkip = before.Skip
	case known && first != app.index:
		d.MaxSkip = skip
	}
}

// tooDeep reports whether Defender is known to refuse a page.
func (r *usageRun) tooDeep(skip int) bool {
	return r.cp.Dialect.MaxSkip > 0 && skip >= r.cp.Dialect.MaxSkip && skip > r.deepest
}

// dropDeep gives up the pages that wait to be asked for, but lie deeper than
// Defender is by now known to skip.
func (r *usageRun) dropDeep() error {
	waiting := r.ready
	r.ready = nil
	for _, t := range waiting {
		if !r.tooDeep(t.skip) || t.app.finished {
			r.ready = append(r.ready, t)
			continue
		}
		if err := r.lose(t, &httpx.Error{Peer: "Defender", Op: "read the users of an app", Kind: httpx.KindRefused, Message: r.refusesToSkip()}); err != nil {
			return err
		}
	}
	return nil
}

func (r *usageRun) refusesToSkip() string {
	return fmt.Sprintf("it refuses to skip %d rows", r.cp.Dialect.MaxSkip)
}

// judgeList decides whether an app's list was read whole, once its pages are
// written. What is missing is rejected, and the app is to be read again by the
// next session.
func (r *usageRun) judgeList(app *appRun) error {
	m := &app.mark
	if n := len(m.Lost); n > 0 && m.read() == 0 {
		return r.rejectApp(app, RejectUnreadable, errors.New(m.Lost[n-1].Error))
	}
	for _, l := range m.Lost {
		r.rejectLost(app, l)
	}
	if len(m.Lost) == 0 && !app.mark.Stopped {
		r.judgeLength(app)
	}
	r.beginConclusion(app)
	return nil
}

// read is how many rows of the list were read, about.
func (m *mark) read() int { return max(m.End, m.Written) - pageRows*len(m.Lost) }

// rejectLost counts the rows of a page that could not be read.
func (r *usageRun) rejectLost(app *appRun, l contract.LostPage) {
	n := max(1, min(pageRows, app.told.Greatest()-l.Skip))
	what := fmt.Sprintf("up to %d rows from the %dth: %s", n, l.Skip+1, l.Error)
	if app.told.Greatest() > l.Skip+pageRows && l.Skip+pageRows >= app.mark.End {
		n = app.told.Greatest() - l.Skip // nothing after it was read either
		what = fmt.Sprintf("about %d rows from the %dth to the end: %s", n, l.Skip+1, l.Error)
	}
	r.incomplete(app, RejectPage, what, n)
	r.cp.Counts.Users.Seen += n
	r.cp.Counts.Users.Rejected += n
}

// judgeLength compares the rows that were read with what Defender tells of
// their number.
func (r *usageRun) judgeLength(app *appRun) {
	rows := app.mark.End
	if n := app.told.CountMissing(rows); n > 0 {
		r.cp.Counts.Apps.Rejected++
		r.incomplete(app, RejectCutOff, fmt.Sprintf("Defender lists %d users and speaks of %d", rows, rows+n), 1)
		return
	}
	if app.restless && app.told.CountMissing(app.met()) > 0 {
		r.cp.Counts.Apps.Rejected++
		r.incomplete(app, RejectRestless, fmt.Sprintf("%d users were met, of about %d, and each reading showed others", app.met(), app.told.Greatest()), 1)
		return
	}
	if app.told.IsContradictory(rows) || app.passes > 0 && app.jumbled && app.told.CountMissing(app.met()) > 0 {
		r.notes.Add(NoteTotals)
	}
}

// met is how many different rows were met.
func (app *appRun) met() int { return len(app.rows) + app.bad }

// incomplete notes that an app's users are not all there.
func (r *usageRun) incomplete(app *appRun, reason, detail string, n int) {
	r.cp.Rejects.Add(saas.Reject{Reason: reason, Stream: r.in.Stream.ID, App: app.ref.App, Detail: detail}, saas.MaxSamples)
	r.cp.Rejects.Count(reason, n-1)
	app.retry, app.partial = true, true
}
