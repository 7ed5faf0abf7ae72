package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/config"
	"defendersync/internal/httpx"
	"defendersync/internal/reporting/query"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/tenants"
)

// reportCommand answers questions about apps, websites and users.
func (c commands) reportCommand() *cli.Command {
	return &cli.Command{
		Name:  "report",
		Usage: "Answer questions about apps, websites and users from the tenants' current data",
		Description: describe("Reports need Oomnitza's settings; the dashboard and subscriptions need Temporal as well. What Oomnitza has no "+
			"field for is read from Defender, within its request limit, and only if a flag asks for it.",
			"defendersync report apps --top 10",
			"defendersync report users --app Dropbox --inactive"),
		Subcommands: []*cli.Command{c.reportAppsCommand(), c.reportWebsitesCommand(), c.reportUsersCommand(), c.reportDashboardCommand(),
			c.reportRunCommand(), c.reportListCommand(), c.reportSubscribeCommand(), c.reportUnsubscribeCommand()},
	}
}

// reportCodes describes the exit codes of the report commands.
const reportCodes = "Exit codes: 0 success, even if nothing matches; 1 a tenant does not answer, or the file can't be written; " +
	"2 a flag, a setting or a name is wrong; 3 some apps could not be read (a note names them); 130 interrupted, and no file is left."

// sheetFlags are the flags of every command that prints a sheet, which has at most these
// columns as far as that is known before.
func sheetFlags(known ...sheet.Column) []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "output `FORMAT`: " + sheet.Formats + " (default: by the extension of --file, else table)",
			Action: func(_ *cli.Context, v string) error {
				if _, err := sheet.ParseFormat(v); err != nil {
					return usageError(fmt.Errorf("--output: %w", err))
				}
				return nil
			}},
		&cli.StringFlag{Name: "file", Usage: "write to `FILE`, which appears once it is complete"},
		columnsFlag(known...),
		&cli.BoolFlag{Name: "titles", Usage: "csv: column titles for people in the first line, in place of keys for programs"},
	}
}

// askedFormat returns the format that --output chooses, or else the extension
// of --file; by default a table.
func askedFormat(ctx *cli.Context) (sheet.Format, error) {
	if text := ctx.String("output"); text != "" {
		f, err := sheet.ParseFormat(text)
		if err != nil {
			return "", usageError(fmt.Errorf("--output: %w", err))
		}
		return f, nil
	}
	file := ctx.String("file")
	if f, ok := sheet.FormatOfFile(file); ok || file == "" || file == "-" {
		if !ok {
			f = sheet.Table
		}
		return f, nil
	}
	return "", unknownExtension(file)
}

// asked is a command that queries the tenants.
type asked struct {
	commands
	source   query.Source
	progress *reportProgress
	lost     *int // apps that could not be read

	integration string
	zone        *time.Location
}

// askTenants prepares the tenants' clients for reading.
func (c commands) askTenants(ctx context.Context) (asked, error) {
	settings, err := config.Load(ctx, c.environ, config.NeedOomnitza)
	if err != nil {
		return asked{}, usageError(err)
	}
	t, err := tenants.OpenToRead(settings)
	if err != nil {
		return asked{}, usageError(err)
	}
	c.spareMemory()
	p := newReportProgress(c.streams)
	for _, w := range t.Warnings {
		if t.Defender != nil {
			p.printNote(w)
		}
	}
	lost := new(int)
	return asked{c, query.Source{
		Oomnitza: t.Oomnitza, Defender: t.Defender, Links: linksOf(settings), Policy: settings.SyncPolicy(), Budget: settings.Defender.RequestsPerMinute,
		Width: settings.Oomnitza.Concurrency, Now: c.now, Note: p.printNote, Step: p.countRead,
		Lost: func(apps int) { *lost += apps },
	}, p, lost, settings.Integration.Name, zoneOfSettings(settings)}, nil
}

