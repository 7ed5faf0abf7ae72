package main

import (
	"time"

	"defendersync/internal/testing/simulator"
)

// appPages counts the pages of the lists of apps that hold rows no older than a
// threshold.
func appPages(sim *simulator.Simulator, threshold time.Time) (pages int) {
	rows := map[string]int{}
	for app := range sim.Truth() {
		for _, r := range app.Rows {
			if !r.LastActivity.Before(threshold) {
				rows[r.Stream]++
			}
		}
	}
	for _, n := range rows {
		pages += countPages(n)
	}
	return pages
}

// userRow names a user's row in an app's list of one stream.
type userRow struct{ stream, app, user string }

// activities are last activities, by row.
type activities map[userRow]time.Time

func listActivities(sim *simulator.Simulator) activities {
	out := activities{}
	for app := range sim.Truth() {
		for _, u := range app.Users {
			out[userRow{u.Stream, app.ID, u.User}] = u.LastActivity
		}
	}
	return out
}

// news is what changed: rows of users, the lists that have any, of how many, and
// the pages that hold them.
type news struct {
	rows, lists, allLists, pages int
	has                          map[simulator.RowKey]bool // the lists
}

// findNews compares the rows of users with what they were, by the simulator's
// truth: where each stands in its list, the latest first, says on which page.
func (before activities) findNews(sim *simulator.Simulator) (n news) {
	n.has = map[simulator.RowKey]bool{}
	for app := range sim.Truth() {
		place, pages := map[string]int{}, map[string]map[int]bool{}
		for _, u := range app.Users {
			at := place[u.Stream]
			place[u.Stream]++
			if was, ok := before[userRow{u.Stream, app.ID, u.User}]; ok && was.Equal(u.LastActivity) {
				continue
			}
			n.rows++
			if pages[u.Stream] == nil {
				pages[u.Stream] = map[int]bool{}
			}
			pages[u.Stream][at/pageRows] = true
		}
		n.lists, n.allLists = n.lists+len(pages), n.allLists+len(place)
		for stream, p := range pages {
			n.pages += len(p)
			n.has[simulator.RowKey{Stream: stream, App: app.ID}] = true
		}
	}
	return n
}
