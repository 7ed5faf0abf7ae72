package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/internal/reporting/saved"
	"defendersync/workflows"
)

// reportCatchUp is how late a report is still sent after Temporal was down.
const reportCatchUp = time.Hour

// reportSubscribeCommand creates or updates the schedules of reports.
func (c commands) reportSubscribeCommand() *cli.Command {
	return &cli.Command{
		Name:      "subscribe",
		Usage:     "Mail reports to their subscribers on schedules",
		ArgsUsage: "NAME...",
		Description: describe("Schedules and subscribers are defined in the reports file. Each report gets a Temporal Schedule that stores its "+
			"question: subscribe again after a change of the file. Workers create the workbooks, or the page of a dashboard, and send them with their own "+
			"SMTP_ settings, one mail for each subscriber. A report that reads Defender waits while a session runs, and "+
			"starts over after one that interrupts it.\n\n"+
			"Exit codes: 0 success; 1 Temporal does not answer; 2 the file, a name or a setting is wrong.",
			"defendersync report subscribe most-used-apps",
			"defendersync report subscribe --all",
			"defendersync report subscribe most-used-apps --now",
			"defendersync report subscribe --list"),
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "all", Usage: "subscribe all reports that have subscribers"},
			&cli.BoolFlag{Name: "now", Usage: "also send them now"},
			&cli.BoolFlag{Name: "list", Usage: "list the subscriptions and the results of their last mails"},
			formatFlag(), fileFlag(), columnsFlag(subscriptionColumns()...),
		},
		Action: c.subscribeReports,
	}
}

func (c commands) subscribeReports(ctx *cli.Context) error {
	if ctx.Bool("list") {
		if ctx.Args().Present() || ctx.Bool("all") || ctx.Bool("now") {
			return usageError(errors.New("--list can't be combined with names, --all or --now"))
		}
		return c.listSubscriptions(ctx)
	}
	reports, err := c.savedReports(ctx.Context)
	if err != nil {
		return err
	}
	chosen, err := chooseSubscribed(ctx, reports)
	if err != nil {
		return err
	}
	conn, err := c.connectTemporal(ctx.Context)
	if err != nil {
		return err
	}
	defer conn.closeClient()
	for _, r := range chosen {
		did, err := conn.putSubscription(ctx.Context, r)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "report %s: %s (%s, to %s)\n", r.Name, did, saved.WhenSent(r), strings.Join(r.Subscribers, ", "))
		if ctx.Bool("now") {
			if err := conn.sendNow(ctx.Context, r); err != nil {
				return err
			}
			fmt.Fprintln(c.out, "  sending: 'defendersync report subscribe --list' shows the result")
		}
	}
	return c.tellOrphans(ctx.Context, conn, reports)
}

// chooseSubscribed returns the reports to subscribe.
func chooseSubscribed(ctx *cli.Context, reports []contract.Report) ([]contract.Report, error) {
	chosen, err := namedReports(ctx, reports)
	switch {
	case err != nil:
		return nil, err
	case ctx.Bool("all") == (len(chosen) > 0):
		return nil, usageError(fmt.Errorf("name reports or pass --all: the reports file defines %s", reportNames(reports)))
	}
	if ctx.Bool("all") {
		for _, r := range reports {
			if r.Schedule != "" {
				chosen = append(chosen, r)
			}
		}
		if len(chosen) == 0 {
			return nil, usageError(errors.New("no report has subscribers"))
		}
	}
	for _, r := range chosen {
		if r.Schedule == "" {
			return nil, usageError(fmt.Errorf("report %q has no schedule and no subscribers: add both to the reports file", r.Name))
		}
	}
	return chosen, nil
}

// putSubscription creates or updates the schedule of a report, and says which.
func (c connection) putSubscription(ctx context.Context, r contract.Report) (string, error) {
	times, err := saved.TimesOf(r)
	if err != nil {
		return "", usageError(err)
	}
	action := c.reportAction(r)
	result, err := c.putSchedule(ctx, wantedSchedule{
		id: contract.ReportID(c.integration(), r.Name), title: "the schedule of report " + r.Name, times: times, catchUp: reportCatchUp, action: action,
		differs: func(there client.Schedule) (bool, error) {
			has, ok := there.Action.(*client.ScheduleWorkflowAction)
			return !ok || has.StaticDetails != action.StaticDetails, nil
		},
	})
	if result == scheduleCreated {
		return "subscribed", err
	}
	return string(result), err
}

// reportAction is the action of a report's schedule. It contains the question
// and the rules of the answer; secrets stay with the worker.
func (c connection) reportAction(r contract.Report) *client.ScheduleWorkflowAction {
	in := contract.ReportParams{Integration: c.integration(), Report: r, Policy: c.settings.SyncPolicy()}
	return &client.ScheduleWorkflowAction{
		ID:                    contract.ReportID(c.integration(), r.Name),
		Workflow:              contract.WorkflowReport,
		Args:                  []any{in},
		TaskQueue:             contract.TaskQueue(c.integration()),
		StaticSummary:         "report " + r.Name + " (" + c.integration() + ")",
		StaticDetails:         c.reportDetails(in),
		TypedSearchAttributes: temporal.NewSearchAttributes(workflows.AttrIntegration.ValueSet(c.integration())),
	}
}

// reportDetails describes the settings that a report's schedule was created
// from.
func (c connection) reportDetails(in contract.ReportParams) string {
	return fmt.Sprintf("Report `%s`, sent `%s`, settings `%s`.", in.Report.Name, saved.WhenSent(in.Report), c.hashInput(in))
}

func (c connection) sendNow(ctx context.Context, r contract.Report) error {
	id := contract.ReportID(c.integration(), r.Name)
	if err := c.temporal.ScheduleClient().GetHandle(ctx, id).Trigger(ctx, client.ScheduleTriggerOptions{}); err != nil {
		return fmt.Errorf("send report %s: %w", r.Name, err)
	}
	return nil
}

// tellOrphans names the reports that are still subscribed, but are no longer in
// the reports file.
func (c commands) tellOrphans(ctx context.Context, conn connection, reports []contract.Report) error {
	there, err := conn.listSubscribed(ctx)
	if err != nil {
		return err
	}
	for _, name := range there {
		if r, ok := saved.FindReport(reports, name); !ok || r.Schedule == "" {
			fmt.Fprintf(c.errForPeople(), "note: report %s is still subscribed, but not in the reports file: to stop it, run 'defendersync report unsubscribe %s'\n", name, name)
		}
	}
	return nil
}
