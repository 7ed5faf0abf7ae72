package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/workflows"
)

// startDirectly starts a session outside of the schedule. The carry of the
// latest session is looked up, because only the schedule passes it on.
func (c connection) startDirectly(ctx context.Context, description *client.ScheduleDescription, o runOptions) (started, error) {
	in := c.sessionInput()
	in.StartedBy, in.Full, in.DryRun = c.user, o.full, o.dryRun || o.limitApps > 0
	in.Trial = contract.Trial{LimitApps: o.limitApps, LimitWrites: o.limitApps > 0 && !o.dryRun, ActivityQueue: o.activityQueue}
	var err error
	if in.Previous, err = c.sessionReader().FindCarry(ctx, description); err != nil {
		return started{}, err
	}
	var taken *serviceerror.WorkflowExecutionAlreadyStarted
	for {
		w, err := c.startNamed(ctx, in, time.Now())
		if errors.As(err, &taken) && ctx.Err() == nil {
			continue // somebody else's, of this very millisecond
		}
		if err != nil {
			return started{}, needsSetup(fmt.Errorf("start a session: %w", err))
		}
		return started{Session: w.GetID(), Run: w.GetRunID(), Started: true}, nil
	}
}

// startNamed starts a session whose id contains a time, unless that id is
// taken.
func (c connection) startNamed(ctx context.Context, in contract.SessionParams, at time.Time) (client.WorkflowRun, error) {
	return c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                    contract.DirectSessionID(c.integration(), at),
		TaskQueue:             contract.TaskQueue(c.integration()),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		StaticSummary:         "Defender → Oomnitza (" + c.integration() + ")",
		TypedSearchAttributes: temporal.NewSearchAttributes(
			workflows.AttrIntegration.ValueSet(c.integration()), workflows.AttrStartedBy.ValueSet(in.StartedBy),
		),
		// Else the SDK hands out the session that there is, as if it were ours.
		WorkflowExecutionErrorWhenAlreadyStarted: true,
	}, contract.WorkflowSession, in)
}
