package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"
	"go.temporal.io/api/serviceerror"

	"defendersync/internal/contract"
)

// reportUnsubscribeCommand deletes the schedules of reports.
func (c commands) reportUnsubscribeCommand() *cli.Command {
	return &cli.Command{
		Name:      "unsubscribe",
		Usage:     "Stop mailing reports",
		ArgsUsage: "NAME...",
		Description: describe("Works for reports that are no longer in the reports file, too. A report that is being sent still arrives.",
			"defendersync report unsubscribe most-used-apps",
			"defendersync report unsubscribe --all"),
		Flags:  []cli.Flag{&cli.BoolFlag{Name: "all", Usage: "unsubscribe all reports of this integration"}},
		Action: c.unsubscribeReports,
	}
}

func (c commands) unsubscribeReports(ctx *cli.Context) error {
	names := ctx.Args().Slice()
	if ctx.Bool("all") == (len(names) > 0) {
		return usageError(errors.New("name reports or pass --all"))
	}
	conn, err := c.connectTemporal(ctx.Context)
	if err != nil {
		return err
	}
	defer conn.closeClient()
	if ctx.Bool("all") {
		if names, err = conn.listSubscribed(ctx.Context); err != nil {
			return err
		}
		if len(names) == 0 {
			fmt.Fprintln(c.out, "no reports are subscribed")
		}
	}
	for _, name := range names {
		did, err := conn.deleteSubscription(ctx.Context, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "report %s: %s\n", name, did)
	}
	return nil
}

// deleteSubscription deletes the schedule of a report, and says whether there
// was one.
func (c connection) deleteSubscription(ctx context.Context, name string) (string, error) {
	err := c.temporal.ScheduleClient().GetHandle(ctx, contract.ReportID(c.integration(), name)).Delete(ctx)
	var none *serviceerror.NotFound
	switch {
	case errors.As(err, &none):
		return "was not subscribed", nil
	case err != nil:
		return "", fmt.Errorf("delete the schedule of report %s: %w", name, err)
	}
	return "unsubscribed", nil
}
