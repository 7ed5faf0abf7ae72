package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/activities"
	"defendersync/internal/moment"
	"defendersync/internal/reporting/page"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/sessions"
)

// formatPage is the format of a page for a browser.
const formatPage = "html"

// wantsPage reports whether sessions are to be written as a page: by --output, or
// else by the file's extension.
func wantsPage(ctx *cli.Context) bool {
	if ctx.IsSet("output") {
		return ctx.String("output") == formatPage
	}
	ext := strings.ToLower(filepath.Ext(ctx.String("file")))
	return ext == ".html" || ext == ".htm"
}

// printSessionsPage writes sessions as a page in the dashboard's style.
func (c commands) printSessionsPage(ctx *cli.Context, conn connection, f sessions.Filter, found []sessions.Session) error {
	if ctx.IsSet("columns") {
		return usageError(fmt.Errorf("--columns can't be combined with --output %s: the page has columns of its own", formatPage))
	}
	d := page.Data{
		Integration: conn.integration(), Generated: c.now().UTC().Truncate(time.Second), Zone: conn.timeZone(),
		Scope: []page.Fact{{Label: "Sessions", Text: describeFilter(f, conn.timeZone())}},
	}
	if note := activities.NoteUnreadable(found); note != "" {
		d.Notes = map[page.Panel]string{page.Sessions: note}
	}
	for _, s := range found {
		shown := activities.DrawSession(s)
		shown.Note = conn.noteOf(s)
		d.Sessions = append(d.Sessions, shown)
	}
	file := ctx.String("file")
	if file == "" || file == "-" {
		return page.RenderSessions(c.out, d)
	}
	into, err := sheet.CreateFile(file)
	if err != nil {
		return err
	}
	defer into.Discard()
	if err := page.RenderSessions(into, d); err != nil {
		return err
	}
	if err := into.Commit(); err != nil {
		return err
	}
	fmt.Fprintf(c.err, "wrote %s to %s\n", sheet.FormatCount(len(found)), file)
	return nil
}

// describeFilter says which sessions were asked for.
func describeFilter(f sessions.Filter, zone *time.Location) string {
	var parts []string
	for _, o := range f.Outcomes {
		parts = append(parts, strings.ToLower(string(o)))
	}
	if len(parts) > 0 {
		parts = []string{strings.Join(parts, " or ")}
	}
	if !f.Since.IsZero() {
		parts = append(parts, "since "+moment.FormatPage(f.Since, zone))
	}
	if !f.Until.IsZero() {
		parts = append(parts, "before "+moment.FormatPage(f.Until, zone))
	}
	if f.Limit > 0 {
		parts = append(parts, fmt.Sprintf("the latest %d at most", f.Limit))
	}
	if len(parts) == 0 {
		return "all"
	}
	return strings.Join(parts, ", ")
}
