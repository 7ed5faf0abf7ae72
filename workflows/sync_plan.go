package workflows

import (
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// commandPatience is how long an activity waits for the command that serves it. Nobody
// else can take its place.
const commandPatience = time.Minute

// reasonCommandGone is why a dry run fails whose command no longer serves its activities.
const reasonCommandGone = "the command that lists what the dry run would write (run --dry-run --plan) has ended, or lost its connection with Temporal: run it again"

// routeActivity sends an activity of a dry run to the command that lists what it would
// write, if there is one.
func (s *syncRun) routeActivity(ctx workflow.Context) workflow.Context {
	if !s.isServedByCommand() {
		return ctx
	}
	ctx = workflow.WithTaskQueue(ctx, s.params.ActivityQueue)
	return workflow.WithScheduleToStartTimeout(ctx, commandPatience)
}

// isServedByCommand reports whether a command does the work of this dry run.
func (s *syncRun) isServedByCommand() bool { return s.params.ActivityQueue != "" && s.isDryRun() }

// explainCommand names the command where an activity waited for it in vain.
func (s *syncRun) explainCommand(err error) error {
	var timeout *temporal.TimeoutError
	if s.isServedByCommand() && errors.As(err, &timeout) && timeout.TimeoutType() == enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START {
		return errors.New(reasonCommandGone)
	}
	return err
}
