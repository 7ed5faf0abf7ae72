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

// editAttempts bounds the attempts to edit a schedule that others edit meanwhile.
const editAttempts = 5

// editPatience is with a server that is busy: six attempts where it answers at once.
var editPatience = Patience{Pause: 100 * time.Millisecond, Most: 2 * time.Second, Total: 3200 * time.Millisecond}

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
		_, err = AskAgain(ctx, editPatience, mayPass, func(ctx context.Context) (*workflowservice.UpdateScheduleResponse, error) {
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
	return AskAgain(ctx, editPatience, mayPass, func(ctx context.Context) (*workflowservice.DescribeScheduleResponse, error) {
		return c.WorkflowService().DescribeSchedule(ctx, &workflowservice.DescribeScheduleRequest{Namespace: namespace, ScheduleId: id})
	})
}

// mayPass reports whether an error says that the server could not answer now.
func mayPass(err error) bool {
	var unavailable *serviceerror.Unavailable
	var cancelled *serviceerror.Canceled // by the server itself, or else the caller's context has ended
	return IsBusy(err) || errors.As(err, &unavailable) || errors.As(err, &cancelled)
}
