package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"defendersync/internal/moment"
	"defendersync/internal/reporting/sheet"
)

// statusColumn is a column of the table of integrations.
type statusColumn struct {
	title string
	rank  int // a narrow terminal leaves out the columns of the highest ranks; 0: none of these
	cell  func(statusRow) string
}

// nothing is a cell that says that there is none.
const nothing = "–"

// statusColumns are the columns, with times in a zone.
func statusColumns(now time.Time, zone *time.Location) []statusColumn {
	minute := func(t *time.Time) string { return minuteIn(zone, t) }
	return []statusColumn{
		{"Integration", 0, func(r statusRow) string { return r.Integration }},
		{"Status", 0, func(r statusRow) string { return r.Status }},
		{"Last good session", 0, func(r statusRow) string { return minute(r.LastGood) }},
		{"Next start", 1, func(r statusRow) string {
			if r.Paused != nil {
				return r.Paused.describeAge(now, minute)
			}
			return minute(r.Next)
		}},
		{"Running", 2, func(r statusRow) string { return describeRunning(r.Running, now) }},
		{"Notices", 3, describeNotices},
		{"Worker polled", 4, func(r statusRow) string {
			if r.WorkerPolled == nil {
				return nothing
			}
			return formatPoll(now, *r.WorkerPolled)
		}},
		{"Version", 5, func(r statusRow) string { return r.Version }},
	}
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

// printOverview prints the table, and below it what is wrong.
func (c commands) printOverview(o overview, zone *time.Location) {
	columns := statusColumns(o.At, zone)
	if !slices.ContainsFunc(o.Integrations, func(r statusRow) bool { return r.Version != "" }) {
		columns = columns[:len(columns)-1]
	}
	all := columns
	columns = fitColumns(columns, o.Integrations, c.terminal.width)
	if len(o.Integrations) == 0 {
		fmt.Fprintf(c.out, "no integration in namespace %s: 'defendersync schedule apply' creates one\n", o.Namespace)
	} else {
		c.printStatusRows(columns, o.Integrations)
	}
	if len(columns) < len(all) {
		fmt.Fprintf(c.errForPeople(), "no room for %s\n", listLeftOut(all, columns))
	}
	if o.Error != "" {
		fmt.Fprintf(c.out, "\n%s integrations may be missing: %s\n", c.paintText("–", colourOfCode(plugUnknown)), o.Error)
	}
	c.printStatusProblems(o.Integrations, o.At, zone)
}

// listLeftOut names the columns of a table that another one lacks.
func listLeftOut(all, left []statusColumn) string {
	var out []string
	for _, col := range all {
		if !slices.ContainsFunc(left, func(l statusColumn) bool { return l.title == col.title }) {
			out = append(out, col.title)
		}
	}
	return strings.Join(out, ", ")
}

// fitColumns leaves out columns until the table fits a width in characters; 0: any fits.
func fitColumns(columns []statusColumn, rows []statusRow, width int) []statusColumn {
	for width > 0 && tableWidth(columns, rows) > width {
		last := columns[0]
		for _, col := range columns {
			if col.rank >= last.rank {
				last = col
			}
		}
		if last.rank == 0 {
			return columns
		}
		columns = slices.DeleteFunc(slices.Clone(columns), func(col statusColumn) bool { return col.rank == last.rank })
	}
	return columns
}

// columnGap is the number of blanks between two columns.
const columnGap = 2

// widthOf is a column's width, in characters.
func (s statusColumn) widthOf(rows []statusRow) int {
	n := utf8.RuneCountInString(s.title)
	for _, row := range rows {
		n = max(n, utf8.RuneCountInString(s.cell(row)))
	}
	return n
}

func tableWidth(columns []statusColumn, rows []statusRow) int {
	n := columnGap * (len(columns) - 1)
	for _, col := range columns {
		n += col.widthOf(rows)
	}
	return n
}

// printStatusRows prints the rows, each with the colour of its status.
func (c commands) printStatusRows(columns []statusColumn, rows []statusRow) {
	line := func(cell func(statusColumn) string, paint sheet.Color) {
		var b strings.Builder
		for i, col := range columns {
			text := padText(cell(col), col.widthOf(rows))
			if i == len(columns)-1 {
				text = strings.TrimRight(text, " ")
			}
			if col.title == "Status" && paint != "" {
				text = c.paintText(text, paint)
			}
			if i > 0 {
				b.WriteString(strings.Repeat(" ", columnGap))
			}
			b.WriteString(text)
		}
		_, _ = io.WriteString(c.out, b.String()+"\n") // the stream keeps its error
	}
	line(func(col statusColumn) string { return col.title }, "")
	for _, row := range rows {
		line(func(col statusColumn) string { return col.cell(row) }, colourOfCode(row.Code))
	}
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
