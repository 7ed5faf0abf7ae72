package workflows

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// TestTheSessionsPageTellsOfAWaitWhileItLasts has the activity at work tell of a
// wait and of its end, and nonsense in between.
func TestTheSessionsPageTellsOfAWaitWhileItLasts(t *testing.T) {
	over := make(chan struct{})
	f := &fakes{streams: 1, pages: 1, onUsage: func(ctx context.Context, _ contract.SyncUsageParams) error {
		select {
		case <-over:
		case <-ctx.Done():
		}
		return nil
	}}
	env := newEnv(t, f)
	var mu sync.Mutex
	var told []contract.Progress
	env.OnSignalExternalWorkflow(mock.Anything, "the session", "its run", contract.SignalProgress, mock.Anything).Return(
		func(_, _, _, _ string, arg any) error {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, arg.(contract.Progress))
			return nil
		})
	w := contract.Waiting{For: "Defender's rate limit (HTTP 429)", Since: began, Until: began.Add(time.Hour)}
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(contract.SignalWaiting, w) }, time.Second)
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(contract.SignalWaiting, contract.Waiting{For: "nonsense"}) }, 2*time.Second)
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(contract.SignalWaiting, contract.Waiting{}) }, 3*time.Second)
	env.RegisterDelayedCallback(func() { close(over) }, 4*time.Second)
	env.ExecuteWorkflow(contract.WorkflowSync, contract.SyncParams{Session: "the session", Run: "its run", Integration: "test", Policy: saas.Policy{Heartbeat: time.Minute}})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	var waits []contract.Waiting
	for _, p := range told {
		if n := len(waits); n == 0 && p.Waiting.IsOn() || n > 0 && waits[n-1] != p.Waiting {
			waits = append(waits, p.Waiting)
		}
	}
	if len(waits) != 2 || waits[0] != w || waits[1].IsOn() {
		t.Errorf("told %+v", waits)
	}
}

func TestTheStoryOfASessionThatWaits(t *testing.T) {
	p := contract.Progress{Phase: "carrying over users", At: began, Waiting: contract.Waiting{For: "carole@contoso.com is refused", Since: began, Until: began.Add(time.Hour)}}
	got := renderSession(contract.SessionResult{Outcome: saas.OutcomeRunning, Began: began, StartedBy: "x"}, p, nil)
	want := "**Waiting:** [address] is refused, since 2026-11-20 03:00:00 UTC, until 2026-11-20 04:00:00 UTC at the latest."
	if !strings.Contains(got, want) {
		t.Errorf("%s lacks %q", got, want)
	}
}
