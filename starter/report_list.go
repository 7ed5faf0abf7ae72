package main

import (
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/reporting/saved"
	"defendersync/internal/reporting/sheet"
)

// reportListCommand lists the reports of the reports file.
func (c commands) reportListCommand() *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "List the reports that the reports file defines",
		Description: describe("'defendersync report subscribe --list' lists those that are subscribed in Temporal.",
			"defendersync report list",
			"defendersync report list --output json"),
		Flags:  []cli.Flag{formatFlag(), fileFlag(), columnsFlag(reportColumns()...)},
		Action: c.listReports,
	}
}

func (c commands) listReports(ctx *cli.Context) error {
	reports, err := c.savedReports(ctx.Context)
	if err != nil {
		return err
	}
	heading := sheet.Sheet{Title: "Reports", Columns: reportColumns()}
	rows := func(yield func(sheet.Row, error) bool) {
		for _, r := range reports {
			if !yield(sheet.Row{r.Name, r.Question, r.Title, saved.WhenSent(r), strings.Join(r.Subscribers, ", "), saved.IsLive(r)}, nil) {
				return
			}
		}
	}
	return c.writeRows(ctx, rows, heading, time.UTC, "the reports file defines no reports")
}

// reportColumns are the columns of the list of reports.
func reportColumns() []sheet.Column {
	return []sheet.Column{
		{Key: "name", Title: "Name", Width: 40}, {Key: "question", Title: "Question"}, {Key: "title", Title: "Title", Width: 50},
		{Key: "schedule", Title: "Sent"}, {Key: "subscribers", Title: "To", Width: 60}, {Key: "live", Title: "Reads Defender", Kind: sheet.Bool},
	}
}
