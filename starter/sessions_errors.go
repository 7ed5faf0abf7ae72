package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/urfave/cli/v2"

	"defendersync/internal/reporting/sheet"
	"defendersync/internal/saas"
)

func (c commands) sessionsErrors() *cli.Command {
	return &cli.Command{
		Name:      "errors",
		Usage:     "List every row that a session could not read or write, with the reason",
		ArgsUsage: "[SESSION|latest|running]",
		Description: describe("Rows are sorted by reason, then by app. The next session tries them again. Without SESSION, the latest session "+
			"is used; of a running session, the rows so far are listed.\n\n"+
			"Exit codes: 0 the rows were listed, however many; 1 they can't be read.",
			"defendersync sessions errors",
			"defendersync sessions errors --file rejected.csv latest"),
		Flags:  []cli.Flag{formatFlag(), fileFlag()},
		Before: atMostOne,
		Action: func(ctx *cli.Context) error {
			return c.onSession(ctx, "latest", func(conn connection, e entry) error {
				r, err := conn.rejectedRows(ctx.Context, e)
				if err != nil {
					return err
				}
				if e.keyless != nil {
					return e.keyless
				}
				return c.printRejected(ctx, conn, e, r)
			})
		},
	}
}

// reasonLine is one reason with its numbers.
type reasonLine struct {
	reason       string
	count, shown int
}

// reasons counts the rows by reason, the most frequent first.
func (r rejected) reasons() []reasonLine {
	shown := map[string]int{}
	for _, row := range r.Samples {
		shown[row.Reason]++
	}
	var out []reasonLine
	for _, n := range r.ByReason {
		out = append(out, reasonLine{n.Reason, max(n.Count, shown[n.Reason]), shown[n.Reason]})
	}
	slices.SortStableFunc(out, func(a, b reasonLine) int { return cmp.Compare(b.count, a.count) })
	return out
}

// hidden is how many rows were counted and not kept.
func (r rejected) hidden() int {
	n := 0
	for _, line := range r.reasons() {
		n += line.count - line.shown
	}
	return n
}

// sorted gives the rows by reason, app and subject.
func (r rejected) sorted() []saas.Reject {
	rows := slices.Clone(r.Samples)
	slices.SortStableFunc(rows, func(a, b saas.Reject) int {
		return cmp.Or(cmp.Compare(a.Reason, b.Reason), cmp.Compare(r.names[a.App], r.names[b.App]), cmp.Compare(a.App, b.App),
			cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Subject, b.Subject))
	})
	return rows
}

func (c commands) printRejected(ctx *cli.Context, conn connection, e entry, r rejected) error {
	heading := sheet.Sheet{
		Title: "Rejected rows of " + e.Session,
		Columns: []sheet.Column{
			{Key: "reason", Title: "Reason"}, {Key: "app", Title: "App id"}, {Key: "appName", Title: "App"},
			{Key: "subject", Title: "Row"}, {Key: "stream", Title: "Stream id"}, {Key: "detail", Title: "Why"},
		},
		About: []sheet.Fact{
			{Name: "session", Value: e.Session}, {Name: "outcome", Value: string(e.Outcome)},
			{Name: "rejected", Value: strconv.Itoa(r.Total())}, {Name: "notShown", Value: strconv.Itoa(r.hidden())},
		},
	}
	aside := c.err
	if formatOf(ctx) == sheet.Table && ctx.String("file") == "" {
		aside = c.out
	}
	printReasons(aside, e, r)
	if len(r.Samples) == 0 && formatOf(ctx) == sheet.Table && ctx.String("file") == "" {
		return nil
	}
	rows := func(yield func(sheet.Row, error) bool) {
		for _, row := range r.sorted() {
			if !yield(sheet.Row{row.Reason, row.App, r.names[row.App], row.Subject, row.Stream, row.Detail}, nil) {
				return
			}
		}
	}
	return c.write(ctx, rows, heading, conn.zone(), "nothing was rejected")
}

// printReasons prints how many rows there are under each reason, and says
// where not all of them can be shown.
func printReasons(w io.Writer, e entry, r rejected) {
	if r.Total() == 0 {
		fmt.Fprintf(w, "%s (%s): nothing was rejected\n", e.Session, e.Outcome)
	} else {
		fmt.Fprintf(w, "%s (%s): %s rejected\n", e.Session, e.Outcome, sheet.FormatCount(r.Total()))
	}
	for _, line := range r.reasons() {
		fmt.Fprintf(w, "  %d × %s", line.count, line.reason)
		if line.shown < line.count {
			fmt.Fprintf(w, " (%d of them were counted but not kept, and are not shown)", line.count-line.shown)
		}
		fmt.Fprintln(w)
	}
	if r.lost {
		fmt.Fprintln(w, "  Temporal no longer keeps all of this session's history")
	}
}
