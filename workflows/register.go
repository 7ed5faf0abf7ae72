package workflows

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
)

// definitions are the workflows by name, each with what worker versioning does with
// it; without versioning the behaviours mean nothing. What has an end stays with the
// build that began it. The watch has none, so it moves on to each new build, which
// therefore has to replay what older ones wrote.
var definitions = map[string]struct {
	run       any
	versioned workflow.VersioningBehavior
}{
	contract.WorkflowSession: {Session, workflow.VersioningBehaviorPinned},
	contract.WorkflowSync:    {Sync, workflow.VersioningBehaviorPinned},
	contract.WorkflowWatch:   {Watch, workflow.VersioningBehaviorAutoUpgrade},
	contract.WorkflowReport:  {Report, workflow.VersioningBehaviorPinned},
}

// Register registers the workflows with a worker.
func Register(r worker.WorkflowRegistry) {
	for name, d := range definitions {
		r.RegisterWorkflowWithOptions(d.run, workflow.RegisterOptions{Name: name, VersioningBehavior: d.versioned})
	}
}
