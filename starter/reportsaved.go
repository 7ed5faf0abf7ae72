package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/config"
	"defendersync/internal/reporting/saved"
	"defendersync/internal/reporting/sheet"
)

// reportRun answers a saved question.
func (c commands) reportRun() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "answer a question that is saved in the file of reports",
		ArgsUsage: "NAME",
		Description: "The file is REPORTS_FILE, ./reports.toml unless set; deployments/reports.example.toml explains its keys. " +
			"Every mistake in it is told at once.\n\n" + codes + examples(`defendersync report run most-used-apps
defendersync report run most-used-apps --file apps.xlsx
REPORTS_FILE=/etc/defendersync/reports.toml defendersync report run unsanctioned-apps`),
		Flags:        sheetFlags(),
		OnUsageError: badFlags,
		Action:       c.runReport,
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
		return usage(fmt.Errorf("name one report: %s", reportNames(reports)))
	}
	if ctx.String("output") == "" && ctx.String("file") == "" {
		if err := ctx.Set("output", string(chosen[0].Format)); err != nil {
			return err
		}
	}
	a, err := c.ask(ctx.Context)
	if err != nil {
		return err
	}
	heading, rows, err := chosen[0].Ask(ctx.Context, a.source)
	if err != nil {
		return failed(err)
	}
	return a.answer(ctx, heading, rows)
}

// reportList lists the saved questions.
func (c commands) reportList() *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "list the saved questions of the file of reports",
		Description: "What is subscribed in Temporal is shown by 'defendersync report subscribe --list'." + examples(`defendersync report list
defendersync report list --output json`),
		Flags:        []cli.Flag{formatFlag(), fileFlag()},
		Before:       noArguments,
		OnUsageError: badFlags,
		Action:       c.listReports,
	}
}

func (c commands) listReports(ctx *cli.Context) error {
	reports, err := c.savedReports(ctx.Context)
	if err != nil {
		return err
	}
	heading := sheet.Sheet{Title: "Reports", Columns: []sheet.Column{
		{Key: "name", Title: "Name", Width: 40}, {Key: "question", Title: "Question"}, {Key: "title", Title: "Title", Width: 50},
		{Key: "schedule", Title: "Sent"}, {Key: "subscribers", Title: "To", Width: 60}, {Key: "live", Title: "Reads Defender", Kind: sheet.Bool},
	}}
	rows := func(yield func(sheet.Row, error) bool) {
		for _, r := range reports {
			if !yield(sheet.Row{r.Name, r.Question, r.Title, r.When(), strings.Join(r.Subscribers, ", "), r.Live()}, nil) {
				return
			}
		}
	}
	return c.write(ctx, rows, heading, time.UTC, "the file names none")
}

// savedReports reads the file of reports.
func (c commands) savedReports(ctx context.Context) ([]saved.Report, error) {
	settings, err := config.Load(ctx, c.environ, 0)
	if err != nil {
		return nil, usage(err)
	}
	reports, err := saved.Load(settings.Reports.File)
	if err != nil {
		return nil, usage(err)
	}
	return reports, nil
}

// namedReports are the reports that the arguments name.
func namedReports(ctx *cli.Context, reports []saved.Report) ([]saved.Report, error) {
	var out []saved.Report
	for _, name := range ctx.Args().Slice() {
		r, ok := saved.Find(reports, name)
		if !ok {
			return nil, usage(unknownReport(name, reports))
		}
		if !slices.ContainsFunc(out, func(o saved.Report) bool { return o.Name == name }) {
			out = append(out, r)
		}
	}
	return out, nil
}

func unknownReport(name string, reports []saved.Report) error {
	var names []string
	for _, r := range reports {
		names = append(names, r.Name)
	}
	if near := sheet.Nearest(name, slices.Values(names), 1); len(near) > 0 {
		return fmt.Errorf("there is no report %q; did you mean %s?", name, near[0])
	}
	return fmt.Errorf("there is no report %q: there are %s", name, reportNames(reports))
}

func reportNames(reports []saved.Report) string {
	if len(reports) == 0 {
		return "none"
	}
	var names []string
	for _, r := range reports {
		names = append(names, r.Name)
	}
	return strings.Join(names, ", ")
}

// reportCandidates are the names of the saved reports, for completion.
func (c commands) reportCandidates(ctx context.Context) []candidate {
	reports, err := c.savedReports(ctx)
	if err != nil {
		return nil
	}
	var out []candidate
	for _, r := range reports {
		out = append(out, candidate{r.Name, r.Title})
	}
	return out
}
