package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"defendersync/internal/completion"
	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/reporting/saved"
	"defendersync/internal/suggest"
)

// savedReports reads the reports file.
func (c commands) savedReports(ctx context.Context) ([]contract.Report, error) {
	settings, err := config.Load(ctx, c.environ, 0)
	if err != nil {
		return nil, usageError(err)
	}
	reports, err := saved.LoadFile(settings.Reports.File)
	if err != nil {
		return nil, usageError(err)
	}
	return reports, nil
}

// namedReports returns the reports that the arguments name.
func namedReports(ctx *cli.Context, reports []contract.Report) ([]contract.Report, error) {
	var out []contract.Report
	for _, name := range ctx.Args().Slice() {
		r, ok := saved.FindReport(reports, name)
		if !ok {
			return nil, usageError(unknownReport(name, reports))
		}
		if !slices.ContainsFunc(out, func(o contract.Report) bool { return o.Name == name }) {
			out = append(out, r)
		}
	}
	return out, nil
}

func unknownReport(name string, reports []contract.Report) error {
	var names []string
	for _, r := range reports {
		names = append(names, r.Name)
	}
	if near := suggest.FindNearest(name, slices.Values(names), 1); len(near) > 0 {
		return fmt.Errorf("unknown report %q: did you mean %s?", name, near[0])
	}
	return fmt.Errorf("unknown report %q: the reports file defines %s", name, reportNames(reports))
}

func reportNames(reports []contract.Report) string {
	if len(reports) == 0 {
		return "none"
	}
	var names []string
	for _, r := range reports {
		names = append(names, r.Name)
	}
	return strings.Join(names, ", ")
}

// completeReport lists the names of the reports.
func (c commands) completeReport(ctx context.Context) []completion.Candidate {
	reports, err := c.savedReports(ctx)
	if err != nil {
		return nil
	}
	var out []completion.Candidate
	for _, r := range reports {
		out = append(out, completion.Candidate{Word: r.Name, Help: r.Title})
	}
	return out
}
