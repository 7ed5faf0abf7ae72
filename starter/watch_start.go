package main

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/internal/temporalx"
	"defendersync/workflows"
)

// watchSettings are the settings of the integration's Watch workflow.
func (c connection) watchSettings() *contract.WatchSettings {
	s := c.settings.WatchSettings()
	return &s
}

// summonWatch starts the Watch workflow, or sends the running one its settings,
// so that it also notices if the first session never starts.
func (c connection) summonWatch(ctx context.Context) error {
	return c.signalWatch(ctx, contract.SignalSettings, *c.watchSettings(), nil)
}

// renewWatch has the running Watch workflow begin a new run if its present one was
// started with another key than the one that encrypts now. Else the older key could
// not be removed for weeks.
func (c connection) renewWatch(ctx context.Context) error {
	encrypts := temporalx.EncryptingKeyID(c.settings.Payload.EncryptionKeys.Reveal())
	key, found, err := c.sessionReader().ReadWatchKey(ctx)
	if err != nil || !found || key == encrypts {
		return err
	}
	if err := c.temporal.SignalWorkflow(ctx, contract.WatchID(c.integration()), "", contract.SignalRenew, encryptionKey); err != nil {
		return fmt.Errorf("have the Watch workflow begin a new run: %w", err)
	}
	return nil
}

// signalWatch sends a signal to the Watch workflow, and starts it with a state
// if it is not running. The signal waits in its history until a worker runs.
func (c connection) signalWatch(ctx context.Context, signal string, arg any, state *contract.WatchState) error {
	_, err := c.temporal.SignalWithStartWorkflow(ctx, contract.WatchID(c.integration()), signal, arg, client.StartWorkflowOptions{
		ID: contract.WatchID(c.integration()), TaskQueue: contract.TaskQueue(c.integration()),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:         "notices of " + c.integration(),
		TypedSearchAttributes: temporal.NewSearchAttributes(workflows.AttrIntegration.ValueSet(c.integration())),
	}, contract.WorkflowWatch, contract.WatchParams{Settings: *c.watchSettings(), State: state})
	if err != nil {
		return needsSetup(fmt.Errorf("start the Watch workflow: %w", err))
	}
	return nil
}
