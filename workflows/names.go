// Package workflows is a session's orchestration: deterministic, small, and
// without a touch of the world, which package activities is for.
//
// A Session is what an operator sees in the Web UI's list, however it was
// started. It runs Sync as a child whose id is the same for every session of
// an integration: Temporal lets only one workflow of an id run at a time, and
// that is the lane which keeps two sessions from ever overlapping.
package workflows

import (
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
)

// The search attributes of a Session and a Watch, which make the Web UI's list read as
// Sync Sessions do.
var (
	AttrIntegration = temporal.NewSearchAttributeKeyKeyword(contract.AttrIntegration)
	AttrStartedBy   = temporal.NewSearchAttributeKeyKeyword(contract.AttrStartedBy)
	AttrMode        = temporal.NewSearchAttributeKeyKeyword(contract.AttrMode)
	AttrOutcome     = temporal.NewSearchAttributeKeyKeyword(contract.AttrOutcome)
	AttrApps        = temporal.NewSearchAttributeKeyInt64(contract.AttrApps)
	AttrUsers       = temporal.NewSearchAttributeKeyInt64(contract.AttrUsers)
	AttrRejected    = temporal.NewSearchAttributeKeyInt64(contract.AttrRejected)
	// AttrNotice is, of a Watch, the kind of its latest unread notice.
	AttrNotice = temporal.NewSearchAttributeKeyKeyword(contract.AttrNotice)
)

// SearchAttributes are the attributes that a namespace must know, with their
// types.
func SearchAttributes() map[string]enumspb.IndexedValueType {
	keys := []temporal.SearchAttributeKey{AttrIntegration, AttrStartedBy, AttrMode, AttrOutcome, AttrApps, AttrUsers, AttrRejected, AttrNotice}
	out := make(map[string]enumspb.IndexedValueType, len(keys))
	for _, k := range keys {
		out[k.GetName()] = k.GetValueType()
	}
	return out
}

// Register makes the workflows known to a worker under their names.
func Register(r worker.WorkflowRegistry) {
	r.RegisterWorkflowWithOptions(Session, workflow.RegisterOptions{Name: contract.WorkflowSession})
	r.RegisterWorkflowWithOptions(Sync, workflow.RegisterOptions{Name: contract.WorkflowSync})
	r.RegisterWorkflowWithOptions(Watch, workflow.RegisterOptions{Name: contract.WorkflowWatch})
	r.RegisterWorkflowWithOptions(Report, workflow.RegisterOptions{Name: contract.WorkflowReport})
}
