package temporalx

import (
	"context"
	"errors"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// describeAttempts bounds how often a schedule is read that a busy server
// takes back the answer of.
const describeAttempts = 3

// DescribeSchedule reads a schedule; nil when there is none of that id. A busy
// server may cancel the call by itself, which the SDK takes for our own doing
// and does not try again.
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
