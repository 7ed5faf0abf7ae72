package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"defendersync/internal/reporting/query"
)

// reportWebsitesCommand lists the domains that users reach.
func (c commands) reportWebsitesCommand() *cli.Command {
	return &cli.Command{
		Name:  "websites",
		Usage: "List the domains of the websites that users access",
		Description: describe("A website is the host in an app's Website field. With --suffix or --website-contains it is any domain that "+
			"Defender knows of the app; with --created-by, also the one that Defender knows where the field is empty. Its active users are the sum of those of its apps, as 'report apps' shows them: a "+
			"user of two apps counts twice.\n\n"+
			reportCodes,
			"defendersync report websites --suffix .cn,.ru",
			"defendersync report websites --website-contains '.cn .ru' --output csv --file websites.csv",
			"defendersync report websites --top 20"),
		Flags: append([]cli.Flag{
			suffixFlag(),
			containsFlag(),
			domainsFlag(),
			createdByFlag("(INTEGRATION_USER)"),
			limitFlag("min-active-users", "any number", "websites with at least `N` active users"),
			activeFromFlag(),
			sortFlag(query.WebsiteSorts(), "active"),
			topFlag(),
		}, sheetFlags(query.WebsitesOptions{}.Columns()...)...),
		Action: c.answerWebsites,
	}
}

func (c commands) answerWebsites(ctx *cli.Context) error {
	if err := checkTop(ctx); err != nil {
		return err
	}
	a, err := c.askTenants(ctx.Context)
	if err != nil {
		return err
	}
	defer a.progress.endLine()
	o := query.WebsitesOptions{
		CreatedBy: ctx.String("created-by"), Suffix: ctx.String("suffix"), WebsiteContains: ctx.String("website-contains"), Domains: ctx.Bool("domains"),
		ActiveFrom: query.ActiveFrom(ctx.String("active-from")), MinActiveUsers: ctx.Int("min-active-users"), Sort: ctx.String("sort"), Top: ctx.Int("top"),
	}
	sheet, rows, err := o.Answer(ctx.Context, a.source)
	if err != nil {
		return explainFailure(err)
	}
	return a.writeAnswer(ctx, sheet, rows)
}

// checkTop refuses --top 0 and less.
func checkTop(ctx *cli.Context) error {
	if n := ctx.Int("top"); ctx.IsSet("top") && n < 1 {
		return usageError(fmt.Errorf("--top %d: use 1 or more", n))
	}
	return nil
}
