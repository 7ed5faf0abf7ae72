package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
)

// showDetails writes the text that the Web UI shows on the session's page.
func (s *session) showDetails(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, renderSession(s.result, s.progress, s.params.Policy.Zone()))
}

// writeAttributes writes the search attributes, which the Web UI's list shows.
func (s *session) writeAttributes(ctx workflow.Context) {
	mode := s.result.Mode
	switch {
	case s.result.DryRun:
		mode = "dry run"
	case s.result.LimitApps > 0:
		mode = contract.LimitedMode(s.result.LimitApps)
	}
	updates := []temporal.SearchAttributeUpdate{
		AttrIntegration.ValueSet(s.params.Integration),
		AttrStartedBy.ValueSet(s.result.StartedBy),
		attrOutcome.ValueSet(string(s.result.Outcome)),
		attrApps.ValueSet(int64(s.result.Counts.Apps.Seen)),
		attrUsers.ValueSet(int64(s.result.Counts.Users.Seen)),
		attrRejected.ValueSet(int64(s.result.Counts.Rejected())),
	}
	if mode != "" {
		updates = append(updates, attrMode.ValueSet(mode))
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, updates...); err != nil {
		workflow.GetLogger(ctx).Warn("the search attributes were not written", "error", err)
	}
}
