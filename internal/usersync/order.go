package usersync

import (
	"hash/maphash"
	"slices"
	"time"

	"defendersync/internal/listing"
)

// NoteTotals is the note of a session that met lists whose length is told in
// two ways that contradict each other.
const NoteTotals = "Defender's numbers of an app's users contradict each other: a list seems whole by one of them only"

// watchOrder sees whether a page's rows descend, within the page and from one
// page to the next. An app whose list does not is read whole; where the server
// plainly does not sort, so are all others from now on.
func (r *usageRun) watchOrder(t *pageTask) {
	app := t.app
	if t.heal || t.page.Rows == 0 {
		return
	}
	var times, fresh []time.Time
	for _, u := range t.page.Users {
		times = append(times, u.LastSeen)
		if _, met := app.rows[maphash.String(rowSeed, u.User)]; !met {
			fresh = append(fresh, u.LastSeen)
		}
	}
	if app.edges == nil {
		app.edges = map[int]listing.Edge{}
	}
	here := listing.FindEdge(fresh)
	app.edges[t.skip] = here
	found := listing.JudgeRows(times)
	if before, ok := app.edges[t.skip-pageRows]; ok {
		found = max(found, listing.JudgePages(before, here))
	}
	if after, ok := app.edges[t.skip+pageRows]; ok {
		found = max(found, listing.JudgePages(here, after))
	}
	app.mark.Whole = app.mark.Whole || found != listing.InOrder
	if found == listing.Unordered && !r.cp.Dialect.UsersUnsorted {
		r.unsorted()
	}
}

// unsorted remembers that users do not come sorted. Lists that were cut off
// before that was known are read whole by the next session.
func (r *usageRun) unsorted() {
	r.cp.Dialect.UsersUnsorted = true
	r.notes.Add(listing.NoteUsersUnsorted)
	for _, app := range r.shortened {
		app.retry = true
		if app.finished && !slices.Contains(r.cp.Retry, app.ref.App) {
			r.cp.Retry = append(r.cp.Retry, app.ref.App)
		}
	}
	r.shortened = nil
}
