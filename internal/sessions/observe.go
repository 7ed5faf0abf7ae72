package sessions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/versions"
)

// Observe reads what the watch judges: the schedule, the sessions that are running or
// have ended lately, what came of the starts that were due, and the workers. It needs no
// worker, so the command line sees exactly what the Watch workflow sees.
func (r Reader) Observe(ctx context.Context, in contract.ObserveParams) (contract.Observation, error) {
	o := &observer{Reader: r, in: in, views: map[string]contract.SessionView{}}
	for _, step := range []func(context.Context) error{o.observeSchedule, o.observeSessions, o.observeStarts, o.observeWorkers} {
		if err := step(ctx); err != nil {
			return contract.Observation{}, err
		}
	}
	o.seen.At = r.now().UTC()
	if in.Now.After(o.seen.At) {
		o.seen.At = in.Now // clocks differ; time must not appear to go back
	}
	for _, run := range o.order {
		o.seen.Sessions = append(o.seen.Sessions, o.views[run])
	}
	return o.seen, nil
}

// observer makes one observation.
type observer struct {
	Reader
	in      contract.ObserveParams
	seen    contract.Observation
	actions []client.ScheduleActionResult
	sync    *workflowservice.DescribeWorkflowExecutionResponse // the Sync in the lane, once it was asked for
	asked   bool
	views   map[string]contract.SessionView // by run id
	open    []OpenSession                   // those of them that have not ended
	order   []string
}

func (o *observer) observeSchedule(ctx context.Context) error {
	d, err := o.DescribeSchedule(ctx)
	if err != nil || d == nil {
		return err
	}
	o.actions = d.Info.RecentActions
	o.seen.Schedule = ViewSchedule(d)
	return nil
}

// ViewSchedule is a schedule as the watch judges it.
func ViewSchedule(d *client.ScheduleDescription) contract.ScheduleView {
	v := contract.ScheduleView{
		Exists: true, Created: d.Info.CreatedAt.UTC(), Next: d.Info.NextActionTimes,
		CatchUp: d.Info.NumActionsMissedCatchupWindow, Overlap: d.Info.NumActionsSkippedOverlap,
	}
	if d.Info.LastUpdateAt.After(d.Info.CreatedAt) {
		v.Updated = d.Info.LastUpdateAt.UTC()
	}
	if s := d.Schedule.State; s != nil {
		v.Paused, v.Note = s.Paused, s.Note
	}
	if s := d.Schedule.Spec; s != nil && !s.StartAt.IsZero() {
		v.NotBefore = s.StartAt.UTC()
	}
	return v
}

// mostObserved bounds the sessions that one observation lists.
const mostObserved = 200

// observeSessions views the sessions that the watch has been told of, and lists those
// that it has not.
func (o *observer) observeSessions(ctx context.Context) error {
	for _, s := range o.in.Sessions {
		_, err := o.view(ctx, s.ID, s.Run)
		var impossible *serviceerror.InvalidArgument
		if err != nil && !errors.As(err, &impossible) {
			return err // no session can have impossible ids, whoever reported it
		}
	}
	running := Filter{Limit: mostObserved}.Query(o.Integration) + " AND ExecutionStatus = 'Running'"
	ended := Filter{}.Query(o.Integration) + fmt.Sprintf(" AND CloseTime > '%s'", o.in.Since.UTC().Format(time.RFC3339))
	for _, query := range []string{running, ended} {
		answer, err := o.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: o.Namespace, PageSize: mostObserved, Query: query,
		})
		if err != nil {
			return fmt.Errorf("list the sessions: %w", err)
		}
		for _, w := range answer.GetExecutions() {
			if _, err := o.view(ctx, w.GetExecution().GetWorkflowId(), w.GetExecution().GetRunId()); err != nil {
				return err
			}
		}
	}
	return nil
}

// observeWorkers reads the workers, and of sessions that stay with a version which of
// them wait for a worker of it.
func (o *observer) observeWorkers(ctx context.Context) error {
	q, err := o.readQueue(ctx)
	if err != nil {
		return err
	}
	f := versions.Fleet{At: o.now(), Queue: contract.TaskQueue(o.Integration), Routing: q.routing, Workers: q.workers}
	for _, open := range o.open {
		f.Running = append(f.Running, open.asRun())
	}
	if f.Waiting, err = o.readWaits(ctx, f.Running); err != nil {
		return err
	}
	o.seen.Workers = q.view(f)
	for _, open := range o.open {
		if v := o.views[open.Run]; open.Version.IsSet() && f.Lacks(open.Version) {
			v.Waiting = "for a worker of " + open.Version.String() + ", with which the session stays"
			o.views[open.Run] = v
		}
	}
	return nil
}

