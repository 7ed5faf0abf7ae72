package workflows

import (
	"fmt"
	"strings"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/mask"
	"defendersync/internal/moment"
	"defendersync/internal/saas"
)

// renderSession writes a session's page for the Web UI, in Markdown: how it
// stands or ended, in numbers, and what to do. Times are in the zone.
func renderSession(r contract.SessionResult, p contract.Progress, zone *time.Location) string {
	var b strings.Builder
	writeHeadline(&b, r, zone)
	if r.Outcome == saas.OutcomeRunning {
		if p.At.IsZero() {
			b.WriteString("Checking both tenants.\n")
			return b.String()
		}
		fmt.Fprintf(&b, "%s, as of %s%s.\n\n", capitalize(p.Phase), moment.Format(p.At, zone), formatPosition(p.Position()))
		if p.Waiting.IsOn() {
			fmt.Fprintf(&b, "**Waiting:** %s.\n\n", mask.Text(p.Waiting.Describe(zone)))
		}
		r.Mode, r.Reason, r.Streams = p.Mode, p.Reason, p.Streams
		r.Counts, r.Requests, r.Warnings = p.Counts, p.Requests, p.Warnings
	}
	writeScope(&b, r)
	writeCounts(&b, r)
	writeRows(&b, "Rejected", r.Rejects)
	writeRows(&b, "Skipped by rule", r.Skips)
	for _, w := range r.Warnings {
		fmt.Fprintf(&b, "\n> **Note:** %s\n", w)
	}
	return b.String()
}

// formatPosition adds how far a session has got to a sentence.
func formatPosition(p contract.Position) string {
	if text := p.Describe(); text != "" {
		return ": " + text
	}
	return ""
}

// writeHeadline says in one line how the session stands or ended.
func writeHeadline(b *strings.Builder, r contract.SessionResult, zone *time.Location) {
	what := string(r.Outcome)
	if r.DryRun {
		what += " (dry run: nothing was written)"
	}
	if r.LimitApps > 0 {
		what += fmt.Sprintf(" (limited to the first %d apps)", r.LimitApps)
	}
	fmt.Fprintf(b, "### %s\n\n", what)
	switch r.Outcome {
	case saas.OutcomeSkipped:
		fmt.Fprintf(b, "Another session is running, so this one did nothing: `%s`\n\n", r.Blocker)
	case saas.OutcomeFailed:
		fmt.Fprintf(b, "**%s**\n\n", r.Error)
	case saas.OutcomeCancelled:
		if r.Mode == "" {
			b.WriteString("It was cancelled before it began, and did nothing.\n\n")
		}
	}
	fmt.Fprintf(b, "Started by %s at %s", r.StartedBy, moment.Format(r.Began, zone))
	if !r.Ended.IsZero() {
		fmt.Fprintf(b, ", took %s", r.Ended.Sub(r.Began).Round(time.Second))
	}
	b.WriteString(".\n\n")
}

// writeScope says what the session reads.
func writeScope(b *strings.Builder, r contract.SessionResult) {
	if r.Mode == "" {
		return
	}
	fmt.Fprintf(b, "%s session (%s). Streams: %s.%s\n\n", capitalize(r.Mode), r.Reason, strings.Join(r.Streams, ", "), formatSpared(r))
}

// formatSpared says which streams are left out, and why.
func formatSpared(r contract.SessionResult) string {
	if text := r.DescribeSpared(); text != "" {
		return " " + capitalize(text) + "."
	}
	return ""
}

// writeCounts writes the table of counts.
func writeCounts(b *strings.Builder, r contract.SessionResult) {
	if r.Mode == "" {
		return
	}
	a, u, p := r.Counts.Apps, r.Counts.Users, r.Counts.People
	b.WriteString("| | seen | added | updated | unchanged | skipped | rejected |\n|---|--:|--:|--:|--:|--:|--:|\n")
	fmt.Fprintf(b, "| Apps | %d | %d | %d | %d | | %d |\n", a.Seen, a.Created, a.Updated, a.Unchanged+a.Adopted, a.Rejected)
	fmt.Fprintf(b, "| Users of apps | %d | %d | %d | %d | %d | %d |\n", u.Seen, u.Added, u.Updated, u.Unchanged+u.Repeated, u.Skipped, u.Rejected)
	fmt.Fprintf(b, "| People | | %d | | | | %d |\n\n", p.Created, p.Rejected)
	if a.NoNews > 0 {
		fmt.Fprintf(b, "%d of the apps have no news: their rows in Defender are as the last session read them, so their users were not read.\n\n", a.NoNews)
	}
	q := r.Requests
	fmt.Fprintf(b, "Requests: %d to Defender, %d to Oomnitza; rate-limited (429): %d.\n", q.Defender, q.Oomnitza, q.RateLimited)
}

// maxRowsShown bounds the single rows that the page shows.
const maxRowsShown = 10

// writeRows lists rows that were rejected or skipped, by reason, with samples.
func writeRows(b *strings.Builder, title string, t saas.Tally) {
	if t.Total() == 0 {
		return
	}
	fmt.Fprintf(b, "\n**%s**\n\n", title)
	for _, r := range t.ByReason {
		fmt.Fprintf(b, "- %s: %d\n", r.Reason, r.Count)
	}
	for i, s := range t.Samples {
		if i == maxRowsShown {
			fmt.Fprintf(b, "  - … and more in the result\n")
			return
		}
		fmt.Fprintf(b, "  - app %s: %s\n", s.App, mask.Text(s.Detail))
	}
}

// capitalize makes a text begin with a capital letter.
func capitalize(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
