package workflows

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
)

// Register registers the workflows with a worker.
func Register(r worker.WorkflowRegistry) {
	for name, fn := range map[string]any{
		contract.WorkflowSession: Session,
		contract.WorkflowSync:    Sync,
		contract.WorkflowWatch:   Watch,
		contract.WorkflowReport:  Report,
	} {
		r.RegisterWorkflowWithOptions(fn, workflow.RegisterOptions{Name: name})
	}
}
