package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/envelope"
	"defendersync/internal/reporting/saved"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/sessions"
	"defendersync/internal/temporalx"
)

// listSubscribed returns the names of the subscribed reports, sorted.
func (c connection) listSubscribed(ctx context.Context) ([]string, error) {
	list, err := c.temporal.ScheduleClient().List(ctx, client.ScheduleListOptions{PageSize: 100})
	if err != nil {
		return nil, fmt.Errorf("list the schedules: %w", err)
	}
	var names []string
	for list.HasNext() {
		s, err := list.Next()
		if err != nil {
			return nil, fmt.Errorf("list the schedules: %w", err)
		}
		if name, ok := strings.CutPrefix(s.ID, contract.ReportPrefix(c.integration())); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// listSubscriptions prints the subscriptions.
func (c commands) listSubscriptions(ctx *cli.Context) error {
	conn, err := c.connectTemporal(ctx.Context)
	if err != nil {
		return err
	}
	defer conn.closeClient()
	names, err := conn.listSubscribed(ctx.Context)
	if err != nil {
		return err
	}
	heading := sheet.Sheet{Title: "Subscriptions", Head: envelope.Head{Integration: conn.integration()}, Columns: subscriptionColumns()}
	rows := func(yield func(sheet.Row, error) bool) {
		for _, name := range names {
			row, err := conn.readSubscription(ctx.Context, name)
			if row == nil && err == nil {
				continue // it went away meanwhile
			}
			if !yield(row, err) {
				return
			}
		}
	}
	return c.writeRows(ctx, rows, heading, conn.timeZone(), "no reports are subscribed")
}

// subscriptionColumns are the columns of the list of subscriptions.
func subscriptionColumns() []sheet.Column {
	return []sheet.Column{
		{Key: "name", Title: "Report", Width: 40}, {Key: "schedule", Title: "Sent"}, {Key: "next", Title: "Next", Kind: sheet.Time},
		{Key: "last", Title: "Last", Kind: sheet.Time}, {Key: "outcome", Title: "Outcome"}, {Key: "subscribers", Title: "To", Width: 60},
	}
}

// readSubscription describes the schedule of a report; nil if there is none.
func (c connection) readSubscription(ctx context.Context, name string) (sheet.Row, error) {
	d, err := temporalx.DescribeSchedule(ctx, c.temporal, contract.ReportID(c.integration(), name))
	if err != nil {
		return nil, fmt.Errorf("read the schedule of report %s: %w", name, sessions.ExplainDecoding("it", err))
	}
	if d == nil {
		return nil, nil
	}
	var next, last time.Time
	outcome := ""
	if len(d.Info.NextActionTimes) > 0 {
		next = d.Info.NextActionTimes[0]
	}
	if n := len(d.Info.RecentActions); n > 0 {
		last = d.Info.RecentActions[n-1].ActualTime
		outcome = c.reportOutcome(ctx, d.Info.RecentActions[n-1].StartWorkflowResult)
	}
	in := c.reportInput(d.Schedule.Action)
	times := saved.WhenSent(in.Report)
	if s := d.Schedule.State; s != nil && s.Paused {
		times = "paused: " + s.Note
	}
	return sheet.Row{name, times, next, last, outcome, strings.Join(in.Report.Subscribers, ", ")}, nil
}

// reportInput decodes the input of a report's schedule; it is zero if it can't
// be decrypted.
func (c connection) reportInput(action client.ScheduleAction) contract.ReportParams {
	var in contract.ReportParams
	a, ok := action.(*client.ScheduleWorkflowAction)
	if !ok || len(a.Args) != 1 {
		return in
	}
	if p, ok := a.Args[0].(*commonpb.Payload); !ok || c.converter.FromPayload(p, &in) != nil {
		return contract.ReportParams{}
	}
	return in
}

// reportOutcome says in a few words what became of a mail.
func (c connection) reportOutcome(ctx context.Context, w *client.ScheduleWorkflowExecution) string {
	if w == nil {
		return ""
	}
	d, err := c.temporal.DescribeWorkflow(ctx, w.WorkflowID, w.FirstExecutionRunID)
	if err != nil {
		return "unknown"
	}
	switch d.RawResponse.GetWorkflowExecutionInfo().GetStatus() {
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return "sent"
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		return "sending"
	}
	return "failed: see " + c.webUILink(w.WorkflowID)
}
