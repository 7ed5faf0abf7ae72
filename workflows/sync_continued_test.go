package workflows

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// countRuns counts the runs of Sync.
func countRuns(env *testsuite.TestWorkflowEnvironment) *int {
	runs := new(int)
	env.SetOnChildWorkflowStartedListener(func(info *workflow.Info, _ workflow.Context, _ converter.EncodedValues) {
		if info.WorkflowType.Name == contract.WorkflowSync {
			*runs++
		}
	})
	return runs
}

func TestASyncGoesOnInANewRunAfterAHundredPages(t *testing.T) {
	// A run that has done its pages learns only from the next one that there are
	// none left.
	for pages, want := range map[int]int{pagesPerRun - 1: 1, pagesPerRun: 2, pagesPerRun + 1: 2} {
		t.Run(fmt.Sprintf("%d pages", pages), func(t *testing.T) {
			f := &fakes{pages: pages}
			env := newEnv(t, f)
			runs := countRuns(env)
			r := run(t, env, input())
			if *runs != want {
				t.Errorf("%d runs, want %d", *runs, want)
			}
			checkPages(t, f, r, pages)
		})
	}
}

func TestASyncGoesOnInANewRunWhenTheServerSuggestsIt(t *testing.T) {
	f := &fakes{pages: 3}
	env := newEnv(t, f)
	env.SetContinueAsNewSuggested(true)
	in := contract.SyncParams{Session: "session/test/run-1", Integration: "test", Policy: input().Policy, DryRun: true}
	env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(nil)
	env.ExecuteWorkflow(contract.WorkflowSync, in)
	var next *workflow.ContinueAsNewError
	if err := env.GetWorkflowError(); !errors.As(err, &next) {
		t.Fatalf("ended with %v", err)
	}
	var got contract.SyncParams
	if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &got); err != nil {
		t.Fatal(err)
	}
	if got.State == nil || got.State.Result.Pages != 1 || got.State.Skip != 100 || len(got.State.List.Met) != 100 {
		t.Errorf("the next run goes on from %+v", got.State)
	}
	if got.State = nil; !reflect.DeepEqual(got, in) {
		t.Errorf("it gets %+v, want %+v", got, in)
	}
}

// checkPages sees that every page was done once, in order, whatever the runs.
func checkPages(t *testing.T, f *fakes, r contract.SessionResult, pages int) {
	t.Helper()
	if r.Outcome != saas.OutcomeCompleted || r.Pages != pages || r.Counts.Apps.Created != 100*pages || r.Counts.Users.Added != 300*pages {
		t.Errorf("%s, %d pages, %+v", r.Outcome, r.Pages, r.Counts)
	}
	if len(f.opened) != 1 || len(f.fetched) != pages-1 || len(f.written) != pages || len(f.used) != pages {
		t.Errorf("opened %d times, fetched %d, wrote %d and read the users of %d pages", len(f.opened), len(f.fetched), len(f.written), len(f.used))
	}
	for i, in := range f.fetched {
		if in.Skip != 100*(i+1) {
			t.Fatalf("page %d was fetched from %d on", i+1, in.Skip)
		}
	}
	if creator := f.written[len(f.written)-1].CheckCreator; !creator {
		t.Error("what is still to be checked was forgotten on the way")
	}
}
