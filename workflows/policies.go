package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/saas"
)

// Every activity's options, in one place. What can't succeed by itself is
// marked as not retryable where it happens; these policies are for the rest.

// retries is for network faults, 5xx and killed workers: soon at first, then
// with patience.
var retries = &temporal.RetryPolicy{
	InitialInterval:    time.Second,
	BackoffCoefficient: 2,
	MaximumInterval:    time.Minute,
}

const (
	// oneRequest bounds an attempt of the activities that make a handful of
	// requests. A 429 may hold each of them up for minutes.
	oneRequest = 30 * time.Minute
	// manyRequests bounds an attempt of the one that reads every user of a
	// hundred apps: at 30 requests a minute, 43,000 requests.
	manyRequests = 24 * time.Hour
)

// opening is for OpenSession, which retries blips itself and fails the session
// at once for the rest; Temporal's retries are for a worker that died.
func opening(ctx workflow.Context, p saas.Policy) workflow.Context {
	return options(ctx, p, oneRequest, 0, "check both tenants and plan")
}

// reading is for FetchApps.
func reading(ctx workflow.Context, p saas.Policy, what string) workflow.Context {
	return options(ctx, p, oneRequest, p.GiveUp, what)
}

// writing is for UpsertApps.
func writing(ctx workflow.Context, p saas.Policy, what string) workflow.Context {
	return options(ctx, p, oneRequest, p.GiveUp, what)
}

// streaming is for SyncUsage, which itself gives up when it gets nowhere.
func streaming(ctx workflow.Context, p saas.Policy, what string) workflow.Context {
	return options(ctx, p, manyRequests, 0, what)
}

// asking is for short questions to Temporal itself.
func asking(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 5},
		Summary:             "which session is running",
	})
}

func options(ctx workflow.Context, p saas.Policy, attempt, total time.Duration, what string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    attempt,
		ScheduleToCloseTimeout: total,
		HeartbeatTimeout:       p.Heartbeat,
		WaitForCancellation:    true,
		RetryPolicy:            retries,
		Summary:                what,
	})
}
