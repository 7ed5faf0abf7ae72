package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"defendersync/internal/contract"
	"defendersync/internal/temporalx"
)

// Observer looks at an integration from Temporal's side. It needs no worker,
// so that the command line sees exactly what the Watch workflow sees.
type Observer struct {
	Client    client.Client
	Namespace string
	Converter converter.DataConverter // decodes what sessions tell; nil: the SDK's
}

// Observe is the activity by which a Watch looks.
func (a *Activities) Observe(ctx context.Context, in contract.ObserveParams) (contract.Observation, error) {
	if in.Integration == "" {
		// A watch of an older version that has lost its settings: it puts them
		// right before its next look.
		return contract.Observation{}, temporal.NewNonRetryableApplicationError("nothing says which integration to look at", "Nameless", nil)
	}
	return a.observer.Look(ctx, in)
}

// Look sees how the schedule and the sessions are now.
func (o Observer) Look(ctx context.Context, in contract.ObserveParams) (contract.Observation, error) {
	l := &look{Observer: o, in: in, views: map[string]contract.SessionView{}}
	if l.Converter == nil {
		l.Converter = converter.GetDefaultDataConverter()
	}
	for _, step := range []func(context.Context) error{l.schedule, l.sessions, l.starts, l.workers} {
		if err := step(ctx); err != nil {
			return contract.Observation{}, err
		}
	}
	l.seen.At = time.Now().UTC()
	if in.Now.After(l.seen.At) {
		l.seen.At = in.Now // two clocks; time must not seem to go back
	}
	for _, run := range l.order {
		l.seen.Sessions = append(l.seen.Sessions, l.views[run])
	}
	return l.seen, nil
}

// look is one look.
type look struct {
	Observer
	in      contract.ObserveParams
	seen    contract.Observation
	actions []client.ScheduleActionResult
	views   map[string]contract.SessionView // by run id
	order   []string
}

func (l *look) schedule(ctx context.Context) error {
	d, err := temporalx.DescribeSchedule(ctx, l.Client, contract.ScheduleID(l.in.Integration))
	if err != nil {
		return fmt.Errorf("read the schedule: %w", err)
	}
	if d == nil {
		return nil
	}
	l.actions = d.Info.RecentActions
	l.seen.Schedule = contract.ScheduleView{
		Exists: true, Created: d.Info.CreatedAt.UTC(), Next: d.Info.NextActionTimes,
		CatchUp: d.Info.NumActionsMissedCatchupWindow, Overlap: d.Info.NumActionsSkippedOverlap,
	}
	if d.Info.LastUpdateAt.After(d.Info.CreatedAt) {
		l.seen.Schedule.Updated = d.Info.LastUpdateAt.UTC()
	}
	if s := d.Schedule.State; s != nil {
		l.seen.Schedule.Paused, l.seen.Schedule.Note = s.Paused, s.Note
	}
	return nil
}

// maxSessions bounds the sessions that one look sees.
const maxSessions = 200

// sessions finds the sessions that run or have ended lately: by name where
// they are known, and by asking for those that are not.
func (l *look) sessions(ctx context.Context) error {
	for _, s := range l.in.Sessions {
		_, err := l.view(ctx, s.ID, s.Run)
		var unnameable *serviceerror.InvalidArgument
		if err != nil && !errors.As(err, &unnameable) {
			return err // else nothing can be called that: whatever said so, the others are looked at
		}
	}
	mine := fmt.Sprintf("WorkflowType = '%s' AND %s = '%s' AND ", contract.WorkflowSession, contract.AttrIntegration, l.in.Integration)
	for _, which := range []string{
		"ExecutionStatus = 'Running'",
		fmt.Sprintf("CloseTime > '%s'", l.in.Since.UTC().Format(time.RFC3339)),
	} {
		answer, err := l.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: l.Namespace, PageSize: maxSessions, Query: mine + which,
		})
		if err != nil {
			return fmt.Errorf("list the sessions: %w", err)
		}
		for _, w := range answer.GetExecutions() {
			if _, err := l.view(ctx, w.GetExecution().GetWorkflowId(), w.GetExecution().GetRunId()); err != nil {
				return err
			}
		}
	}
	return nil
}

