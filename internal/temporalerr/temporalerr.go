// Package temporalerr reads the errors that workflows and activities end with,
// out of the wrapping that Temporal puts around them.
package temporalerr

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"
)

// ReadDetails reads what an error carries of the work that was done before it;
// false when it carries nothing, or nothing that can be read.
func ReadDetails(err error, into any) bool {
	var cancelled *temporal.CanceledError
	if errors.As(err, &cancelled) && cancelled.HasDetails() {
		return cancelled.Details(into) == nil
	}
	var failed *temporal.ApplicationError
	return errors.As(err, &failed) && failed.HasDetails() && failed.Details(into) == nil
}

// Reason is what the operator should read of an error.
func Reason(err error) string {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return app.Message()
	}
	var timeout *temporal.TimeoutError
	if errors.As(err, &timeout) {
		if cause := errors.Unwrap(timeout); cause != nil {
			return fmt.Sprintf("given up after repeated failures; the last: %s", Reason(cause))
		}
		return fmt.Sprintf("no worker finished the work in time (%s): see whether defendersync-worker runs", timeout.TimeoutType())
	}
	var terminated *temporal.TerminatedError
	if errors.As(err, &terminated) {
		return "the Sync workflow was terminated by hand"
	}
	return err.Error()
}
