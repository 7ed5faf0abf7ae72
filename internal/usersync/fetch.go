package usersync

import (
	"cmp"
	"hash/maphash"
	"slices"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// bySize orders apps by their users, most first.
func bySize(apps []*appRun) []*appRun {
	out := slices.Clone(apps)
	slices.SortStableFunc(out, func(a, b *appRun) int { return cmp.Compare(b.ref.Users, a.ref.Users) })
	return out
}

// fetch reads one page. It runs beside the loop and touches none of its state
// but what never changes; the dialect is handed in by value.
func (r *usageRun) fetch(t *pageTask) func() error {
	page, err := r.source.ReadUsers(r.ctx, listing.UserQuery{
		Stream: r.in.Stream.ID, App: t.app.ref.App, Timeframe: r.in.Window.Timeframe, Skip: t.skip, Known: r.in.Dialect, Fit: r.namer.Fit,
	})
	return func() error {
		r.fetching--
		if t.app.finished {
			return nil
		}
		if err != nil {
			return r.fetchFailed(t, err)
		}
		return r.fetched(t, page)
	}
}

// fetched takes in a page: it checks that the server really turned it and that
// its rows are in order, cuts it at the threshold, asks for what comes after
// and queues the rows for writing.
func (r *usageRun) fetched(t *pageTask, page listing.UserPage) error {
	r.cp.Failure = ""
	r.learnDialect(page.Dialect)
	r.noteNames(page)
	app := t.app
	if page.Endless && app.told.CountMissing(t.skip) > 0 {
		return r.fetchFailed(t, errEmptyPage())
	}
	r.shapeless = nil
	t.page, t.fails = page, 0
	if !t.heal && !app.turned.accept(page.Fingerprint, t.skip) {
		return r.sameAgain(t)
	}
	app.told.NoteTotal(page.Total, page.Rows)
	r.watchOrder(t)
	r.watchDrift(t)
	r.turn(t)
	r.unwritten = append(r.unwritten, t)
	return nil
}

// errEmptyPage is the error of a page that is empty although there is said to be
// more, where rows are known to be missing.
func errEmptyPage() error {
	return &httpx.Error{Peer: "Defender", Op: "read a list", Kind: httpx.KindBadAnswer, Message: "the page is empty, and yet there is said to be more"}
}

// learnDialect takes in what a page has shown of how Defender is spoken to. What
// this run itself found out stays.
func (r *usageRun) learnDialect(d contract.Dialect) {
	known := r.cp.Dialect
	d.UsersUnsorted, d.HasNextLies, d.MaxSkip = known.UsersUnsorted, known.HasNextLies, known.MaxSkip
	r.cp.Dialect = d
}

// sameAgain takes in a page that came before at another place: the list ends
// there, or the server does not turn its pages, which its length will show.
func (r *usageRun) sameAgain(t *pageTask) error {
	if t.app.told.CountMissing(t.skip) == 0 {
		r.hasNextLies()
	}
	t.page.Users, t.page.Bad, t.next = nil, nil, t.skip
	r.endsAt(t, t.skip)
	r.unwritten = append(r.unwritten, t)
	return nil
}

// hasNextLies notes that Defender says that there is more where there is not.
func (r *usageRun) hasNextLies() {
	r.cp.Dialect.HasNextLies = true
	r.notes.Add(listing.NoteHasNext)
}

// turn decides where a list goes on after a page, and asks for it.
func (r *usageRun) turn(t *pageTask) {
	app, page := t.app, &t.page
	if page.Endless {
		r.hasNextLies()
	}
	r.deepest = max(r.deepest, t.skip)
	t.next = t.skip + page.Rows
	cut := r.cut(t)
	t.more = page.Rows > 0 && !cut && (page.Next >= 0 || app.told.CountMissing(t.next) > 0)
	if t.more && r.cp.Dialect.HasNextLies && page.Rows < pageRows && app.told.CountMissing(t.next) == 0 {
		t.more = false
	}
	switch {
	case t.heal:
		// A list that moved may be a little longer by now, but not by pages.
		t.more = t.more && t.next < app.mark.End+pageRows
	case !t.more:
		app.mark.Stopped = app.mark.Stopped || cut
		r.endsAt(t, t.next)
	case t.next > app.told.MaxRows():
		app.mark.Lost = append(app.mark.Lost, contract.LostPage{Skip: t.next, Error: "the list does not end"})
		r.endsAt(t, t.next)
	default:
		r.goOn(t)
	}
}

// endsAt notes where an app's list ends.
func (r *usageRun) endsAt(t *pageTask, end int) {
	if t.heal {
		return
	}
	if m := &t.app.mark; m.End < 0 || end < m.End {
		m.End = end
	}
}

// cut drops the rows that are older than the window, and reports whether the
// list need not be read on: it need not when it is sorted by last activity.
func (r *usageRun) cut(t *pageTask) bool {
	limit := r.in.Window.Threshold
	if limit.IsZero() {
		return false
	}
	kept := t.page.Users[:0]
	for _, u := range t.page.Users {
		if saas.IsNewer(u.LastSeen, limit) {
			kept = append(kept, u)
		}
	}
	older := len(kept) < len(t.page.Users)
	t.page.Users = kept
	if !older || t.app.mark.Whole || r.cp.Dialect.UsersUnsorted {
		return false
	}
	if !t.heal && (t.page.Next >= 0 || t.app.told.CountMissing(t.next) > 0) {
		r.shortened = append(r.shortened, t.app)
	}
	return true
}

// goOn asks for the page after, and, in a list that is read whole, for further
// ones that are sure to exist, so that one long list at a slow server still
// uses the budget.
func (r *usageRun) goOn(t *pageTask) {
	app := t.app
	if app.mark.End >= 0 && t.next >= app.mark.End {
		return
	}
	next := r.following(app, t.next)
	if r.tooDeep(next) {
		app.mark.Lost = append(app.mark.Lost, contract.LostPage{Skip: next, Refused: true, Error: "Defender: " + r.refusesToSkip()})
		r.endsAt(t, next)
		return
	}
	r.request(app, next)
	if !r.in.Window.Threshold.IsZero() || t.page.Rows != pageRows {
		return
	}
	sure := sureRows(app.told.Total, app.ref.Users)
	for skip := t.next; skip+pageRows <= sure && app.open < r.lookAhead() && !r.tooDeep(skip); skip += pageRows {
		app.jumbled = app.jumbled || skip > t.next
		r.request(app, skip)
	}
}

// lookAhead is how many pages of one app may be on their way at once, to
// Defender or to Oomnitza.
func (r *usageRun) lookAhead() int { return max(minLookAhead, r.opts.Fetchers/2) }

// watchDrift notes when a row comes a second time: then the list moved between
// two of its pages. In a list that is read again it counts the rows that were
// not met before.
func (r *usageRun) watchDrift(t *pageTask) {
	app := t.app
	if !t.heal && t.skip == 0 && t.page.Next < 0 && app.told.CountMissing(t.page.Rows) == 0 {
		return
	}
	if app.rows == nil {
		app.rows, app.prints = map[uint64]struct{}{}, map[int]string{}
	}
	if before, ok := app.prints[t.skip]; ok && t.heal && before != t.page.Fingerprint {
		app.shifted = true
	}
	app.prints[t.skip] = t.page.Fingerprint
	if !t.heal {
		app.bad += len(t.page.Bad)
	}
	for _, u := range t.page.Users {
		h := maphash.String(rowSeed, u.User)
		if _, met := app.rows[h]; !met {
			app.fresh++
		} else if !t.heal {
			app.drift = true
		}
		app.rows[h] = struct{}{}
	}
}

// rowSeed makes the hashes of rows, which never leave the process.
var rowSeed = maphash.MakeSeed()

// following skips over pages that an earlier attempt has written already.
func (r *usageRun) following(app *appRun, skip int) int {
	for {
		n, ok := app.mark.Ahead[skip]
		if !ok || n <= skip {
			return skip
		}
		skip = n
	}
}

// sureRows is how many rows an app surely has. The total of a page is only
// approximate [DOC D6b]: where it agrees with the app's own count it is
// believed, elsewhere a fifth is taken off.
func sureRows(total, users int) int {
	switch {
	case total == users:
		return total
	case users < 0:
		return total * 4 / 5
	}
	return min(total, users) * 4 / 5
}
