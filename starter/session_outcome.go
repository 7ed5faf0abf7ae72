package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// outcome waits for a session to end and reads its result, also out of the
// error that a failed or cancelled session ends with; "" as its run is its
// latest.
func (c connection) outcome(ctx context.Context, sessionID, run string) (contract.SessionResult, error) {
	var result contract.SessionResult
	err := c.temporal.GetWorkflow(ctx, sessionID, run).Get(ctx, &result)
	var failed *temporal.ApplicationError
	var cancelled *temporal.CanceledError
	var terminated *temporal.TerminatedError
	switch {
	case err == nil:
		return result, nil
	case errors.As(err, &failed) && failed.Type() == contract.FailureSession && failed.HasDetails():
		return result, unreadable("its result", failed.Details(&result))
	case errors.As(err, &cancelled) && cancelled.HasDetails():
		return result, unreadable("its result", cancelled.Details(&result))
	case errors.As(err, &terminated):
		return contract.SessionResult{Session: sessionID, Outcome: saas.OutcomeFailed, Error: "the session was terminated by hand"}, nil
	}
	if why := foreignFailure(failed); why != "" {
		return result, fmt.Errorf("%s failed before it could report: %s", sessionID, why)
	}
	return result, fmt.Errorf("session %s: %w", sessionID, unreadable("its result", err))
}

// foreignFailure is why a session failed that told nothing of itself; "" where
// that can't be read here. A worker without the key with which a session was
// started fails it so: that key is the worker's to get, not this command's.
func foreignFailure(failed *temporal.ApplicationError) string {
	switch {
	case failed == nil || failed.Type() == contract.FailureSession || failed.Message() == encodedFailure:
		return ""
	case strings.HasPrefix(failed.Message(), "unable to decode"):
		return "the worker could not read what it was started with: the worker's PAYLOAD_ENCRYPTION_KEY lacks the key of whoever started it, or applied the schedule"
	}
	return httpx.Clip(failed.Message())
}

// encodedFailure stands for an error's text that is encrypted, where the key is
// missing.
const encodedFailure = "Encoded failure"
