package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/activities"
	"defendersync/internal/config"
	"defendersync/internal/reporting/gather"
	"defendersync/internal/reporting/page"
	"defendersync/internal/reporting/saved"
	"defendersync/internal/reporting/sheet"
)

// dashboardApps is the default of --apps.
const dashboardApps = saved.DashboardApps

// reportDashboardCommand creates the dashboard page.
func (c commands) reportDashboardCommand() *cli.Command {
	return &cli.Command{
		Name:  "dashboard",
		Usage: "Create an HTML page that shows sessions, apps and their users",
		Description: describe("The page is one file that needs neither network nor server: open it in a browser, print it or put it on a share. "+
			"It contains names of people.\n\n"+
			"Sessions come from Temporal, everything else from Oomnitza: one request for each hundred apps, and one or two "+
			"for each app whose users are read. --live adds tags and risk scores from Defender, one request for each hundred "+
			"apps of a stream. The page says what is not available. Times are in INTEGRATION_TIMEZONE.\n\n"+
			reportCodes,
			"defendersync report dashboard --file saas.html",
			"defendersync report dashboard --live --file saas.html",
			"defendersync report dashboard --apps 0 --created-by any --file saas.html"),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "file", Usage: "write to `FILE`, which appears once it is complete; - writes to standard output"},
			numberFlag("apps", dashboardApps, "read the users of the `N` most used apps; 0: of all apps"),
			&cli.BoolFlag{Name: "live", Usage: "add the unsanctioned apps in use; reads Defender"},
			createdByFlag("(INTEGRATION_USER)"),
		},
		Action: c.drawDashboard,
	}
}

func (c commands) drawDashboard(ctx *cli.Context) error {
	if n := ctx.Int("apps"); n < 0 {
		return usageError(fmt.Errorf("--apps %d: use 1 or more, or 0 for all apps", n))
	}
	return c.writeDashboard(ctx, saved.Dashboard{CreatedBy: ctx.String("created-by"), Apps: ctx.Int("apps"), Live: ctx.Bool("live")}, nil)
}

// writeDashboard writes the dashboard to the file of --file. zone is that of its
// times; nil: that of the settings.
func (c commands) writeDashboard(ctx *cli.Context, asked saved.Dashboard, zone *time.Location) error {
	file := ctx.String("file")
	if file == "" {
		return usageError(errors.New("--file is missing: give the name of the page, such as saas.html, or - for standard output"))
	}
	settings, err := config.Load(ctx.Context, c.environ, config.NeedOomnitza)
	if err != nil {
		return usageError(err)
	}
	a, err := c.askTenants(ctx.Context)
	if err != nil {
		return err
	}
	defer a.progress.endLine()
	// Before anything is read, so that a name that can't be written costs nothing.
	var into *sheet.File
	if file != "-" {
		if into, err = sheet.CreateFile(file); err != nil {
			return err
		}
		defer into.Discard()
	}
	if zone == nil {
		zone = zoneOfSettings(settings)
	}
	d, err := gather.ReadData(ctx.Context, a.source, gather.Options{
		Integration: settings.Integration.Name, CreatedBy: asked.CreatedBy, Apps: asked.Apps, Live: asked.Live, Zone: zone,
	})
	a.progress.endLine()
	if err != nil {
		return explainFailure(err)
	}
	if err := c.addSessions(ctx.Context, &d); err != nil {
		return err
	}
	if into == nil {
		if err := page.Render(c.out, d); err != nil {
			return err
		}
		return a.checkWhole()
	}
	if err := page.Render(into, d); err != nil {
		return err
	}
	if err := into.Commit(); err != nil {
		return err
	}
	fmt.Fprintf(c.err, "wrote the dashboard to %s\n", file)
	return a.checkWhole()
}

// addSessions adds the past sessions. The page is useful without them, so if
// Temporal does not answer, the page and a note say so.
func (c commands) addSessions(ctx context.Context, d *page.Data) error {
	list, note, err := c.pastSessions(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		var e exitError
		if errors.As(err, &e) && e.code == exitUsage {
			return err
		}
		d.Missing[page.Sessions] = "Temporal is not available: " + err.Error()
		fmt.Fprintln(c.errForPeople(), "note: the page has no sessions: "+err.Error())
	}
	d.Sessions = list
	if note != "" {
		d.Notes[page.Sessions] = note
		fmt.Fprintln(c.errForPeople(), "note: "+note)
	}
	return nil
}

// pastSessions returns the latest sessions that Temporal still has, and what is to be
// said of them.
func (c commands) pastSessions(ctx context.Context) ([]page.Session, string, error) {
	conn, err := c.connectTemporal(ctx)
	if err != nil {
		return nil, "", err
	}
	defer conn.closeClient()
	return activities.ReadDashboardSessions(ctx, conn.sessionReader())
}
