package activities

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"defendersync/internal/httpx"
)

func TestEveryKindOfFailureBecomesWhatTemporalShouldMakeOfIt(t *testing.T) {
	const asked = 40 * time.Second
	for _, tc := range []struct {
		kind   httpx.Kind
		again  bool
		delay  time.Duration
		benign bool
	}{
		{httpx.KindNetwork, true, asked, false},
		{httpx.KindServer, true, asked, false},
		{httpx.KindRateLimited, true, asked, false},
		{httpx.KindBadAnswer, true, asked, false},
		{httpx.KindUnauthorized, false, asked, false},
		{httpx.KindNotFound, false, asked, false},
		{httpx.KindConflict, false, asked, false},
		{httpx.KindRefused, false, asked, false},
		{httpx.KindContract, false, asked, false},
		{httpx.KindConfig, false, asked, false},
		{httpx.KindStopping, true, 100 * time.Millisecond, true},
	} {
		t.Run(string(tc.kind), func(t *testing.T) {
			cause := &httpx.Error{Peer: "Defender", Op: "list the streams", Kind: tc.kind, RetryAfter: asked, Hint: "do this"}
			err := mapError(fmt.Errorf("page 3: %w", cause))
			// Temporal judges the outermost error alone.
			app, ok := err.(*temporal.ApplicationError)
			if !ok {
				t.Fatalf("it became %T", err)
			}
			if app.Type() != string(tc.kind) || app.NonRetryable() == tc.again || app.NextRetryDelay() != tc.delay {
				t.Errorf("type %s, retried %v, after %s", app.Type(), !app.NonRetryable(), app.NextRetryDelay())
			}
			if benign := app.Category() == temporal.ApplicationErrorCategoryBenign; benign != tc.benign {
				t.Errorf("benign: %v", benign)
			}
			if app.Message() != "page 3: Defender: list the streams (do this)" {
				t.Errorf("message %q", app.Message())
			}
			if last := mapFinal(cause).(*temporal.ApplicationError); !last.NonRetryable() || last.Type() != string(tc.kind) {
				t.Errorf("as a final failure it is %s, retried %v", last.Type(), !last.NonRetryable())
			}
		})
	}
}

func TestErrorsThatAreNoFailuresOfARequestPass(t *testing.T) {
	own := temporal.NewNonRetryableApplicationError("told already", "X", nil)
	for name, tc := range map[string]struct{ err, want error }{
		"none":                     {nil, nil},
		"cancellation":             {context.Canceled, context.Canceled},
		"cancellation by Temporal": {temporal.NewCanceledError(), nil},
		"what is mapped already":   {fmt.Errorf("again: %w", own), own},
	} {
		t.Run(name, func(t *testing.T) {
			want := tc.want
			if want == nil {
				want = tc.err
			}
			if got := mapError(tc.err); got != want {
				t.Errorf("it became %v", got)
			}
		})
	}
	if plain := errors.New("odd"); mapError(plain) != plain {
		t.Error("an unknown error was changed")
	}
	if err := mapFinal(errors.New("odd")).(*temporal.ApplicationError); err.Type() != "Failed" || !err.NonRetryable() {
		t.Errorf("finally it is %s", err.Type())
	}
}

// kindOf is the type that a failed activity's error carries.
func kindOf(t *testing.T, err error) (kind httpx.Kind, retryable bool) {
	t.Helper()
	var app *temporal.ApplicationError
	if !errors.As(err, &app) {
		t.Fatalf("%v is no application error", err)
	}
	return httpx.Kind(app.Type()), !app.NonRetryable()
}