// linksOf returns what rows lead to.
func linksOf(s config.Settings) query.Links {
	return query.Links{Portal: query.PortalOf(s.Defender.URL), App: s.Oomnitza.AppLink, Person: s.Oomnitza.PersonLink}
}

// spareMemory trades some CPU time for memory, so that a million rows take
// about 100 MB. GOGC overrides it.
func (s streams) spareMemory() {
	if lookupVariable(s.environ, "GOGC") == "" {
		debug.SetGCPercent(40)
	}
}

// writeAnswer writes a sheet in the format and to the file that the flags name.
func (a asked) writeAnswer(ctx *cli.Context, heading sheet.Sheet, rows query.Rows) error {
	return a.writePart(ctx, "", heading, rows)
}

// writePart is writeAnswer of a sheet that is not the command's usual one; part, with a
// dot, sets its kind apart in JSON.
func (a asked) writePart(ctx *cli.Context, part string, heading sheet.Sheet, rows query.Rows) error {
	none := describeNothing(heading)
	format, err := askedFormat(ctx)
	if err != nil {
		return err
	}
	heading, rows, chosen, err := pickColumns(ctx, heading, rows)
	if err != nil {
		return err
	}
	to := sheet.Destination{Out: a.out, Terminal: a.terminal.out, File: ctx.String("file")}
	if (to.Terminal || a.terminal.pipe) && (to.File == "" || to.File == "-") {
		rows = a.progress.endAtFirst(rows)
	}
	heading.Head = a.headOf(ctx, a.integration)
	heading.Head.Kind += part
	o := sheet.Options{Color: a.usesColour(), Width: a.terminal.width, AllColumns: chosen, Titles: ctx.Bool("titles"), Empty: none, Notes: a.noteTo(), Location: a.zone}
	n, err := sheet.WriteRows(ctx.Context, rows, to, format, heading, o, a.progress.countRows)
	a.progress.endLine()
	switch {
	case err != nil:
		return explainFailure(err)
	case n == 0 && format != sheet.Table:
		fmt.Fprintln(a.err, none)
	case to.File != "" && to.File != "-":
		fmt.Fprintf(a.err, "wrote %s to %s\n", sheet.FormatCount(n), to.File)
	}
	return a.checkWhole()
}

// noteTo is where a table says how many rows it has and which columns have no room: on
// a terminal, beside it.
func (a asked) noteTo() io.Writer {
	if a.terminal.out {
		return a.errForPeople()
	}
	return nil
}

// checkWhole returns an error if apps are missing because they could not be
// read.
func (a asked) checkWhole() error {
	if *a.lost == 0 {
		return nil
	}
	return exitError{exitWithErrors, fmt.Errorf("the answer is incomplete: the users of some apps could not be read (see the note above)")}
}

// describeNothing describes the rows that were asked for and not found.
func describeNothing(heading sheet.Sheet) string {
	var asked []string
	for _, f := range heading.About {
		if f.Filter {
			asked = append(asked, f.Name+": "+f.Value)
		}
	}
	return "no " + strings.ToLower(heading.Title) + " match (" + strings.Join(asked, "; ") + ")"
}

// explainFailure gives an error its exit code.
func explainFailure(err error) error {
	if wrong, ok := errors.AsType[query.OptionErrors](err); ok {
		flags := make([]error, len(wrong))
		for i, option := range wrong {
			flags[i] = fmt.Errorf("--%w", option)
		}
		return usageError(errors.Join(flags...))
	}
	if option, ok := errors.AsType[*query.OptionError](err); ok {
		return usageError(fmt.Errorf("--%w", option))
	}
	if needs, ok := errors.AsType[*query.NeedsDefenderError](err); ok {
		return usageError(fmt.Errorf("--%w", needs))
	}
	if query.IsInvalid(err) {
		return usageError(err)
	}
	if kind := httpx.KindOf(err); kind == httpx.KindConfig || kind == httpx.KindUnauthorized {
		return usageError(err)
	}
	return err
}
