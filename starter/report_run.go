package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"defendersync/internal/reporting/saved"
)

// reportRunCommand runs a report of the reports file.
func (c commands) reportRunCommand() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "Run a report that the reports file defines",
		ArgsUsage: "NAME",
		Description: describe("The reports file is REPORTS_FILE, by default ./reports.toml; deployments/reports.example.toml explains its keys. "+
			"All mistakes in it are reported at once.\n\n"+
			reportCodes,
			"defendersync report run most-used-apps",
			"defendersync report run most-used-apps --file apps.xlsx",
			"REPORTS_FILE=/etc/defendersync/reports.toml defendersync report run unsanctioned-apps"),
		Flags:  sheetFlags(),
		Action: c.runReport,
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
		return usageError(fmt.Errorf("name one report of: %s", reportNames(reports)))
	}
	if ctx.String("output") == "" && ctx.String("file") == "" {
		if err := ctx.Set("output", chosen[0].Format); err != nil {
			return err
		}
	}
	a, err := c.askTenants(ctx.Context)
	if err != nil {
		return err
	}
	defer a.progress.endLine()
	heading, rows, err := saved.Ask(ctx.Context, chosen[0], a.source)
	if err != nil {
		return explainFailure(err)
	}
	return a.writeAnswer(ctx, heading, rows)
}
