package workflows

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"defendersync/internal/contract"
	"defendersync/internal/prints"
	"defendersync/internal/saas"
)

// fakes stands in for the activities: a tenant of so many pages of apps per
// stream, with switches for what a test wants to go otherwise.
type fakes struct {
	mu      sync.Mutex
	streams int
	pages   int
	window  saas.Window
	openErr error
	findErr error
	onUsage func(ctx context.Context, in contract.SyncUsageParams) error
	upsert  func(in contract.UpsertAppsParams, out *contract.UpsertAppsResult)
	usage   func(in contract.SyncUsageParams, out *contract.SyncUsageResult)

	mark    func(stream contract.Stream, skip int, p *contract.AppsPage) // what rows say of news
	keepErr error

	kept    []contract.KeepPrintsParams
	opened  []contract.OpenSessionParams
	fetched []contract.FetchAppsParams
	written []contract.UpsertAppsParams
	used    []contract.SyncUsageParams
}

var began = time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)

// page is the page of apps at a skip.
func (f *fakes) page(stream contract.Stream, skip int) contract.AppsPage {
	p := contract.AppsPage{Next: skip + 100, Total: f.pages * 100}
	for i := range 100 {
		id := string(rune('a'+skip/100)) + string(rune('0'+i/10)) + string(rune('0'+i%10))
		p.Apps = append(p.Apps, saas.App{ID: id, Name: "App " + id, Users: 3, Stream: stream.ID})
	}
	if skip/100 == f.pages-1 {
		p.Next = -1
	}
	if f.mark != nil {
		f.mark(stream, skip, &p)
	}
	return p
}

func (f *fakes) OpenSession(_ context.Context, in contract.OpenSessionParams) (contract.Plan, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened = append(f.opened, in)
	if f.openErr != nil {
		return contract.Plan{}, f.openErr
	}
	plan := contract.Plan{Began: began, Window: f.window}
	for i := range f.streams {
		plan.Streams = append(plan.Streams, contract.Stream{ID: string(rune('s' + i)), Name: "Stream " + string(rune('1'+i))})
	}
	first := f.page(plan.Streams[0], 0)
	if plan.First = &first; in.Previous.Missed || !in.Previous.Prints.Fits(plan.Window) {
		first.Same = nil
	}
	plan.Requests.Defender = 3
	return plan, nil
}

func (f *fakes) FetchApps(_ context.Context, in contract.FetchAppsParams) (contract.AppsPage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fetched = append(f.fetched, in)
	p := f.page(in.Stream, in.Skip)
	p.Requests.Defender = 1
	if in.Prints.Run == "" {
		p.Same = nil
	}
	return p, nil
}

func (f *fakes) UpsertApps(_ context.Context, in contract.UpsertAppsParams) (contract.UpsertAppsResult, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.written = append(f.written, in)
	out := contract.UpsertAppsResult{Counts: saas.AppCounts{Seen: len(in.Apps), Created: len(in.Apps)}}
	for _, a := range in.Apps {
		out.Refs = append(out.Refs, contract.AppRef{App: a.ID, SaaS: "1" + a.ID, Users: a.Users})
	}
	if f.upsert != nil {
		f.upsert(in, &out)
	}
	return out, nil
}

func (f *fakes) SyncUsage(ctx context.Context, in contract.SyncUsageParams) (contract.SyncUsageResult, error) {
	f.mu.Lock()
	f.used = append(f.used, in)
	f.mu.Unlock()
	if f.onUsage != nil {
		if err := f.onUsage(ctx, in); err != nil {
			return contract.SyncUsageResult{}, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	out := contract.SyncUsageResult{Keeping: contract.KeepingKept}
	out.Counts.Users = saas.UserCounts{Seen: 3 * len(in.Refs), Added: 3 * len(in.Refs)}
	out.Requests.Defender = len(in.Refs)
	if f.usage != nil {
		f.usage(in, &out)
	}
	return out, nil
}

func (f *fakes) KeepPrints(_ context.Context, in contract.KeepPrintsParams) (contract.KeepPrintsResult, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = append(f.kept, in)
	list, err := prints.Split(in.Prints)
	if err != nil || f.keepErr != nil {
		return contract.KeepPrintsResult{}, errors.Join(err, f.keepErr)
	}
	return contract.KeepPrintsResult{Count: len(list)}, nil
}

func (f *fakes) FindSession(context.Context, string) (contract.FindSessionResult, error) {
	if f.findErr != nil {
		return contract.FindSessionResult{}, f.findErr
	}
	return contract.FindSessionResult{Session: "session/other-2026-11-20T03:00:00Z"}, nil
}

// envAt is a test environment with the workflows, whose time begins at an
// instant. It is patient: a machine that is busy with other things is neither a
// workflow that hangs nor an activity that does.
func envAt(now time.Time) *testsuite.TestWorkflowEnvironment {
	return envLogging(now, slog.DiscardHandler)
}

// envLogging is envAt with a log.
func envLogging(now time.Time, to slog.Handler) *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(to)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(now)
	env.SetTestTimeout(5 * time.Minute)
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: 5 * time.Minute})
	Register(env)
	return env
}

// newEnv is a test environment with the workflows and the fakes.
func newEnv(t *testing.T, f *fakes) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	return newEnvLogging(t, f, slog.DiscardHandler)
}

// newEnvLogging is newEnv with a log.
func newEnvLogging(t *testing.T, f *fakes, to slog.Handler) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	env := envLogging(began, to)
	for name, fn := range map[string]any{
		contract.ActivityOpenSession: f.OpenSession, contract.ActivityFetchApps: f.FetchApps, contract.ActivityUpsertApps: f.UpsertApps,
		contract.ActivitySyncUsage: f.SyncUsage, contract.ActivityKeepPrints: f.KeepPrints, contract.ActivityFindSession: f.FindSession,
	} {
		env.RegisterActivityWithOptions(fn, activity.RegisterOptions{Name: name})
	}
	if f.streams == 0 {
		f.streams = 1
	}
	if f.pages == 0 {
		f.pages = 3
	}
	if f.window.Mode == "" {
		f.window = saas.Window{Mode: saas.ModeFull, Timeframe: 90, Reason: "first session"}
	}
	return env
}

// input is a session's.
func input() contract.SessionParams {
	return contract.SessionParams{Integration: "test", StartedBy: "schedule", Policy: saas.Policy{
		DefaultRole: 25, UsernameFormat: "email", Heartbeat: 15 * time.Second, GiveUp: 6 * time.Hour, MaxRetryApps: 5,
	}}
}
