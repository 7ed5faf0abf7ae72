package main

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/contract"
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
	if saved.IsDashboard(chosen[0]) {
		return c.runDashboard(ctx, chosen[0])
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

// runDashboard writes a dashboard of the reports file.
func (c commands) runDashboard(ctx *cli.Context, r contract.Report) error {
	asked, err := saved.DashboardOf(r)
	if err != nil {
		return usageError(err)
	}
	for _, flag := range []string{"output", "columns"} {
		if ctx.IsSet(flag) {
			return usageError(fmt.Errorf("report %q is the dashboard, a page, for which --%s means nothing", r.Name, flag))
		}
	}
	var zone *time.Location
	if r.Timezone != "" {
		zone = saved.ZoneOf(r)
	}
	return c.writeDashboard(ctx, asked, zone)
}
