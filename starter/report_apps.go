package main

import (
	"github.com/urfave/cli/v2"

	"defendersync/internal/reporting/query"
)

// reportApps lists the apps that users access.
func (c commands) reportApps() *cli.Command {
	return &cli.Command{
		Name:  "apps",
		Usage: "list the apps that users access",
		Description: "Name, category, website, who made the record and Total Active Users come from Oomnitza in a few requests.\n" +
			"Sessions keep Total Active Users of their own records; those of records that somebody else made are counted from the assignments, " +
			"a request for each such app.\n" +
			"--with-users adds users and last activity, a request for each app; --top asks for them too, for its rows.\n" +
			"--with-risk adds risk score (1 is the riskiest, 10 the safest), tag and last seen, which Oomnitza has no fields for: " +
			"they are read live from Defender, a request for each hundred apps of a stream.\n\n" + codes + examples(`defendersync report apps --min-active-users 11 --output xlsx --file apps.xlsx
defendersync report apps --top 10
defendersync report apps --unsanctioned --sort active
defendersync report apps --website-contains .cn,.ru --created-by any`),
		Flags: append([]cli.Flag{
			createdByFlag("(INTEGRATION_USER; any with --sanctioned and --unsanctioned)"),
			numberFlag("min-active-users", 0, "apps with at least `N` active users"),
			&cli.StringFlag{Name: "category", Usage: "apps of one of these `CATEGORIES`, by commas, whatever their case"},
			activeFromFlag(),
			containsFlag(),
			suffixFlag(),
			domainsFlag(),
			&cli.BoolFlag{Name: "unsanctioned", Usage: "apps that Defender tags as unsanctioned; reads Defender"},
			&cli.BoolFlag{Name: "sanctioned", Usage: "apps that Defender tags as sanctioned; reads Defender"},
			sortFlag(query.AppSorts(), "active"),
			topFlag(),
			&cli.BoolFlag{Name: "with-users", Usage: "with users and last activity: a request to Oomnitza for each app (on with --top)"},
			&cli.BoolFlag{Name: "with-risk", Usage: "with risk score, tag and last seen; reads Defender"},
		}, sheetFlags()...),
		Before:       noArguments,
		OnUsageError: badFlags,
		Action:       c.answerApps,
	}
}

func (c commands) answerApps(ctx *cli.Context) error {
	if err := checkTop(ctx); err != nil {
		return err
	}
	a, err := c.ask(ctx.Context)
	if err != nil {
		return err
	}
	withUsers := ctx.Bool("with-users") || ctx.Int("top") > 0 && !ctx.IsSet("with-users")
	o := query.AppsOptions{
		CreatedBy: ctx.String("created-by"), Category: ctx.String("category"),
		ActiveFrom: query.ActiveFrom(ctx.String("active-from")), MinActiveUsers: ctx.Int("min-active-users"),
		WebsiteContains: ctx.String("website-contains"), Suffix: ctx.String("suffix"), Domains: ctx.Bool("domains"),
		Sanctioned: ctx.Bool("sanctioned"), Unsanctioned: ctx.Bool("unsanctioned"),
		Sort: ctx.String("sort"), Top: ctx.Int("top"), WithUsers: withUsers, WithRisk: ctx.Bool("with-risk"),
	}
	sheet, rows, err := o.ByTagOfAnyone().Answer(ctx.Context, a.source)
	if err != nil {
		return failed(err)
	}
	return a.answer(ctx, sheet, rows)
}

func createdByFlag(what string) cli.Flag {
	return &cli.StringFlag{Name: "created-by", Usage: "records made by this Oomnitza `USERNAME`; any: by anybody " + what}
}

func activeFromFlag() cli.Flag {
	return &cli.StringFlag{Name: "active-from", Value: "auto", Usage: "where active users come from: record (Total Active Users, whoever wrote it), " +
		"assignments (counted now, a request for each app) or auto (record where a session keeps it, else assignments): `SOURCE`"}
}

func containsFlag() cli.Flag {
	return &cli.StringFlag{Name: "website-contains", Usage: "Website contains one of these `TEXTS`, by commas or blanks, anywhere, " +
		"as Oomnitza's own filter: .cn is in www.cnn.com too"}
}

func suffixFlag() cli.Flag {
	return &cli.StringFlag{Name: "suffix", Usage: "Website's host ends in one of these `SUFFIXES`, by commas or blanks: .cn,.co.uk,contoso.com"}
}

func domainsFlag() cli.Flag {
	return &cli.BoolFlag{Name: "domains", Value: true, Usage: "search all domains that Defender has of an app, besides the field Website: reads Defender, a request for each hundred apps " +
		"(where its settings are there); --domains=false searches Website alone"}
}

func sortFlag(keys, first string) cli.Flag {
	return &cli.StringFlag{Name: "sort", Usage: "`ORDER` by one or more of " + keys + ", by commas, each with :asc or :desc (" + first + ")"}
}

func topFlag() cli.Flag { return numberFlag("top", 0, "only the first `N`") }
