package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"defendersync/internal/reporting/query"
)

// reportUsers lists the users of an app, or of all.
func (c commands) reportUsers() *cli.Command {
	return &cli.Command{
		Name:  "users",
		Usage: "list the users of an app, with their last activity",
		Description: "A user is active whose last activity is no older than the app's threshold: INTEGRATION_APP_THRESHOLDS, " +
			"else INTEGRATION_ACTIVE_THRESHOLD (60 days). One whose last activity is not known is neither active nor inactive.\n" +
			"Role is the person's role in Oomnitza, by its id, since Oomnitza's API tells no names of roles.\n" +
			"--all-apps reads app after app, a request for each, in constant memory.\n" +
			"--live reads last activity from Defender where Oomnitza keeps none: a request for each hundred users of such an app.\n" +
			"--import-file writes what Oomnitza's import of SaaS users takes, a file for each app, for tenants that keep no last activity " +
			"through the API. The folder is new or empty, or was written by this command, and changes as a whole or not at all.\n\n" + codes + examples(`defendersync report users --app Dropbox
defendersync report users --app Dropbox --inactive --output xlsx --file chase.xlsx
defendersync report users --all-apps --output csv --file users.csv
defendersync report users --all-apps --import-file import/`),
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "app", Usage: "the app of this `NAME`, whatever its case"},
			&cli.BoolFlag{Name: "all-apps", Usage: "all apps"},
			&cli.BoolFlag{Name: "active", Usage: "active users only"},
			&cli.BoolFlag{Name: "inactive", Usage: "inactive users only"},
			createdByFlag("(any; with --all-apps)"),
			sortFlag(query.UserSorts(), "last-activity"),
			&cli.BoolFlag{Name: "live", Usage: "read last activity from Defender where Oomnitza keeps none (on with --import-file)"},
			&cli.StringFlag{Name: "import-file", Usage: "write import files for Oomnitza into the folder `DIR`"},
			&cli.StringFlag{Name: "date-format", Value: query.DateFormats()[0], Usage: "of import files, as the tenant's preference: `FORMAT` is one of " + strings.Join(query.DateFormats(), ", ")},
		}, sheetFlags()...),
		Before:       noArguments,
		OnUsageError: badFlags,
		Action:       c.answerUsers,
	}
}

func (c commands) answerUsers(ctx *cli.Context) error {
	o := query.UsersOptions{
		App: ctx.String("app"), AllApps: ctx.Bool("all-apps"), CreatedBy: ctx.String("created-by"),
		Active: ctx.Bool("active"), Inactive: ctx.Bool("inactive"), Sort: ctx.String("sort"), Live: ctx.Bool("live"),
	}
	if err := checkUsers(ctx); err != nil {
		return err
	}
	a, err := c.ask(ctx.Context)
	if err != nil {
		return err
	}
	if ctx.IsSet("import-file") {
		o.Live = ctx.Bool("live") || !ctx.IsSet("live") && a.source.Defender != nil
		return a.importFiles(ctx, query.ImportOptions{UsersOptions: o, Folder: ctx.String("import-file"), DateFormat: ctx.String("date-format")})
	}
	sheet, rows, err := o.Answer(ctx.Context, a.source)
	if err != nil {
		return failed(err)
	}
	return a.answer(ctx, sheet, rows)
}

// checkUsers refuses flags that don't go together.
func checkUsers(ctx *cli.Context) error {
	switch {
	case ctx.IsSet("import-file") && ctx.String("import-file") == "":
		return usage(fmt.Errorf("--import-file: name a folder"))
	case ctx.IsSet("date-format") && !ctx.IsSet("import-file"):
		return usage(fmt.Errorf("--date-format is for --import-file"))
	case ctx.IsSet("created-by") && !ctx.Bool("all-apps"):
		return usage(fmt.Errorf("--created-by is for --all-apps: an app has one record"))
	}
	return nil
}

// importFiles writes import files and lists them.
func (a asked) importFiles(ctx *cli.Context, o query.ImportOptions) error {
	done, err := a.source.WriteImport(ctx.Context, o)
	if err != nil {
		a.progress.end()
		return failed(err)
	}
	for _, note := range done.ListNotes() {
		a.progress.note(note)
	}
	sheet, rows := done.AsSheet()
	if err := a.answer(ctx, sheet, rows); err != nil {
		return err
	}
	if done.Rows > 0 {
		fmt.Fprintf(a.err, "%s written to %s; import each file into Oomnitza as the SaaS users of its app\n", done, o.Folder)
	}
	return nil
}
