package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// printResult prints the result of a session for people.
func printResult(w io.Writer, r contract.SessionResult) {
	fmt.Fprintf(w, "%s: %s", r.Session, r.Outcome)
	if !r.Ended.IsZero() {
		fmt.Fprintf(w, " in %s", r.Ended.Sub(r.Began).Round(100*time.Millisecond))
	}
	fmt.Fprintln(w)
	switch r.Outcome {
	case saas.OutcomeSkipped:
		fmt.Fprintf(w, "  another session was running: %s\n", r.Blocker)
		return
	case saas.OutcomeFailed:
		if r.Error != "" {
			fmt.Fprintf(w, "  %s\n", r.Error)
		}
	case saas.OutcomeCancelled:
		if r.Mode == "" {
			fmt.Fprintln(w, "  the session was cancelled before it began and did nothing")
		}
	}
	if r.Mode == "" {
		return
	}
	fmt.Fprintf(w, "  %s session (%s); streams: %s\n", r.Mode, r.Reason, strings.Join(r.Streams, ", "))
	if text := r.DescribeSpared(); text != "" {
		fmt.Fprintf(w, "  %s\n", text)
	}
	printCounts(w, r)
	printTally(w, "rejected", r.Rejects, true)
	printTally(w, "skipped by rule", r.Skips, false)
	for _, text := range r.Warnings {
		fmt.Fprintf(w, "  note: %s\n", text)
	}
	if n := len(r.Carry.Retry); n > 0 {
		fmt.Fprintf(w, "  apps with rejected rows, to be tried again by the next session: %d\n", n)
	}
	if r.LimitApps > 0 {
		fmt.Fprintf(w, "  limited to the first %d apps: the next session reads everything that this one would have read without the limit\n", r.LimitApps)
	}
	if r.DryRun {
		fmt.Fprintln(w, "  dry run: nothing was written; the counts are what a session would have written")
	}
}

func printCounts(w io.Writer, r contract.SessionResult) {
	a, u, p, q := r.Counts.Apps, r.Counts.Users, r.Counts.People, r.Requests
	fmt.Fprintf(w, "  %-14s %9s %9s %9s %9s %9s %9s\n", "", "seen", "added", "updated", "unchanged", "skipped", "rejected")
	fmt.Fprintf(w, "  %-14s %9d %9d %9d %9d %9s %9d\n", "apps", a.Seen, a.Created, a.Updated, a.Unchanged+a.Adopted, "", a.Rejected)
	fmt.Fprintf(w, "  %-14s %9d %9d %9d %9d %9d %9d\n", "users of apps", u.Seen, u.Added, u.Updated, u.Unchanged+u.Repeated, u.Skipped, u.Rejected)
	fmt.Fprintf(w, "  %-14s %9s %9d %9s %9s %9s %9d\n", "people", "", p.Created, "", "", "", p.Rejected)
	if a.NoNews > 0 {
		fmt.Fprintf(w, "  no news in %d apps: their users were not read, as their rows in Defender have not changed\n", a.NoNews)
	}
	fmt.Fprintf(w, "  requests: %d to Defender, %d to Oomnitza, %d rate limited (HTTP 429)\n", q.Defender, q.Oomnitza, q.RateLimited)
}

// maxPrinted bounds the rejected rows that the summary shows in full.
const maxPrinted = 5

func printTally(w io.Writer, title string, t saas.Tally, samples bool) {
	if t.Total() == 0 {
		return
	}
	for _, r := range t.ByReason {
		fmt.Fprintf(w, "  %s: %d × %s\n", title, r.Count, r.Reason)
	}
	if !samples {
		return
	}
	for i, s := range t.Samples {
		if i == maxPrinted {
			fmt.Fprintf(w, "    … for all of them, run 'defendersync sessions errors'\n")
			return
		}
		fmt.Fprintf(w, "    %s: %s\n", nameSampledApp(s), s.Detail)
	}
}

// nameSampledApp names the app of a row by what could be read of it.
func nameSampledApp(s saas.Reject) string {
	if s.App == "" {
		return "an app"
	}
	return "app " + s.App
}
