package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/temporalerr"
)

// endCompleted ends a session whose Sync did all its work.
func (s *session) endCompleted(ctx workflow.Context) (contract.SessionResult, error) {
	s.result.AddWarning(s.result.NoteSkipped())
	s.result.Outcome = s.result.DecideOutcome()
	s.publishEnd(ctx)
	return s.result, nil
}

// endCancelled ends a session that was cancelled. Its error carries what it had
// done; before it held the lane, that is nothing.
func (s *session) endCancelled(ctx workflow.Context, err error) (contract.SessionResult, error) {
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	s.recoverResult(err)
	s.result.Outcome = saas.OutcomeCancelled
	s.publishEnd(ctx)
	return s.result, temporal.NewCanceledError(s.result)
}

// endFailed ends a session that could not do its work. The schedule keeps the
// last good result, so the next session does what this one did not.
func (s *session) endFailed(ctx workflow.Context, err error) (contract.SessionResult, error) {
	ctx, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	s.recoverResult(err)
	s.result.Outcome = saas.OutcomeFailed
	s.result.Error = temporalerr.Reason(err)
	s.publishEnd(ctx)
	return s.result, temporal.NewApplicationErrorWithOptions(s.result.Error, contract.FailureSession,
		temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{s.result}})
}

// recoverResult takes over what Sync had done when it ended with an error: the
// result that the error carries or, where it carries none, the last progress.
// The next session goes on from the last good carry either way.
func (s *session) recoverResult(err error) {
	carry := s.result.Carry
	var done contract.SessionResult
	if temporalerr.ReadDetails(err, &done) {
		s.mergeResult(done)
	} else {
		p := s.progress
		s.result.Counts, s.result.Requests, s.result.Pages = p.Counts, p.Requests, p.Pages
		s.result.Mode, s.result.Reason, s.result.Streams = p.Mode, p.Reason, p.Streams
	}
	s.result.Carry = carry
}

// endSkipped ends a session that found the lane taken, and names the session
// that holds it. The schedule hands on the result of the last session that
// completed, skipped ones included, so the result repeats the carry. A session
// that is cancelled meanwhile ends as cancelled, which is what whoever
// cancelled it waits for.
func (s *session) endSkipped(ctx workflow.Context) (contract.SessionResult, error) {
	lane := contract.SyncID(s.params.Integration)
	s.result.Outcome, s.result.Blocker = saas.OutcomeSkipped, lane
	var running contract.FindSessionResult
	if err := workflow.ExecuteActivity(withFindSessionOptions(ctx), contract.ActivityFindSession, lane).Get(ctx, &running); err == nil {
		s.result.Blocker = running.Session
	}
	if err := ctx.Err(); temporal.IsCanceledError(err) {
		s.result.Blocker = ""
		return s.endCancelled(ctx, err)
	}
	s.publishEnd(ctx)
	return s.result, nil
}

// publishEnd shows the outcome in the Web UI and tells the watch.
func (s *session) publishEnd(ctx workflow.Context) {
	s.receiveStarter(ctx)
	s.result.Ended = workflow.Now(ctx).UTC()
	s.writeAttributes(ctx)
	s.showDetails(ctx)
	s.signalWatch(ctx, contract.SessionNews{Ends: true})
	s.logEnd(ctx)
}
