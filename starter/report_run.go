package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"defendersync/internal/reporting/saved"
)

// reportRun answers a saved question.
func (c commands) reportRun() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "answer a question that is saved in the file of reports",
		ArgsUsage: "NAME",
		Description: "The file is REPORTS_FILE, ./reports.toml unless set; deployments/reports.example.toml explains its keys. " +
			"Every mistake in it is told at once.\n\n" + codes + examples(`defendersync report run most-used-apps
defendersync report run most-used-apps --file apps.xlsx
REPORTS_FILE=/etc/defendersync/reports.toml defendersync report run unsanctioned-apps`),
		Flags:        sheetFlags(),
		OnUsageError: badFlags,
		Action:       c.runReport,
	}
}

func (c commands) runReport(ctx *cli.Context) error {
	reports, err := c.savedReports(ctx.Context)
	if err != nil {
		return err
	}
	chosen, err := namedReports(ctx, reports)
	if err != nil {
		return err
	}
	if len(chosen) != 1 {
		return usage(fmt.Errorf("name one report: %s", reportNames(reports)))
	}
	if ctx.String("output") == "" && ctx.String("file") == "" {
		if err := ctx.Set("output", chosen[0].Format); err != nil {
			return err
		}
	}
	a, err := c.ask(ctx.Context)
	if err != nil {
		return err
	}
	heading, rows, err := saved.Ask(ctx.Context, chosen[0], a.source)
	if err != nil {
		return failed(err)
	}
	return a.answer(ctx, heading, rows)
}