// starts finds what became of the starts that were due.
func (l *look) starts(ctx context.Context) error {
	due := slices.Clone(l.in.Due)
	more, err := l.beyond(ctx)
	if err != nil {
		return err
	}
	for _, at := range slices.SortedFunc(slices.Values(append(due, more...)), time.Time.Compare) {
		start := contract.StartView{At: at.UTC()}
		if start.Session, err = l.startedAt(ctx, at); err != nil {
			return err
		}
		if start.Session == nil && l.seen.Schedule.Exists {
			times, err := l.matching(ctx, at.Add(-time.Second), at)
			if err != nil {
				return err
			}
			start.Valid = len(times) > 0
		}
		l.seen.Starts = append(l.seen.Starts, start)
	}
	return nil
}

// maxBeyond bounds the starts that are told of after a long silence.
const maxBeyond = 20

// beyond are starts that came due since the last look and were not known of,
// because the schedule was changed meanwhile or many have passed: the latest
// ones, when they are too many.
func (l *look) beyond(ctx context.Context) ([]time.Time, error) {
	s := l.seen.Schedule
	if l.in.Looked.IsZero() || !s.Exists {
		return nil, nil
	}
	from := slices.MaxFunc([]time.Time{l.in.Looked, s.Created, s.Updated}, time.Time.Compare)
	if !from.Before(l.in.Now) {
		return nil, nil
	}
	times, err := l.matching(ctx, from, l.in.Now)
	times = slices.DeleteFunc(times, func(t time.Time) bool { return slices.ContainsFunc(l.in.Due, t.Equal) })
	return times[max(0, len(times)-maxBeyond):], err
}

// matching lists the starts of the schedule as it is now in (from, to].
func (l *look) matching(ctx context.Context, from, to time.Time) ([]time.Time, error) {
	answer, err := l.Client.WorkflowService().ListScheduleMatchingTimes(ctx, &workflowservice.ListScheduleMatchingTimesRequest{
		Namespace: l.Namespace, ScheduleId: contract.ScheduleID(l.in.Integration), StartTime: timestamppb.New(from), EndTime: timestamppb.New(to),
	})
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return nil, nil // deleted a moment ago
	}
	if err != nil {
		return nil, fmt.Errorf("list the schedule's starts: %w", err)
	}
	var out []time.Time
	for _, t := range answer.GetStartTime() {
		out = append(out, t.AsTime())
	}
	return out, nil
}

// startedAt finds the session of a start: among the schedule's recent actions,
// or by the id that the schedule gives it.
func (l *look) startedAt(ctx context.Context, at time.Time) (*contract.SessionView, error) {
	id, run := contract.SessionID(l.in.Integration)+"-"+at.UTC().Truncate(time.Second).Format(time.RFC3339), ""
	for _, a := range l.actions {
		if r := a.StartWorkflowResult; r != nil && a.ScheduleTime.Equal(at) {
			id, run = r.WorkflowID, r.FirstExecutionRunID
		}
	}
	v, err := l.view(ctx, id, run)
	if err != nil || v.End == contract.EndGone && run == "" {
		return nil, err
	}
	return &v, nil
}

func (l *look) workers(ctx context.Context) error {
	queue := &taskqueuepb.TaskQueue{Name: contract.TaskQueue(l.in.Integration), Kind: enumspb.TASK_QUEUE_KIND_NORMAL}
	d, err := l.Client.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace: l.Namespace, TaskQueue: queue, TaskQueueType: enumspb.TASK_QUEUE_TYPE_WORKFLOW, ReportStats: true,
	})
	if err != nil {
		return fmt.Errorf("ask for the workers: %w", err)
	}
	for _, p := range d.GetPollers() {
		if at := p.GetLastAccessTime().AsTime(); at.After(l.seen.Workers.Seen) {
			l.seen.Workers.Seen = at.UTC()
		}
	}
	l.seen.Workers.Backlog = d.GetStats().GetApproximateBacklogAge().AsDuration()
	return nil
}
