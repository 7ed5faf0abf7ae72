package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
)

// Report sends one report to its subscribers, once. Its rows never come here.
func Report(ctx workflow.Context, in contract.ReportParams) (contract.SendReportResult, error) {
	info := workflow.GetInfo(ctx)
	send := contract.SendReportParams{
		Integration: in.Integration, Report: in.Report, Policy: in.Policy, At: workflow.Now(ctx).UTC(),
		Key: info.WorkflowExecution.ID + " " + info.OriginalRunID, Lane: contract.SyncID(in.Integration),
	}
	var sent contract.SendReportResult
	err := workflow.ExecuteActivity(reporting(ctx, in), contract.ActivitySendReport, send).Get(ctx, &sent)
	if err != nil {
		return sent, err
	}
	workflow.SetCurrentDetails(ctx, reportStory(in.Report, sent))
	if len(sent.Unmailed) > 0 {
		return sent, temporal.NewNonRetryableApplicationError(unmailed(sent), contract.FailureReport, nil, sent)
	}
	return sent, nil
}

// reporting is for SendReport, which tries mails again itself. What is left to
// Temporal is a tenant that is out, and a worker that died.
func reporting(ctx workflow.Context, in contract.ReportParams) workflow.Context {
	p := in.Policy
	if p.Heartbeat <= 0 {
		p.Heartbeat = 15 * time.Second
	}
	return options(ctx, p, retries, manyRequests, manyRequests, "report "+in.Report.Name)
}

// unmailed says whom a report did not reach, and why.
func unmailed(s contract.SendReportResult) string {
	var parts []string
	for _, r := range s.Unmailed {
		parts = append(parts, r.To+": "+r.Why)
	}
	return fmt.Sprintf("the report reached %d of %d subscribers; %s", len(s.Mailed), len(s.Mailed)+len(s.Unmailed), strings.Join(parts, "; "))
}

// reportStory tells in Markdown what became of a report, for its page in the
// Web UI.
func reportStory(r contract.Report, s contract.SendReportResult) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### Report %s\n\n%d rows, mailed to %d of %d subscribers.\n", r.Name, s.Rows, len(s.Mailed), len(r.Subscribers))
	for _, refused := range s.Unmailed {
		fmt.Fprintf(&b, "\n- not to %s: %s", refused.To, refused.Why)
	}
	return b.String()
}
