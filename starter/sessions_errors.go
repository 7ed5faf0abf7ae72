package main

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"defendersync/internal/envelope"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/sessions"
)

func (c commands) sessionsErrorsCommand() *cli.Command {
	return &cli.Command{
		Name:      "errors",
		Usage:     "List every row that a session could not read or write, with the reason",
		ArgsUsage: "[SESSION|latest|running]",
		Description: describe("Rows are sorted by reason, then by app. The next session tries them again. Without SESSION, the latest session "+
			"is used; of a running session, the rows so far are listed.\n\n"+
			"Exit codes: 0 the rows were listed, however many; 1 they can't be read.",
			"defendersync sessions errors",
			"defendersync sessions errors --file rejected.csv latest"),
		Flags:  []cli.Flag{formatFlag(), fileFlag(), columnsFlag(rejectColumns()...)},
		Before: refuseMoreThanOne,
		Action: func(ctx *cli.Context) error {
			return c.onSession(ctx, sessions.NameLatest, func(conn connection, s sessions.Session) error {
				r, err := conn.sessionReader().ReadRejects(ctx.Context, s)
				if err != nil {
					return err
				}
				if s.KeyError != nil {
					return s.KeyError
				}
				return c.printRejected(ctx, conn, s, r)
			})
		},
	}
}

func (c commands) printRejected(ctx *cli.Context, conn connection, s sessions.Session, r sessions.Rejects) error {
	heading := sheet.Sheet{
		Title: "Rejected rows of " + s.Session, Columns: rejectColumns(),
		Head: envelope.Head{Integration: conn.integration(), Fields: []envelope.Field{
			{Name: "session", Value: s.Session}, {Name: "outcome", Value: s.Outcome}, {Name: "rejected", Value: r.Total()}, {Name: "notShown", Value: r.NotKept()},
		}},
	}
	aside := c.err
	if chosenFormat(ctx) == sheet.Table && ctx.String("file") == "" {
		aside = c.forPeople().out
	}
	printReasons(aside, s, r)
	if len(r.Samples) == 0 && chosenFormat(ctx) == sheet.Table && ctx.String("file") == "" {
		return nil
	}
	rows := func(yield func(sheet.Row, error) bool) {
		for _, row := range r.SortedRows() {
			if !yield(sheet.Row{row.Reason, row.App, r.AppNames[row.App], row.Subject, row.Stream, row.Detail}, nil) {
				return
			}
		}
	}
	return c.writeRows(ctx, rows, heading, conn.timeZone(), "nothing was rejected")
}

// rejectColumns are the columns of the list of rejected rows.
func rejectColumns() []sheet.Column {
	return []sheet.Column{
		{Key: "reason", Title: "Reason"}, {Key: "app", Title: "App id", Rank: 1}, {Key: "appName", Title: "App"},
		{Key: "subject", Title: "Row"}, {Key: "stream", Title: "Stream id", Rank: 3}, {Key: "detail", Title: "Why", Rank: 2},
	}
}

// printReasons prints the number of rejected rows for each reason, and how many
// of them can't be listed.
func printReasons(w io.Writer, s sessions.Session, r sessions.Rejects) {
	if r.Total() == 0 {
		fmt.Fprintf(w, "%s (%s): nothing was rejected\n", s.Session, s.Outcome)
	} else {
		fmt.Fprintf(w, "%s (%s): %s rejected\n", s.Session, s.Outcome, sheet.FormatCount(r.Total()))
	}
	for _, line := range r.ByCount() {
		fmt.Fprintf(w, "  %d × %s", line.Count, line.Reason)
		if line.Kept < line.Count {
			fmt.Fprintf(w, " (%d of them were only counted and can't be listed)", line.Count-line.Kept)
		}
		fmt.Fprintln(w)
	}
	if r.Lost {
		fmt.Fprintln(w, "  Temporal no longer has all of this session's history")
	}
}
