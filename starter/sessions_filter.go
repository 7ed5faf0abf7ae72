package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sync/errgroup"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// sessionFilter is which sessions a list has. Zero values don't filter.
type sessionFilter struct {
	outcomes     []saas.Outcome
	since, until time.Time
	run          string
	limit        int
}

// filterOf reads the flags; times without a zone are in the given one.
func filterOf(ctx *cli.Context, now time.Time, zone *time.Location) (sessionFilter, error) {
	f := sessionFilter{limit: ctx.Int("limit")}
	if f.limit < 0 {
		return f, fmt.Errorf("--limit %d: use a number above 0, or 0 for all", f.limit)
	}
	for _, word := range ctx.StringSlice("outcome") {
		i := slices.IndexFunc(outcomes(), func(o saas.Outcome) bool { return strings.EqualFold(string(o), strings.TrimSpace(word)) })
		if i < 0 {
			return f, fmt.Errorf("--outcome %q: use %s", word, strings.ToLower(words(outcomes())))
		}
		f.outcomes = append(f.outcomes, outcomes()[i])
	}
	var err error
	if f.since, err = instant("--since", ctx.String("since"), now, zone, false); err != nil {
		return f, err
	}
	if f.until, err = instant("--until", ctx.String("until"), now, zone, true); err != nil {
		return f, err
	}
	if !f.since.IsZero() && !f.until.IsZero() && !f.since.Before(f.until) {
		return f, fmt.Errorf("--since %s is not before --until %s", ctx.String("since"), ctx.String("until"))
	}
	return f, nil
}

// instant reads a day, an instant or a time ago; a day's end where that is
// asked for.
func instant(flag, text string, now time.Time, zone *time.Location, end bool) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		if end {
			day = day.AddDate(0, 0, 1)
		}
		return day, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	if ago, err := config.ParseDuration(text); err == nil {
		return now.Add(-ago), nil
	}
	return time.Time{}, fmt.Errorf("%s %q: use a day such as 2026-11-01, an instant such as 2026-11-01T08:00:00Z, or a time ago such as 7d", flag, text)
}

// query is the filter in the terms of Temporal's list.
func (f sessionFilter) query(integration string) string {
	terms := []string{
		fmt.Sprintf("WorkflowType = '%s'", contract.WorkflowSession),
		fmt.Sprintf("%s = '%s'", contract.AttrIntegration, integration),
	}
	if !f.since.IsZero() {
		terms = append(terms, "StartTime >= '"+f.since.UTC().Format(time.RFC3339Nano)+"'")
	}
	if !f.until.IsZero() {
		terms = append(terms, "StartTime < '"+f.until.UTC().Format(time.RFC3339Nano)+"'")
	}
	if f.run != "" {
		terms = append(terms, "RunId = '"+f.run+"'")
	}
	var any []string
	for _, o := range f.outcomes {
		any = append(any, outcomeTerm(o))
	}
	if len(any) > 0 {
		terms = append(terms, "("+strings.Join(any, " OR ")+")")
	}
	return strings.Join(terms, " AND ")
}

// outcomeTerm finds the sessions of an outcome: by what they wrote when they
// ended, and where they could not, by what Temporal knows.
func outcomeTerm(o saas.Outcome) string {
	status := map[saas.Outcome]string{
		saas.OutcomeRunning: "Running", outcomeTerminated: "Terminated", outcomeTimedOut: "TimedOut",
		saas.OutcomeFailed: "Failed", saas.OutcomeCancelled: "Canceled",
	}[o]
	written := fmt.Sprintf("%s = '%s'", contract.AttrOutcome, o)
	switch o {
	case saas.OutcomeRunning, outcomeTerminated, outcomeTimedOut:
		return "ExecutionStatus = '" + status + "'"
	case saas.OutcomeFailed, saas.OutcomeCancelled:
		return fmt.Sprintf("(%s OR ExecutionStatus = '%s')", written, status)
	}
	return written
}

// list gives the sessions that fit, latest first.
func (c connection) list(ctx context.Context, f sessionFilter) ([]entry, error) {
	var infos []*workflowpb.WorkflowExecutionInfo
	request := &workflowservice.ListWorkflowExecutionsRequest{Query: f.query(c.integration()), PageSize: pageOfSessions}
	for f.limit == 0 || len(infos) < f.limit {
		page, err := c.temporal.ListWorkflow(ctx, request)
		if err != nil {
			return nil, needsSetup(fmt.Errorf("list the sessions: %w", err))
		}
		infos = append(infos, page.GetExecutions()...)
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			break
		}
	}
	// Temporal's order is by their end; those that run come first.
	slices.SortStableFunc(infos, func(a, b *workflowpb.WorkflowExecutionInfo) int {
		return b.GetStartTime().AsTime().Compare(a.GetStartTime().AsTime())
	})
	if f.limit > 0 && len(infos) > f.limit {
		infos = infos[:f.limit]
	}
	return c.entries(ctx, infos, f)
}

// entries reads the sessions of a list, several at a time.
func (c connection) entries(ctx context.Context, infos []*workflowpb.WorkflowExecutionInfo, f sessionFilter) ([]entry, error) {
	out := make([]entry, len(infos))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, info := range infos {
		group.Go(func() error {
			out[i] = c.fresh(ctx, info)
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(out, func(e entry) bool {
		return len(f.outcomes) > 0 && e.Unclear == "" && !slices.Contains(f.outcomes, e.Outcome)
	}), nil
}

// fresh is a listed session. The list lags behind by a moment, so one that it
// calls running is looked up: it may have ended.
func (c connection) fresh(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) entry {
	if info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		if e, err := c.find(ctx, info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId()); err == nil {
			return e
		}
	}
	return c.entry(ctx, info)
}
