package workflows

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

func run(t *testing.T, env *testsuite.TestWorkflowEnvironment, in contract.SessionParams) contract.SessionResult {
	t.Helper()
	env.ExecuteWorkflow(contract.WorkflowSession, in)
	if !env.IsWorkflowCompleted() {
		t.Fatal("the session did not end")
	}
	var r contract.SessionResult
	if err := env.GetWorkflowResult(&r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestASessionDoesEveryPageOfEveryStreamOnceAndInOrder(t *testing.T) {
	f := &fakes{streams: 2, pages: 3}
	r := run(t, newEnv(t, f), input())
	var order []string
	for _, u := range f.used {
		order = append(order, u.Stream.ID+u.Refs[0].App[:1])
	}
	if got := strings.Join(order, " "); got != "sa sb sc ta tb tc" {
		t.Errorf("pages were done as %s", got)
	}
	if len(f.fetched) != 5 {
		t.Errorf("%d pages were fetched: the first was read when opening", len(f.fetched))
	}
	if r.Outcome != saas.OutcomeCompleted || r.Counts.Apps.Created != 600 || r.Counts.Users.Added != 1800 || r.Pages != 6 {
		t.Errorf("result %+v", r)
	}
	if !r.Carry.Watermark.Equal(began) || !r.Carry.LastFull.Equal(began) || r.Carry.Rules == "" {
		t.Errorf("carried forward: %+v", r.Carry)
	}
	if r.Requests.Defender != 3+5+600 {
		t.Errorf("%d requests", r.Requests.Defender)
	}
}

func TestEachPageBringsBackWhatTheWorkerOfTheOneBeforeCallsItsMemory(t *testing.T) {
	f := &fakes{streams: 2, pages: 2, window: saas.Window{Mode: saas.ModeIncremental, Timeframe: 7, Threshold: began.Add(-96 * time.Hour)}}
	f.usage = func(in contract.SyncUsageParams, out *contract.SyncUsageResult) {
		out.Memory = "after " + in.Refs[0].App
	}
	env := newEnv(t, f)
	env.SetLastCompletionResult(contract.SessionResult{Carry: contract.Carry{
		Watermark: began.Add(-24 * time.Hour), LastFull: began.Add(-24 * time.Hour),
		Retry: []saas.App{{ID: "a07", Name: "App a07", Users: 3, Stream: "t"}},
	}})
	run(t, env, input())
	var got []string
	for _, u := range f.used {
		got = append(got, fmt.Sprintf("%s%s %q %v", u.Stream.ID, u.Refs[0].App, u.Memory, u.Further))
	}
	want := []string{`ta07 "" true`, `sa00 "after a07" true`, `sb00 "after a00" true`, `ta00 "after b00" false`, `tb00 "after a00" false`}
	if !slices.Equal(got, want) {
		t.Errorf("pages came as %q, not %q", got, want)
	}
}

func TestAnIncrementKeepsTheLastFullSessionsTime(t *testing.T) {
	f := &fakes{window: saas.Window{Mode: saas.ModeIncremental, Timeframe: 7, Threshold: began.Add(-96 * time.Hour)}}
	env := newEnv(t, f)
	last := contract.SessionResult{Carry: contract.Carry{Watermark: began.Add(-24 * time.Hour), LastFull: began.Add(-72 * time.Hour)}}
	env.SetLastCompletionResult(last)
	r := run(t, env, input())
	if !f.opened[0].Previous.Watermark.Equal(last.Carry.Watermark) {
		t.Errorf("opened with %+v", f.opened[0].Previous)
	}
	if !r.Carry.Watermark.Equal(began) || !r.Carry.LastFull.Equal(last.Carry.LastFull) {
		t.Errorf("carried forward: %+v", r.Carry)
	}
}

func TestFieldsThatAreNotTakenAreRememberedUntilTheNextFullSession(t *testing.T) {
	var before saas.Untaken
	before.Add("category", "Cloud storage", "not in the list")
	for _, mode := range []saas.Mode{saas.ModeIncremental, saas.ModeFull} {
		f := &fakes{streams: 1, pages: 2, window: saas.Window{Mode: mode, Timeframe: 7, Threshold: began.Add(-96 * time.Hour)}}
		f.upsert = func(in contract.UpsertAppsParams, out *contract.UpsertAppsResult) {
			out.Untaken, out.Notes = in.Untaken.Clone(), []string{"a note"}
			out.Untaken.Add("url", "x.example", "too long")
			out.Untaken.Add(string(saas.FieldName), "Café", "already exists")
		}
		env := newEnv(t, f)
		env.SetLastCompletionResult(contract.SessionResult{Carry: contract.Carry{Watermark: began.Add(-24 * time.Hour), LastFull: began.Add(-24 * time.Hour), Untaken: before}})
		r := run(t, env, input())
		if got := f.written[0].Untaken.Has("category", "Cloud storage"); got != (mode == saas.ModeIncremental) {
			t.Errorf("%s: the session began knowing the category: %v", mode, got)
		}
		if len(f.written) < 2 || !f.written[1].Untaken.Has("url", "x.example") || !f.written[1].Untaken.Has(string(saas.FieldName), "Café") {
			t.Errorf("%s: the second page did not know what the first found out", mode)
		}
		if !r.Carry.Untaken.Has("url", "x.example") || r.Carry.Untaken.Has(string(saas.FieldName), "Café") || len(r.Warnings) != 1 {
			t.Errorf("%s: carried %+v, notes %q", mode, r.Carry.Untaken, r.Warnings)
		}
	}
}

func TestWhoseARecordIsGoesFromPageToPageAndToTheNextSession(t *testing.T) {
	var before saas.Claims
	before.Add("7001", "x", "App a07") // another app's, which the first page could take
	before.Add("7002", "a08", "App a08")
	f := &fakes{streams: 1, pages: 2, window: saas.Window{Mode: saas.ModeFull, Timeframe: 90}}
	f.upsert = func(in contract.UpsertAppsParams, out *contract.UpsertAppsResult) {
		if in.Apps[0].ID == "a00" {
			out.Claims.Add("7003", "a01", "App b01")
		}
	}
	env := newEnv(t, f)
	env.SetLastCompletionResult(contract.SessionResult{Carry: contract.Carry{Watermark: began.Add(-24 * time.Hour), Claims: before}})
	r := run(t, env, input())
	first, second := f.written[0].Claims, f.written[1].Claims
	if !first.ClaimedByOthers("7001", "a07") || first.ClaimedByOthers("7002", "a07") {
		t.Error("the first page does not know whose a record was, or hears of what is its own")
	}
	if !second.ClaimedByOthers("7003", "b01") || second.ClaimedByOthers("7001", "b01") {
		t.Error("the second page does not know whose a record is, or hears of what does not concern it")
	}
	if c := r.Carry.Claims; !c.ClaimedByOthers("7001", "a07") || !c.ClaimedByOthers("7002", "a07") || !c.ClaimedByOthers("7003", "b01") {
		t.Error("not all of it is handed on")
	}
}

func TestRejectedAppsAreReadWholeInTheNextSessionAndOnlyOnce(t *testing.T) {
	f := &fakes{window: saas.Window{Mode: saas.ModeIncremental, Timeframe: 7, Threshold: began.Add(-96 * time.Hour)}}
	env := newEnv(t, f)
	env.SetLastCompletionResult(contract.SessionResult{Carry: contract.Carry{
		Watermark: began.Add(-24 * time.Hour), LastFull: began.Add(-24 * time.Hour),
		Retry: []saas.App{{ID: "a07", Name: "App a07", Users: 3, Stream: "s"}, {ID: "z", Name: "Gone", Users: 3, Stream: "vanished"}},
	}})
	r := run(t, env, input())
	first := f.used[0]
	if len(first.Refs) != 1 || first.Refs[0].App != "a07" || first.Window.Mode != saas.ModeFull {
		t.Fatalf("first came %+v", first)
	}
	for _, u := range f.used[1:] {
		for _, ref := range u.Refs {
			if ref.App == "a07" {
				t.Error("the retried app was read again")
			}
		}
	}
	if len(r.Carry.Retry) != 0 || len(r.Warnings) != 1 {
		t.Errorf("retry %v, warnings %v", r.Carry.Retry, r.Warnings)
	}
}

func TestRejectsAreCarriedForwardUntilTheyAreTooMany(t *testing.T) {
	for name, tc := range map[string]struct {
		perPage int
		retry   int
		full    bool
	}{
		"few are listed":                      {1, 3, false},
		"too many make the next session full": {2, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fakes{usage: func(in contract.SyncUsageParams, out *contract.SyncUsageResult) {
				for i := range tc.perPage {
					out.Retry = append(out.Retry, in.Refs[i].App)
					out.Rejects.Add(saas.Reject{Reason: "x", App: in.Refs[i].App}, 10)
					out.Counts.Users.Rejected++
				}
			}}
			r := run(t, newEnv(t, f), input())
			if r.Outcome != saas.OutcomeCompletedWithErrors {
				t.Errorf("outcome %s", r.Outcome)
			}
			if len(r.Carry.Retry) != tc.retry || r.Carry.FullNext != tc.full {
				t.Errorf("carried forward %d, full %v", len(r.Carry.Retry), r.Carry.FullNext)
			}
		})
	}
}

func TestASessionThatCannotOpenFailsWithWhatToDo(t *testing.T) {
	f := &fakes{openErr: temporal.NewNonRetryableApplicationError("Defender: list the streams: HTTP 401 (issue a new token)", "Unauthorized", nil)}
	env := newEnv(t, f)
	env.ExecuteWorkflow(contract.WorkflowSession, input())
	var failure *temporal.ApplicationError
	if err := env.GetWorkflowError(); !errors.As(err, &failure) || failure.Type() != contract.FailureSession {
		t.Fatalf("ended with %v", err)
	}
	var r contract.SessionResult
	if err := failure.Details(&r); err != nil {
		t.Fatal(err)
	}
	if r.Outcome != saas.OutcomeFailed || !strings.Contains(r.Error, "issue a new token") || !r.Carry.Watermark.IsZero() {
		t.Errorf("result %+v", r)
	}
}

func TestADryRunLeavesTheWatermarkWhereItWas(t *testing.T) {
	f := &fakes{}
	in := input()
	in.DryRun, in.Previous = true, &contract.Carry{Watermark: began.Add(-time.Hour), Rules: "r"}
	r := run(t, newEnv(t, f), in)
	if !r.Carry.Watermark.Equal(in.Previous.Watermark) || r.Carry.Rules != "r" {
		t.Errorf("carried forward: %+v", r.Carry)
	}
	if f.used[0].DryRun == "" || f.written[0].DryRun == "" {
		t.Error("the activities were not told")
	}
}

func TestACancelledSessionSaysWhatItHadDone(t *testing.T) {
	f := &fakes{onUsage: func(ctx context.Context, in contract.SyncUsageParams) error {
		if in.Refs[0].App[0] == 'b' {
			<-ctx.Done()
		}
		return ctx.Err()
	}}
	env := newEnv(t, f)
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Second)
	env.ExecuteWorkflow(contract.WorkflowSession, input())
	var cancelled *temporal.CanceledError
	if err := env.GetWorkflowError(); !errors.As(err, &cancelled) {
		t.Fatalf("ended with %v", err)
	}
	var r contract.SessionResult
	if err := cancelled.Details(&r); err != nil {
		t.Fatal(err)
	}
	if r.Outcome != saas.OutcomeCancelled || r.Counts.Users.Added != 300 {
		t.Errorf("result %+v", r)
	}
}

