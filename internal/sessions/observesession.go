package sessions

import (
	"context"
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"defendersync/internal/contract"
	"defendersync/internal/mask"
	"defendersync/internal/moment"
)

// viewEnding adds to a view how the session ended, and what it had done.
func (o *observer) viewEnding(ctx context.Context, info *workflowpb.WorkflowExecutionInfo, v *contract.SessionView) error {
	result, err := o.ReadResult(ctx, v.ID, v.Run)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	v.End = endOf(info.GetStatus())
	if v.End == contract.EndCompleted && result.Outcome == "" {
		result.Outcome = v.End.Outcome() // its result cannot be read
	}
	v.Outcome, v.Mode, v.DryRun, v.LimitApps, v.Blocker = result.Outcome, result.Mode, result.DryRun, result.LimitApps, result.Blocker
	v.Errors, v.Skips = result.Rejects.ByReason, result.Skips.ByReason
	if result.Mode != "" {
		v.Progress = &contract.NoticeProgress{Counts: result.Counts, Final: true}
	} else if last, err := o.readLastReport(ctx, v.ID, v.Run); err == nil && last.found {
		// A session that was ended by force has no result, but reported now and then.
		v.Progress = &contract.NoticeProgress{
			Phase: last.Phase, AppsRead: last.AppsRead, AppsKnown: last.AppsKnown, Uncounted: last.Uncounted, Streams: len(last.Streams), Counts: last.Counts,
		}
	}
	switch v.End {
	case contract.EndTerminated:
		v.Outcome = "" // a session that was terminated reports none
		v.Error, err = o.readTermination(ctx, info.GetExecution())
		if err != nil {
			return err
		}
	case contract.EndFailed:
		v.Error = result.Error
		if v.Error == "" && err != nil {
			v.Error = reasonOf(err)
		}
	}
	// Tenants repeat names in their errors; notices name nobody.
	v.Error = mask.Text(v.Error)
	return nil
}

// readTermination reads who terminated a session, and why.
func (r Reader) readTermination(ctx context.Context, w *commonpb.WorkflowExecution) (string, error) {
	events := r.Temporal.GetWorkflowHistory(ctx, w.GetWorkflowId(), w.GetRunId(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return "", fmt.Errorf("read how session %s ended: %w", w.GetWorkflowId(), err)
		}
		if t := e.GetWorkflowExecutionTerminatedEventAttributes(); t != nil {
			return "By " + orUnknown(t.GetIdentity()) + ": " + orUnknown(t.GetReason()), nil
		}
	}
	return "", nil
}

func orUnknown(s string) string {
	if s == "" {
		return "not given"
	}
	return s
}

// viewProgress adds to a view how far the session has got, if it holds the lane.
func (o *observer) viewProgress(ctx context.Context, open OpenSession, v *contract.SessionView) error {
	if !o.asked {
		sync, err := o.describeSync(ctx)
		if err != nil {
			return err
		}
		o.sync, o.asked = sync, true
	}
	p, err := o.readProgressWithoutWorker(ctx, open, o.sync)
	if err != nil || p == nil {
		return err
	}
	v.LastProgress = p.LastMoved
	v.Waiting = mask.Text(p.Waiting.Describe(moment.LoadZone(o.in.Timezone))) // notices name nobody
	v.Progress = p.forNotice()
	return nil
}

// forNotice is the progress as notices and the watch's memory have it.
func (p Progress) forNotice() *contract.NoticeProgress {
	return &contract.NoticeProgress{
		Phase: p.Phase, AppsRead: p.AppsDone, AppsKnown: p.AppsKnown, Uncounted: p.Uncounted, Streams: len(p.Streams), Counts: p.Counts,
		LastProgress: p.LastMoved, ExpectedEnd: p.Ends.Truncate(time.Minute),
	}
}
