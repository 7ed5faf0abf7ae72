package main

import (
	"time"

	"defendersync/internal/testing/simulator"
)

// pageRows is the most rows that Defender gives at once.
const pageRows = 100

// leastPages counts the pages that hold rows no older than a threshold: of
// each stream's list of apps, and of each app's list of users. With a zero
// threshold these are all pages, so the least that a full session can ask for.
// It goes by the simulator's truth, not by what was asked.
func leastPages(sim *simulator.Simulator, threshold time.Time) int {
	apps, pages := map[string]int{}, 0
	for app := range sim.Truth() {
		for _, r := range app.Rows {
			if !r.LastActivity.Before(threshold) {
				apps[r.Stream]++
			}
		}
		users := map[string]int{}
		for _, u := range app.Users {
			if !u.LastActivity.Before(threshold) {
				users[u.Stream]++
			}
		}
		for _, n := range users {
			pages += countPages(n)
		}
	}
	for _, n := range apps {
		pages += countPages(n)
	}
	return pages
}

func countPages(rows int) int { return (rows + pageRows - 1) / pageRows }
