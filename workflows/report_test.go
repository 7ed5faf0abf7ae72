package workflows

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"defendersync/internal/contract"
)

// reported runs a Report whose activity does as told, and gives what it was
// asked, each time.
func reported(t *testing.T, send func(n int) (contract.SendReportResult, error)) (*testsuite.TestWorkflowEnvironment, *[]contract.SendReportParams) {
	t.Helper()
	env := envAt(time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC))
	asked := &[]contract.SendReportParams{}
	env.RegisterActivityWithOptions(func(_ context.Context, in contract.SendReportParams) (contract.SendReportResult, error) {
		*asked = append(*asked, in)
		return send(len(*asked))
	}, activity.RegisterOptions{Name: contract.ActivitySendReport})
	env.ExecuteWorkflow(contract.WorkflowReport, contract.ReportParams{
		Integration: "contoso", Report: contract.Report{Name: "top", Question: contract.QuestionApps, Subscribers: []string{"ann@contoso.com", "bob@contoso.com"}},
	})
	if !env.IsWorkflowCompleted() {
		t.Fatal("the report did not end")
	}
	return env, asked
}

func TestAReportIsSentOnceWithAnIDOfItsOwn(t *testing.T) {
	env, asked := reported(t, func(int) (contract.SendReportResult, error) {
		return contract.SendReportResult{Rows: 3, Mailed: []string{"ann@contoso.com", "bob@contoso.com"}}, nil
	})
	var sent contract.SendReportResult
	if err := env.GetWorkflowResult(&sent); err != nil || sent.Rows != 3 || len(*asked) != 1 {
		t.Fatalf("got %+v, %v after %d", sent, err, len(*asked))
	}
	in := (*asked)[0]
	if in.Lane != contract.SyncID("contoso") || in.Key == "" || in.Report.Name != "top" || in.At.Hour() != 6 {
		t.Errorf("asked for %+v", in)
	}
}

func TestAReportThatReachesNotEverybodyFailsWithWhatItDid(t *testing.T) {
	env, _ := reported(t, func(int) (contract.SendReportResult, error) {
		return contract.SendReportResult{Rows: 3, Mailed: []string{"ann@contoso.com"}, Unmailed: []contract.ReportRefusal{{To: "bob@contoso.com", Why: "no such user"}}}, nil
	})
	var app *temporal.ApplicationError
	err := env.GetWorkflowError()
	if !errors.As(err, &app) || app.Type() != contract.FailureReport || !strings.Contains(err.Error(), "reached 1 of 2 subscribers; bob@contoso.com: no such user") {
		t.Fatalf("got %v", err)
	}
	var sent contract.SendReportResult
	if err := app.Details(&sent); err != nil || len(sent.Mailed) != 1 {
		t.Errorf("details %+v, %v", sent, err)
	}
}

func TestAReportOutlivesATenantThatIsOut(t *testing.T) {
	env, asked := reported(t, func(n int) (contract.SendReportResult, error) {
		if n < 8 {
			return contract.SendReportResult{}, errors.New("Oomnitza: HTTP 503")
		}
		return contract.SendReportResult{Mailed: []string{"ann@contoso.com", "bob@contoso.com"}}, nil
	})
	if err := env.GetWorkflowError(); err != nil || len(*asked) != 8 || (*asked)[0].Key != (*asked)[7].Key {
		t.Errorf("got %v after %d attempts", err, len(*asked))
	}
}

func TestAReportThatCannotBeAnsweredEndsAtOnce(t *testing.T) {
	env, asked := reported(t, func(int) (contract.SendReportResult, error) {
		return contract.SendReportResult{}, temporal.NewNonRetryableApplicationError("Oomnitza has no app", "Question", nil)
	})
	if err := env.GetWorkflowError(); err == nil || len(*asked) != 1 {
		t.Errorf("got %v after %d attempts", err, len(*asked))
	}
}
