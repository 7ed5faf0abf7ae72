package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"defendersync/internal/config"
	"defendersync/internal/reporting/gather"
	"defendersync/internal/reporting/page"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/sessions"
)

const (
	// dashboardApps is the default of --apps: half a minute at 20 requests a
	// second.
	dashboardApps = 500
	// dashboardSessions is how many sessions are shown, and so read.
	dashboardSessions = 60
)

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
	d, err := gather.ReadData(ctx.Context, a.source, gather.Options{
		Integration: settings.Integration.Name, CreatedBy: ctx.String("created-by"), Apps: ctx.Int("apps"), Live: ctx.Bool("live"), Zone: zoneOfSettings(settings),
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
	found, err := c.pastSessions(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		var e exitError
		if errors.As(err, &e) && e.code == exitUsage {
			return err
		}
		d.Missing[page.Sessions] = "Temporal is not available: " + err.Error()
		fmt.Fprintln(c.err, "note: the page has no sessions: "+err.Error())
	}
	for _, s := range found {
		d.Sessions = append(d.Sessions, drawSession(s))
	}
	if note := noteUnreadable(found); note != "" {
		d.Notes[page.Sessions] = note
		fmt.Fprintln(c.err, "note: "+note)
	}
	return nil
}

// noteUnreadable says how many sessions cannot be read with the key here, and which
// setting to correct; "" if all can.
func noteUnreadable(found []sessions.Session) string {
	var keyError error
	n := 0
	for _, s := range found {
		if s.KeyError != nil {
			keyError = s.KeyError
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("The counts of %d of the %d sessions are unknown: %v", n, len(found), keyError)
}

// pastSessions returns the latest sessions that Temporal still has.
func (c commands) pastSessions(ctx context.Context) ([]sessions.Session, error) {
	conn, err := c.connectTemporal(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.closeClient()
	return conn.sessionReader().List(ctx, sessions.Filter{Limit: dashboardSessions})
}

// drawSession is a session as the page shows it.
func drawSession(s sessions.Session) page.Session {
	out := page.Session{Began: s.Began, Ended: s.Ended, Outcome: string(s.Outcome), Mode: s.Mode, StartedBy: s.StartedBy, DryRun: s.DryRun,
		Apps: s.Counts.Apps.Seen, Added: s.Counts.Users.Added, Rejected: s.Counts.Rejected()}
	if s.DryRun {
		out.Mode, out.Added = strings.TrimSpace(out.Mode+" dry run"), -1
	}
	if s.Unclear != "" {
		out.Apps, out.Added, out.Rejected = -1, -1, -1
	}
	return out
}
