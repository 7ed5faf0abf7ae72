package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"defendersync/activities"
	"defendersync/internal/reporting/saved"
	"defendersync/internal/saas"
)

const (
	// ReportWorkflow is the name that histories hold; it never changes.
	ReportWorkflow = "Report"
	// FailureReport is the type of the error that a Report ends with which did
	// not reach every subscriber; its details hold the activities.Sent.
	FailureReport = "ReportNotDelivered"
)

// ReportsOf is the beginning of the ids of an integration's report schedules.
func ReportsOf(integration string) string { return "report/" + integration + "/" }

// ReportID is the id of a report's schedule, and of its workflows less the
// time that Temporal appends.
func ReportID(integration, name string) string { return ReportsOf(integration) + name }

// ReportInput is what a report's schedule starts its workflows with.
type ReportInput struct {
	Integration string       `json:"integration"`
	Report      saved.Report `json:"report"`
	Policy      saas.Policy  `json:"policy"`
}

// Report sends one report to its subscribers, once. Its rows never come here.
func Report(ctx workflow.Context, in ReportInput) (activities.Sent, error) {
	info := workflow.GetInfo(ctx)
	send := activities.SendInput{
		Integration: in.Integration, Report: in.Report, Policy: in.Policy, At: workflow.Now(ctx).UTC(),
		Key: info.WorkflowExecution.ID + " " + info.OriginalRunID, Lane: SyncID(in.Integration),
	}
	var sent activities.Sent
	err := workflow.ExecuteActivity(reporting(ctx, in), activities.SendReport, send).Get(ctx, &sent)
	if err != nil {
		return sent, err
	}
	workflow.SetCurrentDetails(ctx, reportStory(in.Report, sent))
	if len(sent.Unmailed) > 0 {
		return sent, temporal.NewNonRetryableApplicationError(unmailed(sent), FailureReport, nil, sent)
	}
	return sent, nil
}

// reporting is for SendReport, which tries mails again itself. What is left to
// Temporal is a tenant that is out, and a worker that died.
func reporting(ctx workflow.Context, in ReportInput) workflow.Context {
	p := in.Policy
	if p.Heartbeat <= 0 {
		p.Heartbeat = 15 * time.Second
	}
	return options(ctx, p, retries, manyRequests, manyRequests, "report "+in.Report.Name)
}

// unmailed says whom a report did not reach, and why.
func unmailed(s activities.Sent) string {
	var parts []string
	for _, r := range s.Unmailed {
		parts = append(parts, r.To+": "+r.Why)
	}
	return fmt.Sprintf("the report reached %d of %d subscribers; %s", len(s.Mailed), len(s.Mailed)+len(s.Unmailed), strings.Join(parts, "; "))
}

// reportStory tells in Markdown what became of a report, for its page in the
// Web UI.
func reportStory(r saved.Report, s activities.Sent) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### Report %s\n\n%d rows, mailed to %d of %d subscribers.\n", r.Name, s.Rows, len(s.Mailed), len(r.Subscribers))
	for _, refused := range s.Unmailed {
		fmt.Fprintf(&b, "\n- not to %s: %s", refused.To, refused.Why)
	}
	return b.String()
}
