package activities

import (
	"cmp"
	"hash/maphash"
	"slices"

	"defendersync/internal/defender"
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
	page, err := r.a.defender.Users(r.ctx, defender.UsersQuery{
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

// fetched takes in a page: it checks that the server really turned it, cuts it
// at the threshold, asks for what comes after and queues the rows for writing.
func (r *usageRun) fetched(t *pageTask, page defender.UsersPage) error {
	r.cp.Waiting = ""
	r.cp.Dialect = page.Dialect
	r.noteNames(page)
	app := t.app
	if !t.heal {
		if err := app.walk.Accept(page.Fingerprint, t.skip); err != nil {
			return err
		}
	}
	t.page, t.next, t.fails = page, page.Next, 0
	if t.next < 0 {
		t.next = t.skip + page.Rows
		r.endsAt(t, t.next)
	}
	r.watchDrift(t)
	if r.cut(t) {
		r.endsAt(t, t.next)
	}
	if !t.heal {
		app.total = page.Total
		r.goOn(t)
	}
	r.unwritten = append(r.unwritten, t)
	return nil
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
// list, which is sorted by last activity, need not be read on.
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
	return older
}

// goOn asks for the page after, and, in a list that is read whole, for further
// ones that are sure to exist, so that one long list at a slow server still
// uses the budget.
func (r *usageRun) goOn(t *pageTask) {
	app := t.app
	if app.mark.End >= 0 && t.next >= app.mark.End {
		return
	}
	r.request(app, r.following(app, t.next))
	if !r.in.Window.Threshold.IsZero() || t.page.Rows != pageRows {
		return
	}
	sure := sureRows(app.total, app.ref.Users)
	for skip := t.next; skip+pageRows <= sure && app.open < r.lookAhead(); skip += pageRows {
		app.jumbled = app.jumbled || skip > t.next
		r.request(app, skip)
	}
}

// lookAhead is how many pages of one app may be on their way at once, to
// Defender or to Oomnitza.
func (r *usageRun) lookAhead() int { return max(minLookAhead, r.a.opts.Fetchers/2) }

// watchDrift notes when a row comes a second time: then the list moved between
// two of its pages.
func (r *usageRun) watchDrift(t *pageTask) {
	app := t.app
	if t.heal || (t.skip == 0 && t.page.Next < 0) {
		return
	}
	if app.rows == nil {
		app.rows = map[uint64]struct{}{}
	}
	for _, u := range t.page.Users {
		h := maphash.String(rowSeed, u.User)
		if _, met := app.rows[h]; met {
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
	if total == users {
		return total
	}
	return min(total, users) * 4 / 5
}
