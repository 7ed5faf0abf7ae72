package main

import (
	"github.com/urfave/cli/v2"

	"defendersync/internal/reporting/query"
)

// reportAppsCommand lists the apps that users access.
func (c commands) reportAppsCommand() *cli.Command {
	return &cli.Command{
		Name:  "apps",
		Usage: "List the apps that users access",
		Description: describe("Name, category, website, creator of the record and Total Active Users come from Oomnitza in a few requests. "+
			"Sessions keep Total Active Users of their own records up to date. For records that somebody else created, the "+
			"assigned users are counted: one request for each such app.\n\n"+
			"--with-users adds the number of users and the last activity, one request for each app. --top does so for the "+
			"apps that it lists.\n\n"+
			"--with-risk adds risk score (1 is the riskiest, 10 the safest), tag and last seen. Oomnitza has no fields for "+
			"them, so they are read from Defender: one request for each hundred apps of a stream.\n\n"+
			"--ai takes the category of the record or, if Defender is configured, the one that Defender shows, which a tenant may not keep.\n\n"+
			reportCodes,
			"defendersync report apps --min-active-users 11 --output xlsx --file apps.xlsx",
			"defendersync report apps --top 10",
			"defendersync report apps --ai --with-users",
			"defendersync report apps --unsanctioned --sort active",
			"defendersync report apps --website-contains .cn,.ru --created-by any"),
		Flags: append([]cli.Flag{
			createdByFlag("(INTEGRATION_USER; any with --ai, --sanctioned and --unsanctioned)"),
			limitFlag("min-active-users", "any number", "apps with at least `N` active users"),
			&cli.StringFlag{Name: "category", Usage: "apps in one of these `CATEGORIES`, separated by commas; case does not matter"},
			&cli.BoolFlag{Name: "ai", Usage: "apps of AI: generative AI, AI model providers, MCP servers and AI client apps; with risk score, tag and first record"},
			activeFromFlag(),
			containsFlag(),
			suffixFlag(),
			domainsFlag(),
			&cli.BoolFlag{Name: "unsanctioned", Usage: "apps tagged as unsanctioned; reads Defender"},
			&cli.BoolFlag{Name: "sanctioned", Usage: "apps tagged as sanctioned; reads Defender"},
			sortFlag(query.AppSorts(), "active"),
			topFlag(),
			&cli.BoolFlag{Name: "with-users", Usage: "add the number of users and the last activity: one request to Oomnitza for each app (default with --top)"},
			&cli.BoolFlag{Name: "with-risk", Usage: "add risk score, tag and last seen; reads Defender"},
		}, sheetFlags(query.AppsOptions{Domains: true, Suffix: "com", AI: true, WithUsers: true, WithRisk: true}.Columns()...)...),
		Action: c.answerApps,
	}
}

func (c commands) answerApps(ctx *cli.Context) error {
	if err := checkTop(ctx); err != nil {
		return err
	}
	a, err := c.askTenants(ctx.Context)
	if err != nil {
		return err
	}
	defer a.progress.endLine()
	withUsers := ctx.Bool("with-users") || ctx.Int("top") > 0 && !ctx.IsSet("with-users")
	o := query.AppsOptions{
		CreatedBy: ctx.String("created-by"), Category: ctx.String("category"), AI: ctx.Bool("ai"),
		ActiveFrom: query.ActiveFrom(ctx.String("active-from")), MinActiveUsers: ctx.Int("min-active-users"),
		WebsiteContains: ctx.String("website-contains"), Suffix: ctx.String("suffix"), Domains: ctx.Bool("domains"),
		Sanctioned: ctx.Bool("sanctioned"), Unsanctioned: ctx.Bool("unsanctioned"),
		Sort: ctx.String("sort"), Top: ctx.Int("top"), WithUsers: withUsers, WithRisk: ctx.Bool("with-risk"),
	}
	sheet, rows, err := o.ByTagOfAnyone().Answer(ctx.Context, a.source)
	if err != nil {
		return explainFailure(err)
	}
	return a.writeAnswer(ctx, sheet, rows)
}

func createdByFlag(what string) cli.Flag {
	return &cli.StringFlag{Name: "created-by", Usage: "records created by this Oomnitza `USERNAME`; any: by anybody " + what}
}

func activeFromFlag() cli.Flag {
	return &cli.StringFlag{Name: "active-from", Value: "auto", Usage: "`SOURCE` of the number of active users: record (the field Total Active Users), assignments (counted now, " +
		"one request for each app), or auto (record if a session keeps it up to date, else assignments)"}
}

func containsFlag() cli.Flag {
	return &cli.StringFlag{Name: "website-contains", Usage: "Website contains one of these `TEXTS`, separated by commas or spaces, anywhere, " +
		"as in Oomnitza's own filter: .cn also matches www.cnn.com"}
}

func suffixFlag() cli.Flag {
	return &cli.StringFlag{Name: "suffix", Usage: "the host in Website ends with one of these `SUFFIXES`, separated by commas or spaces: .cn,.co.uk,contoso.com"}
}

func domainsFlag() cli.Flag {
	return &cli.BoolFlag{Name: "domains", Value: true, Usage: "search all domains that Defender knows of an app, not only Website: reads Defender if its settings are present, " +
		"one request for each hundred apps; --domains=false searches Website only"}
}

func sortFlag(keys, first string) cli.Flag {
	return &cli.StringFlag{Name: "sort", Usage: "sort `ORDER`: one or more of " + keys + ", separated by commas, each optionally with :asc or :desc (default: " + first + ")"}
}

func topFlag() cli.Flag { return limitFlag("top", "all", "list only the first `N`") }
