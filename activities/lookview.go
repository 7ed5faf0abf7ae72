package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/internal/mask"
	"defendersync/internal/saas"
	"defendersync/internal/temporalerr"
)

// view sees one session, once a look. A run of "" is the latest of that id.
func (l *look) view(ctx context.Context, id, run string) (contract.SessionView, error) {
	if v, ok := l.views[run]; ok {
		return v, nil
	}
	d, err := l.Client.DescribeWorkflowExecution(ctx, id, run)
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		v := contract.SessionView{ID: id, Run: run, End: contract.EndGone, Closed: l.in.Now}
		if run != "" {
			l.keep(v)
		}
		return v, nil
	}
	if err != nil {
		return contract.SessionView{}, fmt.Errorf("look at session %s: %w", id, err)
	}
	info := d.GetWorkflowExecutionInfo()
	v := contract.SessionView{ID: id, Run: info.GetExecution().GetRunId(), Began: info.GetStartTime().AsTime().UTC()}
	if known, ok := l.views[v.Run]; ok {
		return known, nil
	}
	if v.Picked, err = l.picked(ctx, info.GetExecution()); err != nil {
		return v, err
	}
	if info.GetCloseTime() == nil {
		v.Leaving = d.GetWorkflowExtendedInfo().GetCancelRequested()
		err = l.progress(ctx, &v)
	} else {
		v.Closed = info.GetCloseTime().AsTime().UTC()
		err = l.ending(ctx, info, &v)
	}
	if err != nil {
		return v, err
	}
	l.keep(v)
	return v, nil
}

func (l *look) keep(v contract.SessionView) {
	l.views[v.Run] = v
	l.order = append(l.order, v.Run)
}

// picked is when a worker first took a session up; zero when none has.
func (l *look) picked(ctx context.Context, w *commonpb.WorkflowExecution) (time.Time, error) {
	h, err := l.Client.WorkflowService().GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace: l.Namespace, Execution: w, MaximumPageSize: 20,
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("read how session %s began: %w", w.GetWorkflowId(), err)
	}
	for _, e := range h.GetHistory().GetEvents() {
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED {
			return e.GetEventTime().AsTime().UTC(), nil
		}
	}
	return time.Time{}, nil
}

// ending finds out how a session ended, and what it had done.
func (l *look) ending(ctx context.Context, info *workflowpb.WorkflowExecutionInfo, v *contract.SessionView) error {
	w := info.GetExecution()
	var r contract.SessionResult
	err := l.Client.GetWorkflow(ctx, w.GetWorkflowId(), w.GetRunId()).Get(ctx, &r)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		_ = temporalerr.ReadDetails(err, &r) // what it can't tell stays empty
	}
	switch info.GetStatus() {
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		v.End = contract.EndCompleted
		if r.Outcome == "" {
			r.Outcome = saas.OutcomeCompleted // its result can't be read with our keys
		}
	case enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:
		v.End = contract.EndCancelled
	case enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		v.End = contract.EndTerminated
		if v.Error, err = l.terminatedBy(ctx, w); err != nil {
			return err
		}
	case enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		v.End = contract.EndTimedOut
	default:
		v.End = contract.EndFailed
		if v.Error = r.Error; v.Error == "" && err != nil {
			v.Error = plainReason(err)
		}
	}
	// Peers may have named people; the watch tells of none.
	v.Error = mask.Text(v.Error)
	v.Outcome, v.DryRun, v.Blocker, v.Errors = r.Outcome, r.DryRun, r.Blocker, r.Rejects.ByReason
	if r.Mode != "" {
		v.Progress = &contract.NoticeProgress{Counts: r.Counts}
	}
	return nil
}

func plainReason(err error) string {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return app.Message()
	}
	return err.Error()
}

// terminatedBy says who ended a session by force, and why.
func (l *look) terminatedBy(ctx context.Context, w *commonpb.WorkflowExecution) (string, error) {
	events := l.Client.GetWorkflowHistory(ctx, w.GetWorkflowId(), w.GetRunId(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT)
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
		return "not told"
	}
	return s
}

