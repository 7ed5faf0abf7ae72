package temporalx

import (
	"context"
	"errors"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// describeAttempts bounds the attempts to read a schedule from a busy server.
const describeAttempts = 3

// DescribeSchedule reads a schedule. It returns nil without an error if there is none
// of that id. A busy server may cancel the call on its own, which the SDK takes for
// a cancellation by the caller and does not retry; DescribeSchedule does.
func DescribeSchedule(ctx context.Context, c client.Client, id string) (*client.ScheduleDescription, error) {
	for attempt := 1; ; attempt++ {
		d, err := c.ScheduleClient().GetHandle(ctx, id).Describe(ctx)
		var none *serviceerror.NotFound
		if errors.As(err, &none) {
			return nil, nil
		}
		var cancelled *serviceerror.Canceled
		if err == nil || ctx.Err() != nil || attempt == describeAttempts || !errors.As(err, &cancelled) {
			return d, err
		}
	}
}
