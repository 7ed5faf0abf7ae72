package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/envelope"
	"defendersync/internal/moment"
	"defendersync/internal/reporting/sheet"
)

// notificationsListCommand lists the notices.
func (c commands) notificationsListCommand() *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "List the latest notices, newest first, and the deliveries that failed",
		Description: describe("The Watch workflow keeps the latest 50 notices. They can be read while no worker runs. Each begins with its id, which "+
			"'defendersync notifications read' takes. A narrow terminal shows fewer columns.",
			"defendersync notifications list",
			"defendersync notifications list --columns id,headline,todo",
			"defendersync notifications list --unread --output json"),
		Flags:  []cli.Flag{outputFlag(), columnsFlag(noticeColumns()...), &cli.BoolFlag{Name: "unread", Usage: "only notices that nobody has marked as read"}},
		Action: c.listNotices,
	}
}

func (c commands) listNotices(ctx *cli.Context) error {
	keys, err := tableKeys(ctx, ctx.String("output"), noticeColumns()...)
	if err != nil {
		return err
	}
	conn, rows, state, err := c.readInbox(ctx.Context)
	if err != nil {
		return err
	}
	defer conn.closeClient()
	if ctx.Bool("unread") {
		rows = slices.DeleteFunc(rows, func(r noticeRow) bool { return r.Read })
	}
	if ctx.String("output") == "json" {
		undelivered := envelope.Field{Name: "undelivered", Value: viewUndelivered(state)}
		return envelope.WriteList(c.out, c.headOf(ctx, conn.integration(), undelivered), viewNotices(rows))
	}
	table := listNoticeRows(rows, conn.timeZone())
	if keys == nil {
		table = table.keepFirst(usualNoticeColumns)
	}
	if len(rows) == 0 {
		fmt.Fprintln(c.out, "no notices")
	} else if err := c.printTable(ctx.Context, "", table, keys, conn.timeZone()); err != nil {
		return err
	}
	for _, u := range slices.Concat(state.Pending, state.Lost) {
		if u.Error != "" {
			fmt.Fprintf(c.err, "not delivered by %s after %d attempts: %s\n", strings.TrimSpace(u.Channel+" "+u.To), u.Tries, u.Error)
		}
	}
	return nil
}

// usualNoticeColumns is how many columns of notices are shown unless some are chosen.
const usualNoticeColumns = 5

// noticeColumns are the columns of the list of notices, those that have to be chosen last.
func noticeColumns() []sheet.Column {
	return []sheet.Column{
		{Key: "id", Title: "Id", Kind: sheet.Name}, {Key: "read", Title: "Read", Kind: sheet.Bool, Rank: 2, Color: func(cell any) sheet.Color {
			if read, _ := cell.(bool); read {
				return sheet.Faint
			}
			return sheet.Yellow
		}},
		{Key: "at", Title: "At", Kind: sheet.Name, Rank: 1}, {Key: "kind", Title: "Kind", Kind: sheet.Name, Rank: 3},
		{Key: "headline", Title: "Headline", Kind: sheet.Prose, Rank: sheet.Always},
		{Key: "since", Title: "Since", Kind: sheet.Name}, {Key: "cause", Title: "Cause", Kind: sheet.Prose}, {Key: "todo", Title: "To do", Kind: sheet.Prose},
		{Key: "session", Title: "Session", Kind: sheet.Name},
	}
}

// listNoticeRows makes the table of notices, with times in a zone.
func listNoticeRows(notices []noticeRow, zone *time.Location) textTable {
	t := textTable{columns: noticeColumns()}
	for _, r := range notices {
		since := ""
		if !r.Since.IsZero() {
			since = moment.Format(r.Since, zone)
		}
		t.rows = append(t.rows, sheet.Row{r.ID, r.Read, moment.Format(r.At, zone), string(r.Kind), r.Headline, since, r.Cause, r.Todo, r.Session})
	}
	return t
}
