package sessions

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

// ReadResult waits for a session to end and reads its result. A session that failed or
// was cancelled has a result as well, which its error carries. A run of "" is the latest
// one. The error says why a session has no result, or why it cannot be read; see ErrKey.
func (r Reader) ReadResult(ctx context.Context, id, run string) (contract.SessionResult, error) {
	var result contract.SessionResult
	err := r.Temporal.GetWorkflow(ctx, id, run).Get(ctx, &result)
	if err == nil {
		return result, nil
	}
	if ctx.Err() != nil {
		return contract.SessionResult{}, ctx.Err()
	}
	var failed *temporal.ApplicationError
	var cancelled *temporal.CanceledError
	var terminated *temporal.TerminatedError
	switch {
	case errors.As(err, &failed) && failed.Type() == contract.FailureSession && failed.HasDetails():
		err = failed.Details(&result)
		return result, ExplainDecoding("its result", err)
	case errors.As(err, &cancelled) && cancelled.HasDetails():
		err = cancelled.Details(&result)
		return result, ExplainDecoding("its result", err)
	case errors.As(err, &terminated):
		return contract.SessionResult{Session: id, Outcome: saas.OutcomeFailed, Error: "the session was terminated by hand"}, nil
	}
	if reason := foreignFailure(failed); reason != "" {
		return result, unreportedError{id, reason, err}
	}
	return result, fmt.Errorf("session %s: %w", id, ExplainDecoding("its result", err))
}

// unreportedError is that a session failed without a result of its own.
type unreportedError struct {
	session string
	reason  string
	cause   error
}

func (e unreportedError) Error() string {
	return e.session + " failed before it could report: " + e.reason
}

func (e unreportedError) Unwrap() error { return e.cause }

// encodedFailure replaces the text of an error that is encrypted with another key.
const encodedFailure = "Encoded failure"

// foreignFailure returns why a session failed without a result; "" if that is not known.
// A worker that lacks the key with which a session was started fails it so: the worker
// needs the key then, not this process.
func foreignFailure(failed *temporal.ApplicationError) string {
	switch {
	case failed == nil || failed.Type() == contract.FailureSession || failed.Message() == encodedFailure:
		return ""
	case strings.HasPrefix(failed.Message(), "unable to decode"):
		return "the worker could not read its input: the worker's PAYLOAD_ENCRYPTION_KEY lacks the key of whoever started the session or applied the schedule"
	}
	return httpx.Clip(failed.Message())
}

// reasonOf returns the words of a failure without Temporal's wrapping.
func reasonOf(err error) string {
	var unreported unreportedError
	if errors.As(err, &unreported) {
		return unreported.reason
	}
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return app.Message()
	}
	return err.Error()
}
