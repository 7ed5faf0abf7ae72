package temporalx

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	schedulepb "go.temporal.io/api/schedule/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/proto"
)

const (
	// editAttempts bounds the attempts to edit a schedule that others edit meanwhile.
	editAttempts = 5
	// busyAttempts bounds the attempts to have a busy server answer, and busyPause is
	// the first pause between two of them, which doubles each time.
	busyAttempts = 6
	busyPause    = 100 * time.Millisecond
)

// EditSchedule changes a schedule of which there is one, by a function that gets it as
// Temporal has it, payloads still encrypted. It never overwrites an edit that somebody else
// makes meanwhile: the function is then called anew, with that edit in place. An error of
// the function ends it, and is returned as it is.
//
// The SDK's own update sends no conflict token, so the last one to write wins.
func EditSchedule(ctx context.Context, c client.Client, namespace, id string, change func(*schedulepb.Schedule) error) error {
	for range editAttempts {
		there, err := describeRaw(ctx, c, namespace, id)
		if err != nil {
			return err
		}
		s := there.GetSchedule()
		if err := change(s); err != nil {
			return err
		}
		request := &workflowservice.UpdateScheduleRequest{
			Namespace: namespace, ScheduleId: id, Schedule: s, ConflictToken: there.GetConflictToken(), RequestId: uuid.NewString(),
		}
		_, err = askBusy(ctx, func() (*workflowservice.UpdateScheduleResponse, error) {
			return c.WorkflowService().UpdateSchedule(ctx, request)
		})
		var conflict *serviceerror.FailedPrecondition
		if errors.As(err, &conflict) {
			continue
		}
		if err != nil {
			return err
		}
		// A server whose schedules are workflows takes an update as a signal, and drops
		// one with an old token without a word.
		now, err := describeRaw(ctx, c, namespace, id)
		if err != nil {
			return err
		}
		if proto.Equal(now.GetSchedule().GetState(), s.GetState()) && proto.Equal(now.GetSchedule().GetSpec().GetStartTime(), s.GetSpec().GetStartTime()) {
			return nil
		}
	}
	return fmt.Errorf("others kept editing the schedule meanwhile, %d times: try again", editAttempts)
}

func describeRaw(ctx context.Context, c client.Client, namespace, id string) (*workflowservice.DescribeScheduleResponse, error) {
	return askBusy(ctx, func() (*workflowservice.DescribeScheduleResponse, error) {
		return c.WorkflowService().DescribeSchedule(ctx, &workflowservice.DescribeScheduleRequest{Namespace: namespace, ScheduleId: id})
	})
}

// askBusy asks again while the server says that it is busy. The SDK does so only for calls
// of its own.
func askBusy[T any](ctx context.Context, ask func() (T, error)) (T, error) {
	pause := busyPause
	for attempt := 1; ; attempt++ {
		answer, err := ask()
		if err == nil || attempt == busyAttempts || !isBusy(err) {
			return answer, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return answer, err
		}
		pause *= 2
	}
}

// isBusy reports whether an error says that the server could not answer now.
func isBusy(err error) bool {
	var exhausted *serviceerror.ResourceExhausted
	var unavailable *serviceerror.Unavailable
	var cancelled *serviceerror.Canceled // by the server itself, or else the caller's context has ended
	return errors.As(err, &exhausted) || errors.As(err, &unavailable) || errors.As(err, &cancelled)
}
