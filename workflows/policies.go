package workflows

import (
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// Every activity's options, in one place. What can't succeed by itself is
// marked as not retryable where it happens; these policies are for the rest.

// retries is for network faults and 5xx: soon at first, then with patience.
var retries = &temporal.RetryPolicy{
	InitialInterval:    time.Second,
	BackoffCoefficient: 2,
	MaximumInterval:    time.Minute,
}

// takeovers is for SyncUsage, which waits out faults by itself: what is left to
// Temporal is a worker that died or hands over, and the next one should go on
// soon. The activity counts the attempts that get nowhere and gives up after
// some thirty; the bound here is for those that don't even get to count.
var takeovers = &temporal.RetryPolicy{
	InitialInterval:    time.Second,
	BackoffCoefficient: 1.2,
	MaximumInterval:    3 * time.Second,
	MaximumAttempts:    5000,
}

// openings is for OpenSession, which tries again by itself as well, and has
// nothing to go on from: an attempt that ends for another reason, such as a
// result that Temporal does not take, ends the same way the next time.
var openings = &temporal.RetryPolicy{
	InitialInterval:    time.Second,
	BackoffCoefficient: 1.2,
	MaximumInterval:    3 * time.Second,
	MaximumAttempts:    60,
}

const (
	// oneRequest bounds an attempt of the activities that make a handful of
	// requests. A 429 may hold each of them up for minutes.
	oneRequest = 30 * time.Minute
	// longestTrial bounds the tries of a short activity whatever the settings.
	longestTrial = 24 * time.Hour
	// manyRequests bounds an attempt of the one that reads every user of a
	// hundred apps: at 30 requests a minute, 43,000 requests.
	manyRequests = 24 * time.Hour
)

// opening is for OpenSession, which retries blips itself and fails the session
// at once for the rest.
func opening(ctx workflow.Context, p saas.Policy) workflow.Context {
	return options(ctx, p, openings, oneRequest, 0, "check both tenants and plan")
}

// reading is for FetchApps.
func reading(ctx workflow.Context, p saas.Policy, what string) workflow.Context {
	return options(ctx, p, retries, oneRequest, trial(p), what)
}

// writing is for UpsertApps.
func writing(ctx workflow.Context, p saas.Policy, what string) workflow.Context {
	return options(ctx, p, retries, oneRequest, trial(p), what)
}

// trial is how long a short activity is tried.
func trial(p saas.Policy) time.Duration {
	if p.GiveUp <= 0 {
		return longestTrial
	}
	return p.GiveUp
}

// streaming is for SyncUsage, which itself gives up when it gets nowhere.
func streaming(ctx workflow.Context, p saas.Policy, what string) workflow.Context {
	return options(ctx, p, takeovers, manyRequests, 0, what)
}

// asking is for short questions to Temporal itself.
func asking(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 5},
		Summary:             "which session is running",
	})
}

// looking is for Observe, which asks Temporal alone, and quickly: a worker that
// dies meanwhile should not hold the watch up. A look that fails for longer is
// given up: the next one sees as much.
func looking(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    15 * time.Second,
		ScheduleToCloseTimeout: 10 * time.Minute,
		RetryPolicy:            retries,
		Summary:                "the schedule and the sessions as they are now",
	})
}

// delivering is for DeliverNotice. The Watch itself tries again, at a pace that
// outlives its run.
func delivering(ctx workflow.Context, to string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 2 * time.Minute,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:             "notice by " + to,
	})
}

// telling is for the child Watch of a session, which outlives it.
func telling(ctx workflow.Context, integration string) workflow.Context {
	return workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            contract.WatchID(integration),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:         "notices of " + integration,
	})
}

func options(ctx workflow.Context, p saas.Policy, retry *temporal.RetryPolicy, attempt, total time.Duration, what string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    attempt,
		ScheduleToCloseTimeout: total,
		HeartbeatTimeout:       p.Heartbeat,
		WaitForCancellation:    true,
		RetryPolicy:            retry,
		Summary:                what,
	})
}
