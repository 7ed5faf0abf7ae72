package activities

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"defendersync/internal/wire"
)

func TestEveryKindOfFailureBecomesWhatTemporalShouldMakeOfIt(t *testing.T) {
	const asked = 40 * time.Second
	for _, tc := range []struct {
		kind   wire.Kind
		again  bool
		delay  time.Duration
		benign bool
	}{
		{wire.KindNetwork, true, asked, false},
		{wire.KindServer, true, asked, false},
		{wire.KindRateLimited, true, asked, false},
		{wire.KindBadAnswer, true, asked, false},
		{wire.KindUnauthorized, false, asked, false},
		{wire.KindNotFound, false, asked, false},
		{wire.KindConflict, false, asked, false},
		{wire.KindRefused, false, asked, false},
		{wire.KindContract, false, asked, false},
		{wire.KindConfig, false, asked, false},
		{wire.KindStopping, true, 100 * time.Millisecond, true},
	} {
		t.Run(string(tc.kind), func(t *testing.T) {
			cause := &wire.Error{Peer: "Defender", Op: "list the streams", Kind: tc.kind, RetryAfter: asked, Hint: "do this"}
			err := failure(fmt.Errorf("page 3: %w", cause))
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
			if last := final(cause).(*temporal.ApplicationError); !last.NonRetryable() || last.Type() != string(tc.kind) {
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
			if got := failure(tc.err); got != want {
				t.Errorf("it became %v", got)
			}
		})
	}
	if plain := errors.New("odd"); failure(plain) != plain {
		t.Error("an unknown error was changed")
	}
	if err := final(errors.New("odd")).(*temporal.ApplicationError); err.Type() != "Failed" || !err.NonRetryable() {
		t.Errorf("finally it is %s", err.Type())
	}
}
