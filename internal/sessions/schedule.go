package sessions

import (
	"context"
	"fmt"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/timestamppb"

	"defendersync/internal/contract"
	"defendersync/internal/temporalx"
)

// DescribeSchedule reads the integration's schedule; nil if there is none.
func (r Reader) DescribeSchedule(ctx context.Context) (*client.ScheduleDescription, error) {
	d, err := temporalx.DescribeSchedule(ctx, r.Temporal, contract.ScheduleID(r.Integration))
	if err != nil {
		return nil, fmt.Errorf("read the schedule: %w", ExplainDecoding("it", err))
	}
	return d, nil
}

// Start is a start that the schedule made, and what came of it.
type Start struct {
	Scheduled, Started time.Time
	ID                 string  // workflow id of the session
	Session            Session // zero if Err is set
	Err                error   // why it cannot be read
}

// ReadStarts reads the schedule's last starts, the latest first, and at most so many.
func (r Reader) ReadStarts(ctx context.Context, d *client.ScheduleDescription, most int) []Start {
	var out []Start
	for _, a := range slices.Backward(d.Info.RecentActions) {
		started := a.StartWorkflowResult
		if started == nil || len(out) == most {
			continue
		}
		s := Start{Scheduled: a.ScheduleTime, Started: a.ActualTime, ID: started.WorkflowID}
		s.Session, s.Err = r.Read(ctx, started.WorkflowID, started.FirstExecutionRunID)
		out = append(out, s)
	}
	return out
}

// FindCarry finds what the schedule's latest completed session carried forward. It
// returns nil if there is none, or if none can be read; a session without it reads
// everything. A session that is still running is not waited for.
func (r Reader) FindCarry(ctx context.Context, d *client.ScheduleDescription) (*contract.Carry, error) {
	if d == nil {
		return nil, nil
	}
	for _, a := range slices.Backward(d.Info.RecentActions) {
		started := a.StartWorkflowResult
		if started == nil {
			continue
		}
		w, err := r.describe(ctx, started.WorkflowID, started.FirstExecutionRunID)
		if err != nil || w.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED {
			continue
		}
		result, err := r.ReadResult(ctx, started.WorkflowID, started.FirstExecutionRunID)
		if err == nil {
			return &result.Carry, nil
		}
		if isKeyError(err) {
			return nil, fmt.Errorf("what the last session carried forward: %w", err)
		}
	}
	return nil, nil
}

// CheckParams reports, by ErrKey, that what a schedule starts its sessions with is
// encrypted with another key.
func (r Reader) CheckParams(s client.Schedule) error {
	action, ok := s.Action.(*client.ScheduleWorkflowAction)
	if !ok {
		return nil
	}
	for _, arg := range action.Args {
		if _, err := r.DecodeParams(arg); isKeyError(err) {
			return err
		}
	}
	return nil
}

// DecodeParams decodes an argument with which a schedule starts its sessions, as
// Temporal returns it.
func (r Reader) DecodeParams(arg any) (in contract.SessionParams, err error) {
	p, ok := arg.(*commonpb.Payload)
	if !ok {
		return in, fmt.Errorf("what the schedule's sessions do is a %T", arg)
	}
	return in, r.decodeOne("what the schedule's sessions do", p, &in)
}

// ListStarts returns the times in (from, to] at which the schedule, as it is now, starts
// sessions. It returns none if there is no schedule.
func (r Reader) ListStarts(ctx context.Context, from, to time.Time) ([]time.Time, error) {
	answer, err := r.Temporal.WorkflowService().ListScheduleMatchingTimes(ctx, &workflowservice.ListScheduleMatchingTimesRequest{
		Namespace: r.Namespace, ScheduleId: contract.ScheduleID(r.Integration), StartTime: timestamppb.New(from), EndTime: timestamppb.New(to),
	})
	if isNotFound(err) {
		return nil, nil
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
