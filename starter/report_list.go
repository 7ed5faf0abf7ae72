package main

import (
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/reporting/saved"
	"defendersync/internal/reporting/sheet"
)

// reportList lists the saved questions.
func (c commands) reportList() *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "list the saved questions of the file of reports",
		Description: "What is subscribed in Temporal is shown by 'defendersync report subscribe --list'." + examples(`defendersync report list
defendersync report list --output json`),
		Flags:        []cli.Flag{formatFlag(), fileFlag()},
		Before:       noArguments,
		OnUsageError: badFlags,
		Action:       c.listReports,
	}
}

func (c commands) listReports(ctx *cli.Context) error {
	reports, err := c.savedReports(ctx.Context)
	if err != nil {
		return err
	}
	heading := sheet.Sheet{Title: "Reports", Columns: []sheet.Column{
		{Key: "name", Title: "Name", Width: 40}, {Key: "question", Title: "Question"}, {Key: "title", Title: "Title", Width: 50},
		{Key: "schedule", Title: "Sent"}, {Key: "subscribers", Title: "To", Width: 60}, {Key: "live", Title: "Reads Defender", Kind: sheet.Bool},
	}}
	rows := func(yield func(sheet.Row, error) bool) {
		for _, r := range reports {
			if !yield(sheet.Row{r.Name, r.Question, r.Title, saved.WhenSent(r), strings.Join(r.Subscribers, ", "), saved.IsLive(r)}, nil) {
				return
			}
		}
	}
	return c.write(ctx, rows, heading, time.UTC, "the file names none")
}
