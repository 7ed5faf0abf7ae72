package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
)

// Report makes one report and mails it to its subscribers, once. Its rows stay
// in the activity. When it did not reach every subscriber it ends with an error
// of type contract.FailureReport.
func Report(ctx workflow.Context, params contract.ReportParams) (contract.SendReportResult, error) {
	self := workflow.GetInfo(ctx)
	var sent contract.SendReportResult
	err := workflow.ExecuteActivity(withSendReportOptions(ctx, params.Policy, params.Report.Name), contract.ActivitySendReport, contract.SendReportParams{
		Integration: params.Integration, Report: params.Report, Policy: params.Policy, At: workflow.Now(ctx).UTC(),
		Key: self.WorkflowExecution.ID + " " + self.OriginalRunID, Lane: contract.SyncID(params.Integration),
	}).Get(ctx, &sent)
	if err != nil {
		return sent, err
	}
	workflow.SetCurrentDetails(ctx, renderReport(params.Report, sent))
	if len(sent.Unmailed) > 0 {
		return sent, temporal.NewNonRetryableApplicationError(describeUnmailed(sent), contract.FailureReport, nil, sent)
	}
	return sent, nil
}

// describeUnmailed says whom a report did not reach, and why.
func describeUnmailed(s contract.SendReportResult) string {
	var parts []string
	for _, r := range s.Unmailed {
		parts = append(parts, r.To+": "+r.Why)
	}
	return fmt.Sprintf("the report reached %d of %d subscribers; %s", len(s.Mailed), len(s.Mailed)+len(s.Unmailed), strings.Join(parts, "; "))
}

// renderReport writes the page of a report for the Web UI, in Markdown.
func renderReport(r contract.Report, s contract.SendReportResult) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### Report %s\n\n%d rows, mailed to %d of %d subscribers.\n", r.Name, s.Rows, len(s.Mailed), len(r.Subscribers))
	for _, refused := range s.Unmailed {
		fmt.Fprintf(&b, "\n- not to %s: %s", refused.To, refused.Why)
	}
	return b.String()
}
