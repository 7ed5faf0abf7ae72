package activities

import (
	"context"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
)

// failedRun is a Temporal whose sessions all failed with an error.
type failedRun struct {
	client.Client
	client.WorkflowRun
	err error
}

func (f failedRun) GetWorkflow(context.Context, string, string) client.WorkflowRun { return f }

func (f failedRun) Get(context.Context, any) error { return f.err }

func (failedRun) GetID() string { return "" }

// TestTheWatchLearnsOfNoUser has a session fail with the words of a tenant that
// repeats whom it refuses: notices are made of what the watch sees.
func TestTheWatchLearnsOfNoUser(t *testing.T) {
	refused := temporal.NewNonRetryableApplicationError(
		`Oomnitza: create a person: HTTP 400: carole.gupta@contoso.com (CONTOSO\carole): the email domain is not allowed`, "Refused", nil)
	l := &look{Observer: Observer{Client: failedRun{err: refused}}}
	var v contract.SessionView
	err := l.ending(t.Context(), &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: "s", RunId: "r"}, Status: enumspb.WORKFLOW_EXECUTION_STATUS_FAILED,
	}, &v)
	want := "Oomnitza: create a person: HTTP 400: [address] ([account]): the email domain is not allowed"
	if err != nil || v.Error != want {
		t.Errorf("%q, %v", v.Error, err)
	}
}
