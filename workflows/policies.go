package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/saas"
)

// The options of every activity. An error that no retry can cure is marked as
// non-retryable where it occurs; these policies are for the others.

// outageRetries are for network faults and 5xx: quick at first, then patient.
var outageRetries = &temporal.RetryPolicy{
	InitialInterval:    time.Second,
	BackoffCoefficient: 2,
	MaximumInterval:    time.Minute,
}

// takeoverRetries are for SyncUsage, which waits out faults by itself. What is
// left is a worker that died or stopped, and the next one should go on soon. The
// activity counts attempts without progress and gives up after some thirty; the
// bound is for attempts that die before they can count.
var takeoverRetries = &temporal.RetryPolicy{
	InitialInterval:    time.Second,
	BackoffCoefficient: 1.2,
	MaximumInterval:    3 * time.Second,
	MaximumAttempts:    5000,
}

// openRetries are for OpenSession, which retries by itself too and has no
// checkpoint: an attempt that ends for another reason, such as a result that is
// too large for Temporal, ends the same way next time.
var openRetries = &temporal.RetryPolicy{
	InitialInterval:    time.Second,
	BackoffCoefficient: 1.2,
	MaximumInterval:    3 * time.Second,
	MaximumAttempts:    60,
}

const (
	// shortAttempt bounds an attempt that makes a handful of requests. Each may
	// be held up by a 429 for minutes.
	shortAttempt = 30 * time.Minute
	// longAttempt bounds an attempt that reads every user of a hundred apps: at
	// 30 requests a minute, 43,000 requests.
	longAttempt = 24 * time.Hour
	// maxTrial bounds all attempts of a short activity, whatever the settings.
	maxTrial = 24 * time.Hour
)

// withOpenSessionOptions: OpenSession retries a blip by itself, and fails the
// session at once for the rest.
func withOpenSessionOptions(ctx workflow.Context, p saas.Policy) workflow.Context {
	return withTenantOptions(ctx, p, openRetries, shortAttempt, 0, "check both tenants and plan")
}

// withShortOptions are for an activity that makes a handful of requests to a
// tenant: FetchApps, UpsertApps.
func withShortOptions(ctx workflow.Context, p saas.Policy, summary string) workflow.Context {
	trial := p.GiveUp
	if trial <= 0 {
		trial = maxTrial
	}
	return withTenantOptions(ctx, p, outageRetries, shortAttempt, trial, summary)
}

// withSyncUsageOptions: SyncUsage gives up by itself when it makes no progress.
func withSyncUsageOptions(ctx workflow.Context, p saas.Policy, summary string) workflow.Context {
	return withTenantOptions(ctx, p, takeoverRetries, longAttempt, 0, summary)
}

// withSendReportOptions: SendReport sends mails again by itself. What is left is
// a tenant that is out, and a worker that died.
func withSendReportOptions(ctx workflow.Context, p saas.Policy, report string) workflow.Context {
	if p.Heartbeat <= 0 {
		p.Heartbeat = 15 * time.Second
	}
	return withTenantOptions(ctx, p, outageRetries, longAttempt, longAttempt, "report "+report)
}

// withTenantOptions are the options of an activity that works with a tenant.
// attempt bounds one attempt, trial all of them; 0: no bound.
func withTenantOptions(ctx workflow.Context, p saas.Policy, retries *temporal.RetryPolicy, attempt, trial time.Duration, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    attempt,
		ScheduleToCloseTimeout: trial,
		HeartbeatTimeout:       p.Heartbeat,
		WaitForCancellation:    true,
		RetryPolicy:            retries,
		Summary:                summary,
	})
}

// withKeepPrintsOptions: KeepPrints asks neither tenant, and Temporal at the most. A
// session does not wait long for it, since the next one can do without.
func withKeepPrintsOptions(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    2 * time.Minute,
		ScheduleToCloseTimeout: 10 * time.Minute,
		RetryPolicy:            outageRetries,
		Summary:                "fingerprints of the apps",
	})
}

// withFindSessionOptions: a short question to Temporal itself.
func withFindSessionOptions(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 5},
		Summary:             "which session is running",
	})
}

// withObserveOptions: Observe asks Temporal alone, and quickly, so that a worker
// that dies meanwhile does not hold the watch up. One that fails for longer is
// given up, since the next look sees as much.
func withObserveOptions(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    15 * time.Second,
		ScheduleToCloseTimeout: 10 * time.Minute,
		RetryPolicy:            outageRetries,
		Summary:                "the schedule and the sessions as they are now",
	})
}

// withDeliverNoticeOptions: one attempt. The watch itself retries, at a pace
// that outlives its run.
func withDeliverNoticeOptions(ctx workflow.Context, channel string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 2 * time.Minute,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:             "notice by " + channel,
	})
}
