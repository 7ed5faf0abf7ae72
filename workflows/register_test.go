package workflows

import (
	"testing"

	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
)

// registered keeps what is registered.
type registered map[string]workflow.VersioningBehavior

func (registered) RegisterWorkflow(any)                                         {}
func (registered) RegisterDynamicWorkflow(any, workflow.DynamicRegisterOptions) {}
func (r registered) RegisterWorkflowWithOptions(_ any, options workflow.RegisterOptions) {
	r[options.Name] = options.VersioningBehavior
}

func TestWhatEndsStaysWithItsBuildAndTheWatchMovesOn(t *testing.T) {
	got := registered{}
	Register(got)
	want := registered{
		contract.WorkflowSession: workflow.VersioningBehaviorPinned,
		contract.WorkflowSync:    workflow.VersioningBehaviorPinned,
		contract.WorkflowReport:  workflow.VersioningBehaviorPinned,
		contract.WorkflowWatch:   workflow.VersioningBehaviorAutoUpgrade,
	}
	if len(got) != len(want) {
		t.Errorf("registered are %v", got)
	}
	for name, behaviour := range want {
		if got[name] != behaviour {
			t.Errorf("%s is registered as %v", name, got[name])
		}
	}
}
