package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"

	"defendersync/internal/httpx"
)

// mapError turns an error into what Temporal should make of it: the kind
// becomes the error's type, kinds that no retry can cure are not retried, and
// a peer that said how long to wait is not asked earlier. It must be the
// outermost error that an activity returns, since Temporal judges that alone.
func mapError(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || temporal.IsCanceledError(err) {
		return err
	}
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return app
	}
	var e *httpx.Error
	if !errors.As(err, &e) {
		return err
	}
	opts := temporal.ApplicationErrorOptions{NonRetryable: !e.Kind.Retryable(), NextRetryDelay: e.RetryAfter}
	if e.Kind == httpx.KindStopping {
		// Not a fault: another worker takes over at once.
		opts.NextRetryDelay = 100 * time.Millisecond
		opts.Category = temporal.ApplicationErrorCategoryBenign
	}
	return temporal.NewApplicationErrorWithOptions(err.Error(), string(e.Kind), opts)
}

// mapFinal is failure for the moments when trying again is not worth the
// operator's time, whatever the kind.
func mapFinal(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	kind := string(httpx.KindOf(err))
	if kind == "" {
		kind = "Failed"
	}
	return temporal.NewNonRetryableApplicationError(err.Error(), kind, nil)
}

// withResult lets an error that ends the session tell what was done before it.
func withResult(err error, result any) error {
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || !app.NonRetryable() {
		return err
	}
	return temporal.NewApplicationErrorWithOptions(app.Message(), app.Type(), temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{result}})
}

// newStopError is the error of an activity that hands over to another worker.
func newStopError() error {
	return mapError(&httpx.Error{Peer: "worker", Op: "hand over", Kind: httpx.KindStopping})
}
