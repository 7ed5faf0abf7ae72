package sessions

import (
	"strings"

	enumspb "go.temporal.io/api/enums/v1"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// ListOutcomes returns every outcome that a session may have.
func ListOutcomes() []saas.Outcome {
	return []saas.Outcome{
		saas.OutcomeRunning, saas.OutcomeCompleted, saas.OutcomeCompletedWithErrors, saas.OutcomeFailed,
		saas.OutcomeCancelled, saas.OutcomeSkipped, saas.OutcomeTerminated, saas.OutcomeTimedOut,
	}
}

// ParseOutcome finds an outcome by its name in any case.
func ParseOutcome(name string) (saas.Outcome, bool) {
	for _, o := range ListOutcomes() {
		if strings.EqualFold(string(o), strings.TrimSpace(name)) {
			return o, true
		}
	}
	return "", false
}

// endOf translates Temporal's status of a run.
func endOf(status enumspb.WorkflowExecutionStatus) contract.SessionEnd {
	switch status {
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED:
		return contract.EndNone
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return contract.EndCompleted
	case enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:
		return contract.EndCancelled
	case enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		return contract.EndTerminated
	case enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return contract.EndTimedOut
	}
	return contract.EndFailed
}

// isRunning reports whether a run has not ended.
func isRunning(status enumspb.WorkflowExecutionStatus) bool { return endOf(status) == contract.EndNone }
