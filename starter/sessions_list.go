package main

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/config"
	"defendersync/internal/envelope"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/sessions"
)

// defaultSessions is the default of --limit.
const defaultSessions = 20

func (c commands) sessionsListCommand() *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "List sessions, latest first, with their results or progress",
		Description: describe("Times are in INTEGRATION_TIMEZONE. In the table, + means added, ~ updated, = unchanged and ! rejected. A narrow "+
			"terminal shows fewer columns. A file .xlsx is a workbook, and a file .html a page with charts in the dashboard's style.",
			"defendersync sessions list",
			"defendersync sessions list --outcome failed --outcome 'timed out' --since 30d",
			"defendersync sessions list --since 2026-11-01 --until 2026-11-07 --output csv --file week.csv",
			"defendersync sessions list --since 90d --limit 0 --file quarter.xlsx",
			"defendersync sessions list --since 90d --limit 0 --file quarter.html"),
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "outcome", Usage: "only sessions with this `OUTCOME` (can be repeated): " + strings.ToLower(joinWords(sessions.ListOutcomes()))},
			&cli.StringFlag{Name: "since", Usage: "only sessions started at or after `TIME`: 2026-11-01, 2026-11-01T08:00:00Z, or 7d (ago)"},
			&cli.StringFlag{Name: "until", Usage: "only sessions started before `TIME`, or on that day"},
			numberFlag("limit", defaultSessions, "list at most `N` sessions; 0: all"),
			formatFlag(formatPage), fileFlag(formatPage, "htm"), columnsFlag(listColumns()...),
		},
		Action: c.listSessions,
	}
}

func (c commands) listSessions(ctx *cli.Context) error {
	settings, err := config.Load(ctx.Context, c.environ, 0)
	if err != nil {
		return usageError(err)
	}
	f, err := readFilter(ctx, c.now(), zoneOfSettings(settings))
	if err != nil {
		return usageError(err)
	}
	conn, err := c.connectTemporal(ctx.Context)
	if err != nil {
		return err
	}
	defer conn.closeClient()
	found, err := conn.sessionReader().List(ctx.Context, f)
	if err != nil {
		return err
	}
	print := c.printSessions
	if wantsPage(ctx) {
		print = c.printSessionsPage
	}
	if err := print(ctx, conn, f, found); err != nil {
		return err
	}
	for _, s := range found {
		if s.KeyError != nil {
			return s.KeyError
		}
	}
	return nil
}

func (c commands) printSessions(ctx *cli.Context, conn connection, f sessions.Filter, found []sessions.Session) error {
	shape := allColumns()
	switch width := c.terminal.width; {
	case chosenFormat(ctx) == sheet.XLSX:
		shape = nameColumns(dataColumns())
	case chosenFormat(ctx) != sheet.Table:
		shape = dataColumns()
	case ctx.String("file") == "" && !ctx.IsSet("columns") && width > 0 && width < wideEnough:
		shape = fewColumns()
	}
	heading := sheet.Sheet{Title: "Sync sessions of " + conn.integration(), Head: envelope.Head{Integration: conn.integration()}, About: []sheet.Fact{{Name: "asked", Value: f.Query(conn.integration())}}}
	for _, col := range shape {
		heading.Columns = append(heading.Columns, col.Column)
	}
	rows := func(yield func(sheet.Row, error) bool) {
		for _, s := range found {
			row := make(sheet.Row, len(shape))
			for i, col := range shape {
				row[i] = col.of(conn, s)
			}
			if !yield(row, nil) {
				return
			}
		}
	}
	return c.writeRows(ctx, rows, heading, conn.timeZone(), "no session matches; check INTEGRATION_NAME and whether Temporal still keeps the sessions")
}

// writeRows writes rows in the format and to the file that the flags choose. Of the
// heading's Head the caller gives integration and fields.
func (c commands) writeRows(ctx *cli.Context, rows iter.Seq2[sheet.Row, error], heading sheet.Sheet, zone *time.Location, empty string) error {
	heading, rows, chosen, err := pickColumns(ctx, heading, rows)
	if err != nil {
		return err
	}
	heading.Head = c.headOf(ctx, heading.Head.Integration, heading.Head.Fields...)
	o := sheet.Options{Color: c.usesColour(), Width: c.terminal.width, AllColumns: chosen, Notes: c.errForPeople(), Empty: empty, Location: zone}
	to := sheet.Destination{Out: c.out, Terminal: c.terminal.out, File: ctx.String("file")}
	n, err := sheet.WriteRows(ctx.Context, rows, to, chosenFormat(ctx), heading, o, nil)
	if err == nil && to.File != "" && to.File != "-" {
		fmt.Fprintf(c.err, "wrote %s to %s\n", sheet.FormatCount(n), to.File)
	}
	return err
}
