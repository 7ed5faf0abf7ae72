package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"defendersync/internal/moment"
	"defendersync/internal/reporting/sheet"
)

// nothing is a cell that says that there is none.
const nothing = "–"

// statusColumns are the columns of the table of integrations.
func statusColumns() []sheet.Column {
	return []sheet.Column{
		{Key: "integration", Title: "Integration", Kind: sheet.Name}, {Key: "status", Title: "Status", Kind: sheet.Name, Rank: sheet.Always, Color: colourOfStatus},
		{Key: "lastGood", Title: "Last good session", Kind: sheet.Name, Rank: sheet.Always}, {Key: "nextStart", Title: "Next start", Kind: sheet.Name, Rank: 1},
		{Key: "running", Title: "Running", Kind: sheet.Name, Rank: 2}, {Key: "notices", Title: "Notices", Kind: sheet.Name, Rank: 3},
		{Key: "workerPolled", Title: "Worker polled", Kind: sheet.Name, Rank: 4}, {Key: "version", Title: "Version", Kind: sheet.Name, Rank: 5},
	}
}

// listStatus makes the table of integrations, with times in a zone.
func (o overview) listStatus(zone *time.Location) textTable {
	t := textTable{columns: statusColumns()}
	for _, r := range o.Integrations {
		next, polled := minuteIn(zone, r.Next), nothing
		if r.Paused != nil {
			next = r.Paused.describeAge(o.At, func(t *time.Time) string { return minuteIn(zone, t) })
		}
		if r.WorkerPolled != nil {
			polled = formatPoll(o.At, *r.WorkerPolled)
		}
		t.rows = append(t.rows, sheet.Row{r.Integration, r.Status, minuteIn(zone, r.LastGood), next, describeRunning(r.Running, o.At), describeNotices(r), polled, r.Version})
	}
	return t
}

// isVersioned reports whether workers of an integration have versions.
func (o overview) isVersioned() bool {
	return slices.ContainsFunc(o.Integrations, func(r statusRow) bool { return r.Version != "" })
}

// minuteIn formats a time that may not be known, to the minute.
func minuteIn(zone *time.Location, t *time.Time) string {
	if t == nil {
		return nothing
	}
	return moment.Format(*t, zone)
}

// describeAge says until when the schedule is paused, or for how long it has been, as far
// as that is known.
func (p paused) describeAge(now time.Time, minute func(*time.Time) string) string {
	if p.Until != nil {
		return "paused until " + minute(p.Until)
	}
	if p.Since == nil {
		return "paused"
	}
	return "paused for " + formatAge(now.Sub(*p.Since))
}

// describeRunning says how far the session is that began first.
func describeRunning(running []runningStatus, now time.Time) string {
	if len(running) == 0 {
		return nothing
	}
	r := running[0]
	text := "for " + formatDuration(now.Sub(r.Began))
	switch {
	case !r.PickedUp:
		text = "waits for a worker " + text
	case r.Position != "":
		text = r.Position
		if r.ExpectedEnd != nil && r.ExpectedEnd.After(now) {
			text += ", about " + formatTimeLeft(r.ExpectedEnd.Sub(now)) + " left"
		}
	}
	if n := len(running) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return text
}

// describeNotices counts the notices that need somebody.
func describeNotices(r statusRow) string {
	var parts []string
	if r.Unread > 0 {
		parts = append(parts, fmt.Sprintf("%d unread", r.Unread))
	}
	if r.Undelivered > 0 {
		parts = append(parts, fmt.Sprintf("%d undelivered", r.Undelivered))
	}
	if len(parts) == 0 {
		return nothing
	}
	return strings.Join(parts, ", ")
}

// colourOfCode is the colour of a status.
func colourOfCode(code int) sheet.Color {
	switch code {
	case plugOK:
		return sheet.Green
	case plugCritical:
		return sheet.Red
	}
	return sheet.Yellow
}

// colourOfStatus is the colour of a cell that holds a status.
func colourOfStatus(cell any) sheet.Color {
	word, _ := cell.(string)
	return colourOfCode(slices.Index(plugWords[:], word))
}

// printOverview prints the table with the columns that keys name, or all that there is
// room for, and below it what is wrong.
func (c commands) printOverview(ctx context.Context, o overview, keys []string, zone *time.Location) error {
	table := o.listStatus(zone)
	if keys == nil && !o.isVersioned() {
		table = table.keepFirst(len(table.columns) - 1) // the last one is the version
	}
	if len(o.Integrations) == 0 {
		fmt.Fprintf(c.out, "no integration in namespace %s: 'defendersync schedule apply' creates one\n", o.Namespace)
	} else if err := c.printTable(ctx, "", table, keys, zone); err != nil {
		return err
	}
	if o.Error != "" {
		fmt.Fprintf(c.out, "\n%s integrations may be missing: %s\n", c.paintText("–", colourOfCode(plugUnknown)), o.Error)
	}
	c.printStatusProblems(o.Integrations, o.At, zone)
	return nil
}

// printStatusProblems prints what is wrong and what is paused on purpose, by integration.
func (c commands) printStatusProblems(rows []statusRow, now time.Time, zone *time.Location) {
	first := true
	say := func(code int, name, text string) {
		if first {
			fmt.Fprintln(c.out)
			first = false
		}
		sign := map[int]string{plugOK: "·", plugWarning: "!", plugCritical: "✗", plugUnknown: "–"}[code]
		fmt.Fprintf(c.out, "%s %s: %s\n", c.paintText(sign, colourOfCode(code)), name, text)
	}
	for _, row := range rows {
		if row.Error != "" {
			say(plugUnknown, row.Integration, "not all can be read: "+row.Error)
		}
		for _, p := range row.Problems {
			say(p.Code, row.Integration, oneLine(p.Text))
		}
		if p := row.Paused; p != nil && p.OnPurpose {
			say(plugOK, row.Integration, p.describe(now))
		}
	}
}