// progress finds out how far a session that runs has got: what it told last,
// and what the page at work has written since.
func (l *look) progress(ctx context.Context, v *contract.SessionView) error {
	told, err := l.lastTold(ctx, v.ID, v.Run)
	if err != nil {
		return err
	}
	d, err := l.Client.DescribeWorkflowExecution(ctx, contract.SyncID(l.in.Integration), "")
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the work of session %s: %w", v.ID, err)
	}
	info := d.GetWorkflowExecutionInfo()
	if info.GetCloseTime() != nil || info.GetParentExecution().GetRunId() != v.Run {
		return nil // the lane is another session's
	}
	if v.Moved, err = l.lastStep(ctx, info); err != nil {
		return err
	}
	p := contract.NoticeProgress{Phase: told.Phase, AppsRead: told.AppsRead, AppsKnown: told.AppsKnown, Counts: told.Counts}
	for _, a := range d.GetPendingActivities() {
		// The watch tells people, who are to read of no user.
		v.Waiting = mask.Text(WaitingOf(a, l.Converter).String())
		var cp contract.Checkpoint
		if h := a.GetHeartbeatDetails(); a.GetActivityType().GetName() == contract.ActivitySyncUsage && h != nil && l.Converter.FromPayloads(h, &cp) == nil {
			p.Counts = p.Counts.Add(cp.Counts)
			p.AppsRead += len(cp.Done)
			if cp.Progress.After(v.Moved) {
				v.Moved = cp.Progress.UTC()
			}
		}
	}
	p.Moved = v.Moved
	p.Ends = expectedEnd(v.Began, l.in.Now, p)
	v.Progress = &p
	return nil
}

// expectedEnd goes on at the pace so far; zero where that says nothing.
func expectedEnd(began, now time.Time, p contract.NoticeProgress) time.Time {
	if p.AppsRead <= 0 || p.AppsKnown < p.AppsRead || !now.After(began) {
		return time.Time{}
	}
	each := now.Sub(began) / time.Duration(p.AppsRead)
	return now.Add(each * time.Duration(p.AppsKnown-p.AppsRead)).UTC().Truncate(time.Minute)
}

// lastTold is the progress that a session was last told by its Sync.
func (l *look) lastTold(ctx context.Context, id, run string) (contract.Progress, error) {
	var p contract.Progress
	err := l.backwards(ctx, id, run, func(e *historypb.HistoryEvent) bool {
		s := e.GetWorkflowExecutionSignaledEventAttributes()
		return s.GetSignalName() == contract.SignalProgress && l.Converter.FromPayloads(s.GetInput(), &p) == nil
	})
	return p, err
}

// lastStep is when a Sync last finished an activity, or else began its run,
// which continuing as new does too.
func (l *look) lastStep(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (time.Time, error) {
	at := info.GetStartTime().AsTime()
	w := info.GetExecution()
	err := l.backwards(ctx, w.GetWorkflowId(), w.GetRunId(), func(e *historypb.HistoryEvent) bool {
		done := e.GetEventType() == enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED
		if done {
			at = e.GetEventTime().AsTime()
		}
		return done
	})
	return at.UTC(), err
}

// maxBackwards bounds the events that are looked through for the last of a
// kind, which comes every few events.
const maxBackwards = 200

// backwards goes through a workflow's latest events until found.
func (l *look) backwards(ctx context.Context, id, run string, found func(*historypb.HistoryEvent) bool) error {
	h, err := l.Client.WorkflowService().GetWorkflowExecutionHistoryReverse(ctx, &workflowservice.GetWorkflowExecutionHistoryReverseRequest{
		Namespace: l.Namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: run}, MaximumPageSize: maxBackwards,
	})
	if err != nil {
		return fmt.Errorf("read the latest events of %s: %w", id, err)
	}
	for _, e := range h.GetHistory().GetEvents() {
		if found(e) {
			return nil
		}
	}
	return nil
}