// watched is a test environment with a stand-in for the watch, which keeps what
// it hears until a session ends.
func watched(t *testing.T, f *fakes, news *[]contract.SessionNews) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	env := newEnv(t, f)
	standIn := func(ctx workflow.Context, _ contract.WatchParams) error {
		for {
			var n contract.SessionNews
			workflow.GetSignalChannel(ctx, contract.SignalSession).Receive(ctx, &n)
			if *news = append(*news, n); n.Ends {
				return nil
			}
		}
	}
	env.RegisterWorkflowWithOptions(standIn, workflow.RegisterOptions{Name: contract.WorkflowWatch, DisableAlreadyRegisteredCheck: true})
	return env
}

func TestASessionTellsTheWatchOfItsBeginAndItsEnd(t *testing.T) {
	var news []contract.SessionNews
	env := watched(t, &fakes{}, &news)
	in := input()
	in.Watch = &contract.WatchSettings{Integration: "test", Every: time.Minute}
	run(t, env, in)
	if len(news) != 2 || news[0].Ends || !news[1].Ends || news[0].Run == "" || news[0].Run != news[1].Run || news[0].Began.IsZero() {
		t.Errorf("the watch was told %+v", news)
	}
}

func TestASessionThatFailsTellsTheWatchToo(t *testing.T) {
	var news []contract.SessionNews
	env := watched(t, &fakes{openErr: temporal.NewNonRetryableApplicationError("no", "Unauthorized", nil)}, &news)
	in := input()
	in.Watch = &contract.WatchSettings{Integration: "test", Every: time.Minute}
	env.ExecuteWorkflow(contract.WorkflowSession, in)
	if env.GetWorkflowError() == nil || len(news) != 2 || !news[1].Ends {
		t.Errorf("ended with %v, told %+v", env.GetWorkflowError(), news)
	}
}

func TestASessionWithoutAWatchGoesOn(t *testing.T) {
	env := newEnv(t, &fakes{})
	env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(errors.New("there is no such workflow"))
	env.OnWorkflow(contract.WorkflowWatch, mock.Anything, mock.Anything).Return(errors.New("could not be started"))
	in := input()
	in.Watch = &contract.WatchSettings{Integration: "test"}
	if r := run(t, env, in); r.Outcome != saas.OutcomeCompleted {
		t.Errorf("outcome %s", r.Outcome)
	}
}
