package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"defendersync/internal/reporting/query"
)

// reportUsersCommand lists the users of an app, or of all, or the apps of a person.
func (c commands) reportUsersCommand() *cli.Command {
	return &cli.Command{
		Name:  "users",
		Usage: "List the users of an app, or the apps of a person, with the last activity",
		Description: describe("A user is active if the last activity is no older than the app's threshold: INTEGRATION_APP_THRESHOLDS, or else "+
			"INTEGRATION_ACTIVE_THRESHOLD (60 days). A user whose last activity is unknown is neither active nor inactive. "+
			"Role is the id of the person's role: Oomnitza's API has no names of roles.\n\n"+
			"--all-apps reads the users of every app, one request for each, in constant memory.\n\n"+
			"--user lists the apps of one person, one request for each. Which apps these are is read from Oomnitza's own list of "+
			"the person's apps; with --all-apps, from the users of every app.\n\n"+
			"--live reads the last activity from Defender where Oomnitza has none: one request for each hundred users of such "+
			"an app.\n\n"+
			"--import-file writes a file for each app that Oomnitza's import of SaaS users takes, for tenants that do not "+
			"keep last activity through the API. The folder has to be new, empty, or written by this command; it is replaced "+
			"as a whole or not at all.\n\n"+
			reportCodes,
			"defendersync report users --app Dropbox",
			"defendersync report users --app Dropbox --inactive --output xlsx --file chase.xlsx",
			"defendersync report users --user alice@contoso.com",
			"defendersync report users --ai --active",
			"defendersync report users --all-apps --output csv --file users.csv",
			"defendersync report users --all-apps --import-file import/"),
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "app", Usage: "the app with this `NAME`; case does not matter"},
			&cli.BoolFlag{Name: "all-apps", Usage: "the users of all apps"},
			&cli.BoolFlag{Name: "ai", Usage: "the users of all apps of AI, as 'report apps --ai' finds them"},
			&cli.StringFlag{Name: "user", Usage: "the person with this `USERNAME` or email address; case does not matter"},
			&cli.StringFlag{Name: "name", Usage: "users whose name contains one of these `TEXTS`, separated by commas; case does not matter"},
			&cli.StringFlag{Name: "email", Usage: "users whose email address contains one of these `TEXTS`, separated by commas; case does not matter"},
			&cli.StringFlag{Name: "role", Usage: "users with one of these `IDS` of Oomnitza roles, separated by commas"},
			&cli.BoolFlag{Name: "active", Usage: "only active users"},
			&cli.BoolFlag{Name: "inactive", Usage: "only inactive users"},
			createdByFlag("(any; with --all-apps, --ai or --user)"),
			sortFlag(query.UserSorts(), "last-activity"),
			&cli.BoolFlag{Name: "live", Usage: "read the last activity from Defender where Oomnitza has none (default with --import-file)"},
			&cli.StringFlag{Name: "import-file", Usage: "write import files for Oomnitza to the folder `DIR`"},
			&cli.StringFlag{Name: "date-format", Value: query.DateFormats()[0], Usage: "date `FORMAT` of import files, as in the tenant's preferences: one of " + strings.Join(query.DateFormats(), ", ")},
		}, sheetFlags(query.UsersOptions{AllApps: true, Live: true}.Columns()...)...),
		Action: c.answerUsers,
	}
}

func (c commands) answerUsers(ctx *cli.Context) error {
	o := query.UsersOptions{
		App: ctx.String("app"), AllApps: ctx.Bool("all-apps"), AI: ctx.Bool("ai"), User: ctx.String("user"),
		Name: ctx.String("name"), Email: ctx.String("email"), Role: ctx.String("role"), CreatedBy: ctx.String("created-by"),
		Active: ctx.Bool("active"), Inactive: ctx.Bool("inactive"), Sort: ctx.String("sort"), Live: ctx.Bool("live"),
	}
	if err := checkUsers(ctx); err != nil {
		return err
	}
	a, err := c.askTenants(ctx.Context)
	if err != nil {
		return err
	}
	defer a.progress.endLine()
	if ctx.IsSet("import-file") {
		o.Live = ctx.Bool("live") || !ctx.IsSet("live") && a.source.Defender != nil
		return a.importFiles(ctx, query.ImportOptions{UsersOptions: o, Folder: ctx.String("import-file"), DateFormat: ctx.String("date-format")})
	}
	sheet, rows, err := o.Answer(ctx.Context, a.source)
	if err != nil {
		return explainFailure(err)
	}
	return a.writeAnswer(ctx, sheet, rows)
}

// checkUsers refuses flags that can't be combined.
func checkUsers(ctx *cli.Context) error {
	switch {
	case ctx.IsSet("import-file") && ctx.String("import-file") == "":
		return usageError(fmt.Errorf("--import-file: name a folder"))
	case ctx.IsSet("date-format") && !ctx.IsSet("import-file"):
		return usageError(fmt.Errorf("--date-format needs --import-file"))
	case ctx.IsSet("user") && strings.TrimSpace(ctx.String("user")) == "":
		return usageError(fmt.Errorf("--user: give a username or an email address"))
	case ctx.IsSet("created-by") && ctx.IsSet("app"):
		return usageError(fmt.Errorf("--created-by needs --all-apps, --ai or --user: a single app has one record"))
	}
	return nil
}

// importFiles writes import files and lists them.
func (a asked) importFiles(ctx *cli.Context, o query.ImportOptions) error {
	done, err := a.source.WriteImport(ctx.Context, o)
	if err != nil {
		return explainFailure(err)
	}
	for _, note := range done.ListNotes() {
		a.progress.printNote(note)
	}
	sheet, rows := done.AsSheet()
	err = a.writePart(ctx, ".import", sheet, rows)
	if done.Rows > 0 { // the files are there, even if last activity is missing in them
		fmt.Fprintf(a.err, "wrote %s to %s: import each file into Oomnitza as the SaaS users of its app\n", done, o.Folder)
	}
	return err
}