// observeStarts finds out what came of the starts that were due.
func (o *observer) observeStarts(ctx context.Context) error {
	more, err := o.startsSinceLook(ctx)
	if err != nil {
		return err
	}
	due := slices.Concat(o.in.Due, more)
	slices.SortFunc(due, time.Time.Compare)
	for _, at := range due {
		start, err := o.observeStart(ctx, at)
		if err != nil {
			return err
		}
		o.seen.Starts = append(o.seen.Starts, start)
	}
	return nil
}

func (o *observer) observeStart(ctx context.Context, at time.Time) (contract.StartView, error) {
	start := contract.StartView{At: at.UTC()}
	var err error
	if start.Session, err = o.sessionStartedAt(ctx, at); err != nil || start.Session != nil || !o.seen.Schedule.Exists {
		return start, err
	}
	times, err := o.ListStarts(ctx, at.Add(-time.Second), at)
	start.Valid = len(times) > 0
	return start, err
}

// mostStarts bounds the starts that are reported after a long time without a look.
const mostStarts = 20

// startsSinceLook returns starts that came due since the last look but were not
// announced at that time, because the schedule was changed or there were many. If they
// are too many, it returns the latest.
func (o *observer) startsSinceLook(ctx context.Context) ([]time.Time, error) {
	s := o.seen.Schedule
	if o.in.Looked.IsZero() || !s.Exists {
		return nil, nil
	}
	from := slices.MaxFunc([]time.Time{o.in.Looked, s.Created, s.Updated}, time.Time.Compare)
	if !from.Before(o.in.Now) {
		return nil, nil
	}
	times, err := o.ListStarts(ctx, from, o.in.Now)
	times = slices.DeleteFunc(times, func(t time.Time) bool { return slices.ContainsFunc(o.in.Due, t.Equal) })
	return times[max(0, len(times)-mostStarts):], err
}

// sessionStartedAt finds the session of a start among the schedule's recent actions, or
// else by the id that the schedule gives it; nil if there is none.
func (o *observer) sessionStartedAt(ctx context.Context, at time.Time) (*contract.SessionView, error) {
	id, run := contract.ScheduledSessionID(o.Integration, at), ""
	for _, a := range o.actions {
		if started := a.StartWorkflowResult; started != nil && a.ScheduleTime.Equal(at) {
			id, run = started.WorkflowID, started.FirstExecutionRunID
		}
	}
	v, err := o.view(ctx, id, run)
	if err != nil || v.End == contract.EndGone && run == "" {
		return nil, err
	}
	return &v, nil
}

// view views a session, once in an observation. A run of "" is the latest one.
func (o *observer) view(ctx context.Context, id, run string) (contract.SessionView, error) {
	if v, ok := o.views[run]; ok {
		return v, nil
	}
	d, err := o.describe(ctx, id, run)
	if err != nil {
		return contract.SessionView{}, fmt.Errorf("look up session %s: %w", id, err)
	}
	if d == nil {
		v := contract.SessionView{ID: id, Run: run, End: contract.EndGone, Closed: o.in.Now}
		if run != "" {
			o.keepView(v)
		}
		return v, nil
	}
	if v, ok := o.views[d.GetWorkflowExecutionInfo().GetExecution().GetRunId()]; ok {
		return v, nil
	}
	v, err := o.viewDescribed(ctx, d)
	if err == nil {
		o.keepView(v)
	}
	return v, err
}

func (o *observer) keepView(v contract.SessionView) {
	o.views[v.Run] = v
	o.order = append(o.order, v.Run)
}

// viewDescribed completes the view of a session that Temporal knows.
func (o *observer) viewDescribed(ctx context.Context, d *workflowservice.DescribeWorkflowExecutionResponse) (contract.SessionView, error) {
	open, err := o.openOf(ctx, d)
	v := contract.SessionView{ID: open.ID, Run: open.Run, Began: open.Began, PickedUp: open.PickedUp}
	if err != nil {
		return v, err
	}
	info := d.GetWorkflowExecutionInfo()
	if info.GetCloseTime() != nil {
		v.Closed = info.GetCloseTime().AsTime().UTC()
		return v, o.viewEnding(ctx, info, &v)
	}
	v.CancelRequested, v.LimitApps = open.Leaving, open.LimitApps
	o.open = append(o.open, *open)
	return v, o.viewProgress(ctx, *open, &v)
}
